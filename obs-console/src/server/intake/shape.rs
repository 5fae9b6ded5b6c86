//! From what a client sends to what is kept: cut and redacted.

use std::time::Duration;

use obs_base::redact::Redactor;

use crate::query::{Field, Scalar, Time};

/// The most bytes of a text.
const MAX_TEXT: usize = 4 << 10;
/// The most bytes of a name.
const MAX_NAME: usize = 256;
/// The most attributes of a span or record; those of an event and of a service are read up to it too.
const MAX_ATTRIBUTES: usize = 128;
/// The most events of a span.
pub(super) const MAX_EVENTS: usize = 32;

/// Attributes, the first of them.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    pub(super) fields: Vec<Field>,
    pub(super) left_out: u32,
}

// === impl Attributes ===

impl Attributes {
    pub(super) fn add(&mut self, key: &str, value: Scalar) {
        if self.fields.len() == MAX_ATTRIBUTES || key.is_empty() {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let value = match value {
            _ if Redactor::usual().is_sensitive(key) => Scalar::Text("REDACTED".to_owned()),
            Scalar::Text(value) => Scalar::Text(text(&value)),
            other => other,
        };
        self.fields.push(Field { key: name(key), value });
    }

    /// The text of an attribute.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.fields.iter().find_map(|field| match &field.value {
            Scalar::Text(text) if field.key == key => Some(text.as_str()),
            _ => None,
        })
    }
}

/// A text, redacted and cut.
pub(super) fn text(text: &str) -> String {
    cut(&Redactor::usual().text(cut_at(text, 4 * MAX_TEXT)), MAX_TEXT)
}

/// A name, redacted and cut.
pub(super) fn name(text: &str) -> String {
    cut(&Redactor::usual().text(cut_at(text, 4 * MAX_NAME)), MAX_NAME)
}

fn cut(text: &str, max: usize) -> String {
    let kept = cut_at(text, max);
    if kept.len() < text.len() {
        format!("{kept}…")
    } else {
        kept.to_owned()
    }
}

fn cut_at(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// An id as lower-case hex, if it has this many bytes and is not all zeros.
pub(super) fn id(bytes: &[u8], length: usize) -> Option<String> {
    use std::fmt::Write as _;
    if bytes.len() != length || bytes.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut hex = String::with_capacity(2 * length);
    for byte in bytes {
        write!(hex, "{byte:02x}").ok()?;
    }
    Some(hex)
}

/// An id that was sent as hex.
pub(super) fn hex_id(text: &str, length: usize) -> Option<String> {
    let is_hex = text.len() == 2 * length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && text.bytes().any(|byte| byte != b'0')).then(|| text.to_ascii_lowercase())
}

pub(super) fn time(nanoseconds: u64) -> Time {
    Time(Duration::from_nanos(nanoseconds))
}

pub(super) fn seconds(from: u64, to: u64) -> f64 {
    Duration::from_nanos(to.saturating_sub(from)).as_secs_f64()
}

/// The kind of a span by its number.
pub(super) fn kind(number: u64) -> String {
    let kind = match number {
        2 => "server",
        3 => "client",
        4 => "producer",
        5 => "consumer",
        _ => "internal",
    };
    kind.to_owned()
}
