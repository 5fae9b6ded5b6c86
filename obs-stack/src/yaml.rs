//! Writing YAML.
//!
//! The crate `serde-saphyr` decides which texts need quotes, so that YAML 1.1 and YAML 1.2
//! readers both read them as text: `yes`, `0o7`, `1:30`.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_saphyr::DoubleQuoted;

use crate::file::{header, is_plain};

/// A YAML value; maps keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Yaml {
    Text(String),
    Integer(u64),
    Number(f64),
    Bool(bool),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
}

// === impl Yaml ===

impl Yaml {
    /// A map with these entries, in this order.
    pub(crate) fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    /// A list of these items.
    pub(crate) fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// Appends an entry to a map. Other values stay as they are.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Self>) -> Self {
        if let Self::Map(entries) = &mut self {
            entries.push((key.to_owned(), value.into()));
        }
        self
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Yaml {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<u64> for Yaml {
    fn from(number: u64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Vec<Yaml>> for Yaml {
    fn from(items: Vec<Yaml>) -> Self {
        Self::List(items)
    }
}

impl Serialize for Yaml {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) if is_tame(text) => serializer.serialize_str(text),
            Self::Text(text) => DoubleQuoted(text).serialize(serializer),
            Self::Integer(number) => serializer.serialize_u64(*number),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::List(items) => items.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Whether a text can be written as a block of several lines. Readers disagree about blanks
/// at the ends of lines, and about other characters than the line feed that end one.
fn is_tame(text: &str) -> bool {
    text.split('\n')
        .all(|line| line.trim() == line && line.chars().all(is_plain))
        && !text.starts_with('\n')
}

/// A YAML document below a header that says that it is generated, and what it is.
pub(crate) fn document(about: &str, value: &Yaml) -> String {
    format!("{}{}", header("#", about), body(value))
}

/// A YAML document without a header.
pub(crate) fn body(value: &Yaml) -> String {
    // Only keys that are no text, and options out of range, can't be written: there are none.
    serde_saphyr::to_string(value).unwrap_or_else(|error| format!("# not written: {error}\n"))
}
#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// What YAML readers have taken for something else than text.
    const HOSTILE: [&str; 24] = [
        "",
        " ",
        "yes",
        "on",
        "~",
        "null",
        "1:30",
        "0x1f",
        "0o7",
        "1_000",
        ".inf",
        "2026-11-22",
        "a: b",
        "# x",
        "x #y",
        "{{ $value }}",
        "'",
        "\"",
        "\\n",
        "a\tb",
        "\u{7}",
        "\u{2028}",
        "line\n\n  two\n",
        "--- a\n...\n",
    ];

    fn read_back(text: &str) -> String {
        let written = body(&Yaml::map([("key", text.into())]));
        let read: BTreeMap<String, String> =
            serde_saphyr::from_str(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
        read["key"].clone()
    }

    #[test]
    fn text_that_looks_like_something_else_comes_back_as_text() {
        for text in HOSTILE {
            assert_eq!(read_back(text), text);
        }
    }

    #[test]
    fn maps_keep_their_order_and_expressions_are_folded() {
        let long = "sum(rate(http_requests_total{status=~\"5..\"}[5m])) / sum(rate(http_requests_total[5m])) > 0.05";
        let value = Yaml::map([
            ("b", long.into()),
            ("a", Yaml::list(["x", "on"])),
            ("c", Yaml::List(Vec::new())),
        ]);
        let expected = "b: >-\n  sum(rate(http_requests_total{status=~\"5..\"}[5m])) /\n  \
                        sum(rate(http_requests_total[5m])) > 0.05\na:\n- x\n- \"on\"\nc: []\n";
        assert_eq!(body(&value), expected);
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            prop_assert_eq!(read_back(&text), text);
        }
    }
}
