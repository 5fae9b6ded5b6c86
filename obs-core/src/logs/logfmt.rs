//! Keys and values of logfmt: `key=value`, as Go's `go-logfmt` and Loki read it.

use std::borrow::Cow;

use super::escape::{Escaping, push_escaped};

/// The key without characters that end one: logfmt has no quotes for keys.
pub(super) fn clean_key(name: &str) -> Cow<'_, str> {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '=' | '\\' | '\u{fffd}');
    if name.is_empty() {
        return Cow::Borrowed("_");
    }
    if name.contains(ends) {
        return Cow::Owned(name.replace(ends, "_"));
    }
    Cow::Borrowed(name)
}

/// Appends a text, in quotes if necessary. Returns whether the whole text fitted.
pub(super) fn push_text(out: &mut Vec<u8>, text: &str, limit: usize) -> bool {
    let start = out.len();
    let whole = push_escaped(out, text, limit, Escaping::Json);
    quote(out, start);
    whole
}

/// Appends a text that has the escapes of JSON already.
pub(super) fn push_text_escaped(out: &mut Vec<u8>, escaped: &[u8]) {
    let start = out.len();
    out.extend_from_slice(escaped);
    quote(out, start);
}

/// Puts what begins at `start` in quotes, if a reader could not tell where it ends or what its escapes are.
fn quote(out: &mut Vec<u8>, start: usize) {
    let text = &out[start..];
    let is_odd = |byte: &u8| *byte <= b' ' || b"=\"\\".contains(byte);
    let has_wide_blank = || {
        !text.is_ascii()
            && std::str::from_utf8(text).is_ok_and(|text| text.contains(|c: char| c.is_whitespace() || c == '\u{fffd}'))
    };
    if text.is_empty() || text.iter().any(is_odd) || has_wide_blank() {
        out.insert(start, b'"');
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_quotes_only_where_it_must_be() {
        for (text, expected) in [
            ("plain", "plain"),
            ("/orders/7?x", "/orders/7?x"),
            ("", "\"\""),
            ("two words", "\"two words\""),
            ("a=b", "\"a=b\""),
            ("say \"x\"", r#""say \"x\"""#),
            ("a\nb", r#""a\nb""#),
            ("back\\slash", r#""back\\slash""#),
            ("hid\u{200b}den", r#""hid\u200bden""#),
            ("wide\u{2003}blank", "\"wide\u{2003}blank\""),
            ("é", "é"),
        ] {
            let mut out = b"before".to_vec();
            assert!(push_text(&mut out, text, 100));
            assert_eq!(String::from_utf8(out).unwrap(), format!("before{expected}"));
        }
    }

    #[test]
    fn a_key_has_nothing_that_ends_it() {
        for (name, expected) in [
            ("user.id", "user.id"),
            ("", "_"),
            ("a b=\"c\"\n", "a_b__c__"),
            ("é", "é"),
        ] {
            assert_eq!(clean_key(name), expected);
        }
    }
}
