//! Values of fields, as they are written.

use std::{
    error::Error,
    fmt::{Debug, Write as _},
};

use super::{
    escape::{Escaping, push_escaped},
    fields::FieldRules,
    format::Syntax,
    line_buffer::Sink,
    logfmt,
    timestamp::{PAIRS, push_digits},
};
use crate::{
    context::FieldValue,
    formatting::{Limited, floor_char_boundary, with_text},
    guard::chain,
};

/// The most bytes that an error type has on a line; methods and protocols have fewer.
pub(super) const MAX_WORD: usize = 256;
/// By how much more than there is room for is read for secrets, so that none is cut in two, in bytes.
const MARGIN: usize = 512;

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

// === impl Value ===

impl Value<'_> {
    /// Appends the value with its quotes, redacted. Returns whether the whole value fitted.
    ///
    /// Text is cut so that it ends within `limit`; quotes and numbers may stand beyond it by fewer
    /// than [`SLACK`](super::fields::SLACK) bytes.
    #[inline]
    pub(super) fn push(self, out: &mut Vec<u8>, rules: FieldRules<'_>, limit: usize) -> bool {
        let syntax = rules.style.syntax();
        if self.push_bare(out, syntax) {
            return true;
        }
        self.with_text(rules, limit.saturating_sub(out.len()), |text, whole| match syntax {
            Syntax::Json => push_quoted(out, text, limit) && whole,
            Syntax::Logfmt => logfmt::push_text(out, text, limit) && whole,
            Syntax::Terminal if self.needs_quotes(text) => push_quoted(out, text, limit) && whole,
            Syntax::Terminal => push_escaped(out, text, limit, Escaping::Terminal) && whole,
        })
    }

    /// Appends the value as the message of a line, redacted. Returns whether the whole value
    /// fitted.
    pub(super) fn push_message(self, out: &mut Vec<u8>, rules: FieldRules<'_>, limit: usize) -> bool {
        if self.push_bare(out, Syntax::Terminal) {
            return true;
        }
        self.with_text(rules, limit.saturating_sub(out.len()), |text, whole| {
            match rules.style.syntax() {
                // The message is in quotes there, whatever it is.
                Syntax::Json | Syntax::Logfmt => push_escaped(out, text, limit, Escaping::Json) && whole,
                Syntax::Terminal if reads_like_fields(text) => push_quoted(out, text, limit) && whole,
                Syntax::Terminal => push_escaped(out, text, limit, Escaping::Terminal) && whole,
            }
        })
    }

    /// Hands on the text without the secrets in it, and whether that is all; of what has
    /// more than `room` bytes, not much more than that.
    fn with_text<R>(self, rules: FieldRules<'_>, room: usize, read: impl FnOnce(&str, bool) -> R) -> R {
        // The rest is cut when it is written.
        let room = room.saturating_add(MARGIN);
        let clean = |text: &str, whole| read(&rules.redactor.text(text), whole);
        match self {
            Self::Str(text) => {
                let end = floor_char_boundary(text, room);
                clean(&text[..end], end == text.len())
            }
            Self::Bytes(bytes) => {
                let end = bytes.len().min(room);
                clean(&String::from_utf8_lossy(&bytes[..end]), end == bytes.len())
            }
            Self::Debug(value) => with_text(room, |out| out.debug(value), clean),
            Self::Error(error) => with_text(room, |out| push_chain(out, error), clean),
            Self::I128(value) => with_text(room, |out| out.display(&value), clean),
            Self::U128(value) => with_text(room, |out| out.display(&value), clean),
            Self::F64(value) => with_text(room, |out| out.display(&value), clean),
            Self::I64(_) | Self::U64(_) | Self::Bool(_) => clean("", true),
        }
    }

    /// Appends numbers and the like, which have no quotes; does nothing for the others.
    #[inline]
    fn push_bare(self, out: &mut Vec<u8>, syntax: Syntax) -> bool {
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
            Self::F64(_) if syntax == Syntax::Json => out.extend_from_slice(b"null"),
            Self::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Self::F64(_) | Self::Str(_) | Self::Bytes(_) | Self::Debug(_) | Self::Error(_) => return false,
        }
        true
    }

    /// Whether the end of the text would be ambiguous.
    fn needs_quotes(self, text: &str) -> bool {
        let is_literal = || matches!(self, Self::Debug(_)) && is_string_literal(text);
        matches!(self, Self::Bytes(_) | Self::Error(_))
            || text.is_empty()
            || (text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '=' | '\\')) && !is_literal())
    }
}

/// Whether the text is one string as `Debug` writes it: its quotes are there.
fn is_string_literal(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return false;
    };
    let mut escaped = false;
    for char in inner.chars() {
        if char == '"' && !escaped {
            return false;
        }
        escaped = char == '\\' && !escaped;
    }
    !escaped
}

/// Whether something in a message could be taken for a field that follows it.
fn reads_like_fields(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|char| {
        let is_field = char == '=' && (before.is_alphanumeric() || matches!(before, '_' | '-' | '.' | '"'));
        before = char;
        is_field
    })
}

fn push_quoted(out: &mut Vec<u8>, text: &str, limit: usize) -> bool {
    out.push(b'"');
    let whole = push_escaped(out, text, limit, Escaping::Json);
    out.push(b'"');
    whole
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
    // Of sizes that are constant: without a call.
    match usize::try_from(count) {
        Ok(small @ 0..10) => out.put(&[PAIRS[small][1]]),
        Ok(small @ 10..100) => out.put(&PAIRS[small]),
        Ok(100..1_000) => push_digits::<3>(out, count),
        Ok(_) | Err(_) => push_integer(out, count),
    }
}

/// Writes an error and its sources, `: ` between them.
fn push_chain(text: &mut Limited<'_>, error: &(dyn Error + 'static)) {
    let _ = write!(text, "{error}");
    for cause in chain(error).skip(1) {
        if text.is_cut() {
            break;
        }
        let length = text.as_str().len();
        let _ = write!(text, ": {cause}");
        // Many errors already end in the text of their source.
        let is_repeated = || {
            let (before, added) = text.as_str().split_at(length);
            added.strip_prefix(": ").is_some_and(|cause| before.ends_with(cause))
        };
        if !text.is_cut() && is_repeated() {
            text.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::{self, Display};

    use proptest::prelude::*;

    use super::*;
    use crate::{logs::format::Style, redact::Redactor};

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
        let rules = FieldRules {
            style,
            redactor: Redactor::usual(),
        };
        assert!(value.push(&mut out, rules, 1_000));
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
        for value in [
            0.1,
            -0.0,
            1e300,
            f64::MIN_POSITIVE,
            5e-324,
            123_456_789_012_345_680_000.0,
        ] {
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
        assert_eq!(pretty(Value::Debug(&7)), "7");
    }

    #[test]
    fn pretty_text_that_reads_like_further_fields_is_quoted() {
        struct Written(&'static str);
        impl Debug for Written {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
        for (text, expected) in [
            ("a=1 b=2", r#""a=1 b=2""#),
            ("x\nb=2", r#""x\nb=2""#),
            ("x\" b=\"2", r#""x\" b=\"2""#),
            ("\"x\" b=\"2\"", r#""\"x\" b=\"2\"""#),
            ("x\u{2003}b", "\"x\u{2003}b\""),
            ("x\\u{200b}b", r#""x\\u{200b}b""#),
        ] {
            assert_eq!(pretty(Value::Debug(&Written(text))), expected);
            assert_eq!(pretty(Value::Str(text)), expected);
        }
        for (text, expected) in [("ready a=1 b=2", "\"ready a=1 b=2\""), ("a == b, fine", "a == b, fine")] {
            let mut out = Vec::new();
            let rules = FieldRules {
                style: Style::Pretty { color: false },
                redactor: Redactor::usual(),
            };
            assert!(Value::Str(text).push_message(&mut out, rules, 100));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn a_value_beyond_the_limit_is_cut_and_says_so() {
        let mut out = Vec::new();
        let rules = FieldRules {
            style: Style::Json,
            redactor: Redactor::usual(),
        };
        assert!(!Value::Debug(&"x".repeat(500)).push(&mut out, rules, 100));
        assert!(out.len() < 103, "{}", out.len());
        assert!(serde_json::from_slice::<String>(&out).is_ok());
    }
}
