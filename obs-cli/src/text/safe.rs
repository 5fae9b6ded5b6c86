//! Texts of others, without what a terminal would obey.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde::Serialize as _;
use serde_json::{Serializer, Value, ser::Formatter};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The most marks on one letter; more of them would cover other lines.
const MARKS: usize = 4;

/// Whether a terminal may obey a character, or show something else for it: controls, changes of the direction of text,
/// breaks of lines, and what can't be seen.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line, with escapes in place of what a terminal would obey.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    let has_many_marks = text.len() > text.chars().filter_map(char::width).sum::<usize>() && has_many_marks(text);
    if !has_many_marks && !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            _ if marks > MARKS => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

fn has_many_marks(text: &str) -> bool {
    let mut marks = 0;
    text.chars().any(|c| {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        marks > MARKS
    })
}

/// The columns that a text takes.
pub(crate) fn width_of(text: &str) -> usize {
    text.width()
}

/// The text in at most `bytes` bytes, with `…` if something was cut.
pub(crate) fn cut(text: &str, bytes: usize) -> Cow<'_, str> {
    if text.len() <= bytes {
        return Cow::Borrowed(text);
    }
    let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// The text in at most `columns` columns, with `…` if something was cut.
pub(crate) fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width_of(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width_of(&out) >= columns {
            out.pop();
            break;
        }
    }
    if columns > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// The text in exactly `columns` columns.
pub(crate) fn pad(text: &str, columns: usize, is_right: bool) -> String {
    let text = fit(text, columns);
    let blank = " ".repeat(columns.saturating_sub(width_of(&text)));
    if is_right {
        format!("{blank}{text}")
    } else {
        format!("{text}{blank}")
    }
}

/// A value as one line of JSON, whose strings have escapes in place of what a terminal would obey.
pub(crate) fn json_line(value: &Value) -> String {
    let mut out = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, Escaping));
    match (written, String::from_utf8(out)) {
        (Ok(()), Ok(line)) => line,
        // Writing a value to memory does not fail.
        _ => String::new(),
    }
}

/// Compact JSON with escapes.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if !fragment.contains(is_unsafe) {
            return writer.write_all(fragment.as_bytes());
        }
        let (mut letter, mut units) = ([0; 4], [0; 2]);
        for c in fragment.chars() {
            if is_unsafe(c) {
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            } else {
                writer.write_all(c.encode_utf8(&mut letter).as_bytes())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_escaped() {
        assert_eq!(shown("a\u{1b}[2J\u{7}b"), "a\\u{1b}[2J\\u{7}b");
        assert_eq!(shown("one\ntwo\r\tthree"), "one\\ntwo\\r\\tthree");
        assert_eq!(shown("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(shown("abc\u{202e}txt.exe"), "abc\\u{202e}txt.exe");
        assert_eq!(shown("größer 注文 👩‍🍳"), "größer 注文 👩‍🍳");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let piled = format!("a{}b", "\u{301}".repeat(100));
        assert_eq!(shown(&piled).chars().count(), 2 + MARKS);
        assert_eq!(shown("e\u{301}"), "e\u{301}");
    }

    #[test]
    fn json_lines_are_the_same_value_and_harmless() {
        let value = json!({ "message": "\u{1b}]0;title\u{7} \u{9b} \u{202e} \u{e0041} ä \"quoted\"" });
        let line = json_line(&value);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        assert!(!line.contains(is_unsafe), "{line}");
        assert!(line.contains("\\udb40\\udc41"), "{line}");
    }

    #[test]
    fn texts_are_cut_at_letters() {
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("注文注文", 4), "注…");
        assert_eq!(
            (fit("ab", 2), fit("ab", 1), fit("ab", 0)),
            ("ab".into(), "…".into(), "".into())
        );
        assert_eq!(cut("aäb", 2), "a…");
        assert_eq!(
            (pad("ab", 4, false), pad("ab", 4, true)),
            ("ab  ".to_owned(), "  ab".to_owned())
        );
    }

    proptest! {
        #[test]
        fn no_text_reaches_the_terminal_as_a_command(text in any::<String>(), columns in 0_usize..40) {
            let safe = shown(&text);
            prop_assert!(!safe.contains(is_unsafe));
            let padded = pad(&safe, columns, false);
            prop_assert!(width_of(&padded) == columns, "{padded:?}");
            let value = json!({ "a": text });
            let line = json_line(&value);
            prop_assert!(!line.contains(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
        }
    }
}
