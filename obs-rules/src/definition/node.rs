//! The syntax tree of a file: values and their positions, not interpreted yet.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Error as ParseError, Spanned, options::NonFiniteFloatPolicy};

use super::{Position, Problem};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) value: Value,
}

/// A value of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) at: Position,
    pub(super) key: String,
    pub(super) value: Node,
}

/// Reads a file's text.
///
/// # Errors
///
/// If it is no YAML, or more than one document.
pub(super) fn parse(text: &str, file: &str) -> Result<Node, Problem> {
    let options = serde_saphyr::options! {
        // `off` and `no` are words here, not booleans.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        // NaN is refused where a number is read, with the key's name.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Spanned<Value>>(text, options)
        .map(Node::from)
        .map_err(|error| {
            let at = error.location().map_or_else(Position::default, Position::from);
            Problem::new(file, at, message(&error))
        })
}

/// What the parser found, without the place, which stands before it already, and without what only the parser's own
/// users could do about it.
fn message(error: &ParseError) -> String {
    let words = match error {
        ParseError::AliasError { error, .. } | ParseError::WithSnippet { error, .. } => return message(error),
        ParseError::DuplicateMappingKey { key: Some(key), .. } => return format!("{key:?} is given twice: delete one"),
        ParseError::DuplicateMappingKey { key: None, .. } => return "a key is given twice: delete one".to_owned(),
        ParseError::MultipleDocuments { .. } => "a second document begins: a definition is one".to_owned(),
        ParseError::Budget { .. }
        | ParseError::AliasReplayCounterOverflow { .. }
        | ParseError::AliasReplayLimitExceeded { .. }
        | ParseError::AliasExpansionLimitExceeded { .. }
        | ParseError::AliasReplayStackDepthExceeded { .. } => {
            "the file is too large, too deep, or repeats too much by aliases".to_owned()
        }
        ParseError::UnknownAnchor { .. } => "an alias (*name) stands before its anchor (&name) or has none".to_owned(),
        ParseError::Eof { .. } => "the file ends too early".to_owned(),
        ParseError::InvalidUtf8Input => "the file is not UTF-8".to_owned(),
        _ => parsers_words(&error.to_string()),
    };
    format!("no valid YAML: {words}")
}

/// The first line of the parser's own message; nothing that names its settings.
fn parsers_words(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    let words = first.split(" at line ").next().unwrap_or(first);
    let is_of_settings = ["Options", "Policy", "policy", "option"]
        .iter()
        .any(|word| words.contains(word));
    if is_of_settings {
        "this can't stand here".to_owned()
    } else {
        words.to_owned()
    }
}

// === impl Node ===

impl Node {
    /// What it is, for messages.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
        }
    }

    /// Whether there is nothing: a key without a value.
    pub(super) const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether it says that something is not wanted.
    pub(super) fn is_off(&self) -> bool {
        match &self.value {
            Value::Bool(value) => !value,
            Value::Text(text) => text == "off",
            _ => false,
        }
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self {
            at: spanned.referenced.into(),
            value: spanned.value,
        }
    }
}

// === impl Value ===

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no number of a definition has more than 15 digits"
    )]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no number of a definition has more than 15 digits"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(item.into());
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let value = entries.next_value::<Spanned<Value>>()?;
            map.push(Entry {
                at: key.referenced.into(),
                key: key.value,
                value: value.into(),
            });
        }
        Ok(Value::Map(map))
    }
}
