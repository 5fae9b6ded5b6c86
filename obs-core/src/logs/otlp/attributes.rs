//! Attributes of a record: unique keys, no secrets, the limits of a line.

use std::borrow::Cow;

use opentelemetry::{Key, logs::AnyValue};

use crate::{
    context::FieldValue,
    formatting::floor_char_boundary,
    logs::{
        fields::Duplicates,
        parts::MAX_LINE,
        reserved::{is_reserved, key_bit},
    },
    names::{log, value::REDACTED},
    redact::Redactor,
    trace::Limits,
};

/// The attributes and the body of one record.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    list: Vec<(Key, AnyValue)>,
    redactor: &'a Redactor,
    limits: Limits,
    /// Bytes that keys and values may still have together.
    room: usize,
    truncated: bool,
}

// === impl Attributes ===

impl<'a> Attributes<'a> {
    pub(super) fn new(redactor: &'a Redactor, limits: Limits, capacity: usize) -> Self {
        Self {
            list: Vec::with_capacity(capacity),
            redactor,
            limits,
            room: MAX_LINE,
            truncated: false,
        }
    }

    /// What of the record's body there is room for.
    pub(super) fn fit(&mut self, value: AnyValue) -> AnyValue {
        let value = cut(self.clean(value), self.room, &mut self.truncated);
        self.room = self.room.saturating_sub(size(&value));
        value
    }

    /// The value without the secrets in it, of texts within others too.
    pub(super) fn clean(&self, value: AnyValue) -> AnyValue {
        match value {
            AnyValue::String(text) => match self.redactor.text(text.as_str()) {
                Cow::Owned(clean) => clean.into(),
                Cow::Borrowed(_) => AnyValue::String(text),
            },
            AnyValue::ListAny(list) => {
                AnyValue::ListAny(Box::new(list.into_iter().map(|value| self.clean(value)).collect()))
            }
            AnyValue::Map(map) => {
                let clean = map.into_iter().map(|(key, value)| {
                    let is_secret = self.redactor.is_sensitive(key.as_str());
                    (key, if is_secret { REDACTED.into() } else { self.clean(value) })
                });
                AnyValue::Map(Box::new(clean.collect()))
            }
            other => other,
        }
    }

    /// Adds a field of the application.
    pub(super) fn put(&mut self, key: Key, value: AnyValue, duplicates: Duplicates) {
        let name = key.as_str();
        let redacted = self.redactor.is_sensitive(name);
        let key = cleaned(key);
        let known = self.list.iter().position(|(other, _)| *other == key);
        if known.is_some() && duplicates == Duplicates::FirstWins {
            return;
        }
        if let Some(known) = known {
            let (_, before) = self.list.remove(known);
            self.room += size(&before) + key.as_str().len();
        }
        if self.list.len() >= self.limits.attributes {
            self.truncated = true;
            return;
        }
        let value = if redacted { REDACTED.into() } else { self.clean(value) };
        self.push(key, value);
    }

    /// Adds the attributes of obs itself.
    pub(super) fn push_own(&mut self, key: &'static str, value: impl Into<AnyValue>) {
        self.push(Key::from_static_str(key), value.into());
    }

    fn push(&mut self, key: Key, value: AnyValue) {
        let Some(room) = self.room.checked_sub(key.as_str().len()).filter(|room| *room > 0) else {
            self.truncated = true;
            return;
        };
        let value = cut(value, room.min(self.limits.value), &mut self.truncated);
        self.room = room.saturating_sub(size(&value));
        self.list.push((key, value));
    }

    /// All of them, with a mark if something is missing.
    pub(super) fn into_list(mut self) -> Vec<(Key, AnyValue)> {
        if self.truncated {
            self.list.push((Key::from_static_str(log::TRUNCATED), true.into()));
        }
        self.list
    }
}

/// The key as a line would have it.
fn cleaned(key: Key) -> Key {
    let name = key.as_str();
    let name = name.strip_prefix("r#").unwrap_or(name);
    if is_reserved(name, key_bit(name.as_bytes())) {
        return Key::new(format!("{}{name}", log::FIELDS_PREFIX));
    }
    if name.len() == key.as_str().len() {
        key
    } else {
        Key::new(name.to_owned())
    }
}

/// Text and bytes are cut; numbers always fit.
fn cut(value: AnyValue, room: usize, truncated: &mut bool) -> AnyValue {
    match value {
        AnyValue::String(text) if text.as_str().len() > room => {
            *truncated = true;
            let text = text.as_str();
            AnyValue::from(text[..floor_char_boundary(text, room)].to_owned())
        }
        AnyValue::Bytes(mut bytes) if bytes.len() > room => {
            *truncated = true;
            bytes.truncate(room);
            AnyValue::Bytes(bytes)
        }
        other => other,
    }
}

fn size(value: &AnyValue) -> usize {
    match value {
        AnyValue::String(text) => text.as_str().len(),
        AnyValue::Bytes(bytes) => bytes.len(),
        _ => size_of::<f64>(),
    }
}

/// OpenTelemetry's integers are signed.
pub(super) fn unsigned(value: u64) -> AnyValue {
    i64::try_from(value).map_or_else(|_| AnyValue::from(value.to_string()), AnyValue::from)
}

pub(super) fn field(value: &FieldValue) -> AnyValue {
    match value {
        FieldValue::Str(text) => AnyValue::from(text.to_string()),
        FieldValue::I64(value) => (*value).into(),
        FieldValue::U64(value) => unsigned(*value),
        FieldValue::F64(value) => (*value).into(),
        FieldValue::Bool(value) => (*value).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(attributes: &mut Attributes<'_>, key: &'static str, value: impl Into<AnyValue>) {
        attributes.put(Key::new(key), value.into(), Duplicates::LastWins);
    }

    fn list(fill: impl FnOnce(&mut Attributes<'_>)) -> Vec<(Key, AnyValue)> {
        let redactor = Redactor::default();
        let mut attributes = Attributes::new(
            &redactor,
            Limits {
                value: usize::MAX,
                ..Limits::default()
            },
            0,
        );
        fill(&mut attributes);
        attributes.into_list()
    }

    #[test]
    fn keys_are_unique_and_the_last_value_stays() {
        let list = list(|attributes| {
            put(attributes, "a", 1);
            put(attributes, "b", 2);
            put(attributes, "a", 3);
            attributes.put(Key::new("b"), 4.into(), Duplicates::FirstWins);
        });
        assert_eq!(list, [(Key::new("b"), 2.into()), (Key::new("a"), 3.into())]);
    }

    #[test]
    fn names_are_those_of_a_line() {
        let list = list(|attributes| {
            put(attributes, "level", 1);
            put(attributes, "r#type", 2);
            put(attributes, "user.password", "s3cret");
        });
        let expected = [
            ("fields.level", 1.into()),
            ("type", 2.into()),
            ("user.password", AnyValue::from("REDACTED")),
        ];
        assert_eq!(list, expected.map(|(key, value)| (Key::new(key), value)));
    }

    #[test]
    fn a_record_has_no_more_text_than_a_line() {
        let long = "ä".repeat(MAX_LINE);
        let list = list(|attributes| {
            put(attributes, "a", long.clone());
            put(attributes, "b", long.clone());
            put(attributes, "c", 1);
        });
        let text: usize = list.iter().map(|(_, value)| size(value)).sum();
        assert!(text > MAX_LINE / 2 && text <= MAX_LINE + size_of::<f64>(), "{text}");
        assert_eq!(list.last().unwrap(), &(Key::new("truncated"), true.into()));
    }

    #[test]
    fn values_and_counts_keep_to_the_limits_of_log_records() {
        let redactor = Redactor::default();
        let limits = Limits {
            value: 5,
            attributes: 2,
            ..Limits::default()
        };
        let mut attributes = Attributes::new(&redactor, limits, 0);
        put(&mut attributes, "a", "ääää");
        put(&mut attributes, "b", 1);
        put(&mut attributes, "c", 2);
        attributes.push_own("own", true);
        put(&mut attributes, "b", 3);
        let expected = [
            ("a", AnyValue::from("ää")),
            ("own", true.into()),
            ("truncated", true.into()),
        ];
        assert_eq!(
            attributes.into_list(),
            expected.map(|(key, value)| (Key::new(key), value))
        );
    }

    #[test]
    fn texts_lose_their_secrets_wherever_they_stand() {
        let list = list(|attributes| {
            let url = "https://u:p@h/?token=abc";
            put(attributes, "a", url);
            put(attributes, "b", AnyValue::ListAny(Box::new(vec![url.into()])));
            put(
                attributes,
                "c",
                AnyValue::Map(Box::new([(Key::new("password"), url.into())].into())),
            );
        });
        let shown = format!("{list:?}");
        assert!(!shown.contains("abc") && !shown.contains("u:p"), "{shown}");
    }

    #[test]
    fn numbers_beyond_the_signed_ones_become_text() {
        assert_eq!(field(&FieldValue::U64(7)), 7.into());
        assert_eq!(field(&FieldValue::U64(u64::MAX)), "18446744073709551615".into());
    }
}
