//! Values of context fields.

use std::{borrow::Cow, mem::size_of};

use opentelemetry::Value;

/// The value of a context field, written to log lines and spans with its type.
///
/// Made from text, integers of up to 64 bits, floats and booleans by `From`, so that
/// [`set_field`](crate::context::set_field) takes them as they are. A `&'static str` isn't copied.
///
/// ```
/// use obs_core::context::FieldValue;
///
/// assert_eq!(FieldValue::from(1999_u32), FieldValue::U64(1999));
/// assert_eq!(FieldValue::from("EUR").to_string(), "EUR");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FieldValue {
    /// Text, a JSON string.
    Str(Cow<'static, str>),
    /// A signed integer, a JSON number.
    I64(i64),
    /// An unsigned integer, a JSON number.
    U64(u64),
    /// A float, a JSON number; `null` if it is infinite or not a number.
    F64(f64),
    /// A boolean.
    Bool(bool),
}

// === impl FieldValue ===

impl FieldValue {
    /// The size of the value in bytes: the length of a text, 8 for others.
    pub(crate) fn size(&self) -> usize {
        if let Self::Str(text) = self {
            text.len()
        } else {
            size_of::<f64>()
        }
    }

    /// The value with at most `room` bytes, a text cut at a character boundary; `None` if nothing of it fits.
    pub(crate) fn within(self, room: usize) -> Option<Self> {
        match self {
            Self::Str(text) if text.len() > room => {
                let end = (0..=room)
                    .rev()
                    .find(|end| text.is_char_boundary(*end))
                    .filter(|end| *end > 0)?;
                Some(Self::Str(Cow::Owned(text[..end].to_owned())))
            }
            other => (other.size() <= room).then_some(other),
        }
    }

    /// The value as that of a span attribute. OpenTelemetry's only integer is `i64`: beyond it, the digits are text.
    pub(crate) fn into_attribute(self) -> Value {
        match self {
            Self::Str(text) => Value::String(text.into()),
            Self::I64(number) => Value::I64(number),
            Self::U64(number) => i64::try_from(number).map_or_else(|_| number.to_string().into(), Value::I64),
            Self::F64(number) => Value::F64(number),
            Self::Bool(truth) => Value::Bool(truth),
        }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident($into:expr)),* $(,)?) => {$(
        impl From<$from> for FieldValue {
            fn from(value: $from) -> Self {
                Self::$variant($into(value))
            }
        }
    )*};
}

from! {
    &'static str => Str(Cow::Borrowed),
    String => Str(Cow::Owned),
    Cow<'static, str> => Str(std::convert::identity),
    i64 => I64(std::convert::identity),
    i32 => I64(i64::from),
    i16 => I64(i64::from),
    i8 => I64(i64::from),
    u64 => U64(std::convert::identity),
    u32 => U64(u64::from),
    u16 => U64(u64::from),
    u8 => U64(u64::from),
    f64 => F64(std::convert::identity),
    f32 => F64(f64::from),
    bool => Bool(std::convert::identity),
}

impl From<usize> for FieldValue {
    fn from(value: usize) -> Self {
        Self::U64(value as u64)
    }
}

impl From<isize> for FieldValue {
    fn from(value: isize) -> Self {
        Self::I64(value as i64)
    }
}

impl From<&String> for FieldValue {
    fn from(value: &String) -> Self {
        Self::Str(Cow::Owned(value.clone()))
    }
}

impl std::fmt::Display for FieldValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Str(value) => f.write_str(value),
            Self::I64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Bool(value) => value.fmt(f),
        }
    }
}
