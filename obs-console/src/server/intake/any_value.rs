//! Values of attributes.

use super::{
    shape::Attributes,
    wire::{Fields, Value},
};
use crate::query::Scalar;

/// The most levels of lists within lists; what is deeper is left out.
const MAX_DEPTH: usize = 8;
/// The most bytes of the text of a list.
const MAX_LIST: usize = 4 << 10;

/// Reads an `AnyValue`. Lists and maps become text.
pub(super) fn scalar(message: &[u8]) -> Scalar {
    let mut scalar = Scalar::Text(String::new());
    for (number, value) in Fields::of(message) {
        scalar = match (number, value) {
            (1, Value::Bytes(bytes)) => Scalar::Text(String::from_utf8_lossy(bytes).into_owned()),
            (2, Value::Varint(number)) => Scalar::Bool(number != 0),
            (3, Value::Varint(number)) => Scalar::Signed(number.cast_signed()),
            (4, Value::Fixed64(bits)) => Scalar::Number(f64::from_bits(bits)),
            (7, Value::Bytes(bytes)) => Scalar::Text(format!("{} bytes", bytes.len())),
            (5 | 6, Value::Bytes(_)) => {
                let mut out = String::new();
                push(&mut out, message, 0);
                Scalar::Text(out)
            }
            _ => continue,
        };
    }
    scalar
}

/// Writes a value as JSON does, as far as there is room.
fn push(out: &mut String, message: &[u8], depth: usize) {
    if depth == MAX_DEPTH || out.len() > MAX_LIST {
        return out.push('…');
    }
    for (number, value) in Fields::of(message) {
        match number {
            5 => list(out, value.bytes(), depth),
            6 => map(out, value.bytes(), depth),
            _ => {
                out.push_str(&serde_json::to_string(&scalar(message)).unwrap_or_default());
                return;
            }
        }
    }
}

fn list(out: &mut String, message: &[u8], depth: usize) {
    out.push('[');
    for (at, (_, value)) in Fields::of(message).filter(|(number, _)| *number == 1).enumerate() {
        if out.len() > MAX_LIST {
            break;
        }
        if at > 0 {
            out.push(',');
        }
        push(out, value.bytes(), depth + 1);
    }
    out.push(']');
}

fn map(out: &mut String, message: &[u8], depth: usize) {
    out.push('{');
    for (at, (_, entry)) in Fields::of(message).filter(|(number, _)| *number == 1).enumerate() {
        if out.len() > MAX_LIST {
            break;
        }
        if at > 0 {
            out.push(',');
        }
        let (key, value) = entry_of(entry.bytes());
        let is_secret = obs_base::redact::Redactor::usual().is_sensitive(&key);
        out.push_str(&serde_json::to_string(&key).unwrap_or_default());
        out.push(':');
        if is_secret {
            out.push_str("\"REDACTED\"");
        } else {
            push(out, value, depth + 1);
        }
    }
    out.push('}');
}

fn entry_of(message: &[u8]) -> (String, &[u8]) {
    let (mut key, mut of) = (String::new(), &[][..]);
    for (number, value) in Fields::of(message) {
        match number {
            1 => key = String::from_utf8_lossy(value.bytes()).into_owned(),
            2 => of = value.bytes(),
            _ => {}
        }
    }
    (key, of)
}

/// Adds a `KeyValue`.
pub(super) fn add(attributes: &mut Attributes, message: &[u8]) {
    let (key, value) = entry_of(message);
    attributes.add(&key, scalar(value));
}
