//! Values of fields, as they are written.

use std::{
    error::Error,
    fmt::{self, Debug, Display, Write as _},
};

use super::{
    escape::{Escaping, push_escaped, push_escaped_bytes},
    format::Style,
    sink::Sink,
    timestamp::{PAIRS, push_digits},
};
use crate::{context::FieldValue, guard::chain};

/// A value from whatever source.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Str(&'a str),
    Bytes(&'a [u8]),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Debug(&'a dyn Debug),
    Error(&'a (dyn Error + 'static)),
}

/// Escapes what is formatted into it, up to a length.
struct Escaped<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
    escaping: Escaping,
    cut: bool,
}

// === impl Value ===

impl Value<'_> {
    /// Appends the value with its quotes; tells whether all of it fitted.
    ///
    /// Text is cut so that it ends within `limit`; quotes and numbers may stand beyond it by fewer
    /// than [`SLACK`](super::fields::SLACK) bytes.
    #[inline]
    pub(super) fn push(self, out: &mut Vec<u8>, style: Style, limit: usize) -> bool {
        if self.push_bare(out, style) {
            return true;
        }
        match style {
            Style::Json => self.push_quoted(out, limit, Escaping::Json),
            Style::Pretty { .. } if self.needs_quotes() => self.push_quoted(out, limit, Escaping::Json),
            Style::Pretty { .. } => self.push_text(out, limit, Escaping::Terminal),
        }
    }

    /// Appends the value as text without quotes; tells whether all of it fitted.
    pub(super) fn push_text(self, out: &mut Vec<u8>, limit: usize, escaping: Escaping) -> bool {
        match self {
            Self::Str(text) => push_escaped(out, text, limit, escaping),
            Self::Bytes(bytes) => push_escaped_bytes(out, bytes, limit, escaping),
            Self::Debug(value) => {
                let mut text = Escaped::new(out, limit, escaping);
                let _ = write!(text, "{value:?}");
                !text.cut
            }
            Self::Error(error) => push_chain(&mut Escaped::new(out, limit, escaping), error),
            Self::I128(value) => push_display(out, limit, escaping, value),
            Self::U128(value) => push_display(out, limit, escaping, value),
            Self::F64(value) if !value.is_finite() => push_display(out, limit, escaping, value),
            Self::I64(_) | Self::U64(_) | Self::F64(_) | Self::Bool(_) => self.push_bare(out, Style::Json),
        }
    }

    fn push_quoted(self, out: &mut Vec<u8>, limit: usize, escaping: Escaping) -> bool {
        out.push(b'"');
        let whole = self.push_text(out, limit, escaping);
        out.push(b'"');
        whole
    }

    /// Appends numbers and the like, which have no quotes; does nothing for the others.
    #[inline]
    fn push_bare(self, out: &mut Vec<u8>, style: Style) -> bool {
        match self {
            Self::I64(value) => push_integer(out, value),
            Self::U64(value) => push_integer(out, value),
            Self::I128(value) => match (i64::try_from(value), u64::try_from(value)) {
                (Ok(value), _) => push_integer(out, value),
                (_, Ok(value)) => push_integer(out, value),
                _ => return false,
            },
            Self::U128(value) => match u64::try_from(value) {
                Ok(value) => push_integer(out, value),
                Err(_) => return false,
            },
            Self::F64(value) if value.is_finite() => {
                out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
            }
            Self::F64(_) if style == Style::Json => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Self::F64(_) | Self::Str(_) | Self::Bytes(_) | Self::Debug(_) | Self::Error(_) => return false,
        }
        true
    }

    /// Whether a reader could not tell where the text ends.
    fn needs_quotes(self) -> bool {
        match self {
            Self::Str(text) => text.is_empty() || text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '=')),
            Self::Bytes(_) | Self::Error(_) => true,
            _ => false,
        }
    }
}

impl<'a> From<&'a FieldValue> for Value<'a> {
    fn from(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Str(text) => Self::Str(text),
            FieldValue::I64(value) => Self::I64(*value),
            FieldValue::U64(value) => Self::U64(*value),
            FieldValue::F64(value) => Self::F64(*value),
            FieldValue::Bool(value) => Self::Bool(*value),
        }
    }
}

/// Appends the digits of an integer.
pub(super) fn push_integer(out: &mut impl Sink, value: impl itoa::Integer) {
    out.put_all(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends the digits of a count, of which most are small.
#[inline]
pub(super) fn push_count(out: &mut impl Sink, count: u64) {
    // Of sizes that the compiler knows: no calls.
    match usize::try_from(count) {
        Ok(small @ 0..10) => out.put(&[PAIRS[small][1]]),
        Ok(small @ 10..100) => out.put(&PAIRS[small]),
        Ok(100..1_000) => push_digits::<3>(out, count),
        Ok(_) | Err(_) => push_integer(out, count),
    }
}

fn push_display(out: &mut Vec<u8>, limit: usize, escaping: Escaping, value: impl Display) -> bool {
    let mut text = Escaped::new(out, limit, escaping);
    let _ = write!(text, "{value}");
    !text.cut
}

/// Appends an error and its sources, `: ` between them.
fn push_chain(text: &mut Escaped<'_>, error: &(dyn Error + 'static)) -> bool {
    let _ = write!(text, "{error}");
    for cause in chain(error).skip(1) {
        let told = text.out.len();
        let _ = write!(text, ": {cause}");
        // Many errors already end in the text of their source.
        let separator = told + 2;
        if !text.cut && separator <= text.out.len() && text.out[..told].ends_with(&text.out[separator..]) {
            text.out.truncate(told);
        }
    }
    !text.cut
}

// === impl Escaped ===

impl<'a> Escaped<'a> {
    fn new(out: &'a mut Vec<u8>, limit: usize, escaping: Escaping) -> Self {
        Self { out, limit, escaping, cut: false }
    }
}

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // A formatter that ignores the error must not go on after the cut.
        self.cut = self.cut || !push_escaped(self.out, text, self.limit, self.escaping);
        if self.cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_count_is_written_as_it_is_displayed(count in prop_oneof![0_u64..1_200, any::<u64>()]) {
            let mut out = b"before".to_vec();
            push_count(&mut out, count);
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("before{count}"));
        }
    }

    fn pushed(value: Value<'_>, style: Style) -> String {
        let mut out = Vec::new();
        assert!(value.push(&mut out, style, 1_000));
        String::from_utf8(out).unwrap()
    }

    fn json(value: Value<'_>) -> String {
        pushed(value, Style::Json)
    }

    fn pretty(value: Value<'_>) -> String {
        pushed(value, Style::Pretty { color: false })
    }

    #[derive(Debug)]
    struct Outer(&'static str, Option<Box<Outer>>);

    impl Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|inner| inner as _)
        }
    }

    #[test]
    fn values_keep_their_json_type() {
        assert_eq!(json(Value::Str("a\"b")), r#""a\"b""#);
        assert_eq!(json(Value::Bytes(b"a\xffb")), "\"a\u{fffd}b\"");
        assert_eq!(json(Value::I64(i64::MIN)), "-9223372036854775808");
        assert_eq!(json(Value::U64(u64::MAX)), "18446744073709551615");
        assert_eq!(json(Value::Bool(true)), "true");
        assert_eq!(json(Value::Debug(&Some("x\n"))), r#""Some(\"x\\n\")""#);
    }

    #[test]
    fn numbers_that_json_readers_lose_become_strings() {
        assert_eq!(json(Value::I128(-5)), "-5");
        assert_eq!(json(Value::I128(u64::MAX.into())), "18446744073709551615");
        assert_eq!(json(Value::I128(i128::MIN)), format!("\"{}\"", i128::MIN));
        assert_eq!(json(Value::U128(7)), "7");
        assert_eq!(json(Value::U128(u128::MAX)), format!("\"{}\"", u128::MAX));
    }

    #[test]
    fn floats_that_are_not_finite_are_null() {
        assert_eq!(json(Value::F64(1.5)), "1.5");
        assert_eq!(json(Value::F64(f64::NAN)), "null");
        assert_eq!(json(Value::F64(f64::NEG_INFINITY)), "null");
        assert_eq!(pretty(Value::F64(f64::INFINITY)), "inf");
        for value in [0.1, -0.0, 1e300, f64::MIN_POSITIVE, 5e-324, 123_456_789_012_345_680_000.0] {
            let back: f64 = serde_json::from_str(&json(Value::F64(value))).unwrap();
            assert!((back - value).abs() <= value.abs() * f64::EPSILON, "{value}");
        }
    }

    #[test]
    fn an_error_is_written_with_its_sources() {
        let error = Outer("load failed", Some(Box::new(Outer("no such file", None))));
        assert_eq!(json(Value::Error(&error)), r#""load failed: no such file""#);
        let repeats = Outer("load failed: no such file", Some(Box::new(Outer("no such file", None))));
        assert_eq!(json(Value::Error(&repeats)), r#""load failed: no such file""#);
    }

    #[test]
    fn an_error_that_is_its_own_source_ends() {
        #[derive(Debug)]
        struct Ring;
        impl Display for Ring {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("ring")
            }
        }
        impl Error for Ring {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        assert_eq!(json(Value::Error(&Ring)), "\"ring\"");
    }

    #[test]
    fn pretty_text_is_quoted_only_where_it_must_be() {
        assert_eq!(pretty(Value::Str("plain")), "plain");
        assert_eq!(pretty(Value::Str("two words")), "\"two words\"");
        assert_eq!(pretty(Value::Str("a\u{1b}b")), "a\\u{1b}b");
        assert_eq!(pretty(Value::Str("")), "\"\"");
        assert_eq!(pretty(Value::Debug(&"x y")), "\"x y\"");
    }

    #[test]
    fn a_value_beyond_the_limit_is_cut_and_says_so() {
        let mut out = Vec::new();
        assert!(!Value::Debug(&"x".repeat(500)).push(&mut out, Style::Json, 100));
        assert!(out.len() < 103, "{}", out.len());
        assert!(serde_json::from_slice::<String>(&out).is_ok());
    }
}
