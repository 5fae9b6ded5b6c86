//! Escaping, so that no text can break or forge a line.
//!
//! Beside what JSON demands, everything is escaped that a terminal or a line-based reader acts on:
//! C0 and C1 control characters (ANSI sequences start with one), `DEL`, the line separators U+2028
//! and U+2029, the characters that turn the direction of text, and those that can't be seen: joiners,
//! fillers, tags, the byte order mark.

use std::fmt::Write as _;

use crate::formatting::floor_char_boundary;

/// What text has to be safe in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escaping {
    /// A JSON string (RFC 8259, 7).
    Json,
    /// A line of a terminal: quotes and backslashes stay as they are.
    Terminal,
}

/// Bytes that are looked at together.
const WIDE: usize = 16;
/// No byte of text grows to more bytes than this.
const MAX_GROWTH: usize = 6;

/// The escaping of a byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Escape,
    /// Starts a character that may have to be escaped.
    Lead,
}

/// First bytes of the characters of [`special_len`].
const LEADS: [u8; 9] = [0xc2, 0xcd, 0xd8, 0xe1, 0xe2, 0xe3, 0xef, 0xf0, 0xf3];

static JSON: [Class; 256] = classes(true);
static TERMINAL: [Class; 256] = classes(false);

const fn classes(json: bool) -> [Class; 256] {
    let mut table = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = Class::Escape;
        byte += 1;
    }
    table[0x7f] = Class::Escape;
    if json {
        table[b'"' as usize] = Class::Escape;
        table[b'\\' as usize] = Class::Escape;
    }
    let mut lead = 0;
    while lead < LEADS.len() {
        table[LEADS[lead] as usize] = Class::Lead;
        lead += 1;
    }
    table
}

/// Appends `text`, as far as `out` has at most `limit` bytes. True if all of it fitted.
#[inline]
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str, limit: usize, escaping: Escaping) -> bool {
    if text.len() > limit.saturating_sub(out.len()) / MAX_GROWTH {
        return push_up_to(out, text, limit, escaping);
    }
    push_all(out, text, escaping);
    true
}

/// Appends `text` as a JSON string, quotes and all.
#[cfg(feature = "tokio")]
pub(crate) fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text, usize::MAX, Escaping::Json);
    out.push(b'"');
}

/// The careful way, for text that may be too long: what surely fits is appended, again and again.
#[cold]
fn push_up_to(out: &mut Vec<u8>, text: &str, limit: usize, escaping: Escaping) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let safe = floor_char_boundary(rest, limit.saturating_sub(out.len()) / MAX_GROWTH);
        if safe == 0 {
            return false;
        }
        let (now, later) = rest.split_at(safe);
        push_all(out, now, escaping);
        rest = later;
    }
    true
}

/// Appends bytes that should be UTF-8; what is not becomes U+FFFD.
pub(super) fn push_escaped_bytes(out: &mut Vec<u8>, bytes: &[u8], limit: usize, escaping: Escaping) -> bool {
    if bytes.len() <= limit.saturating_sub(out.len()) && is_plain(bytes) {
        out.extend_from_slice(bytes);
        return true;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return push_escaped(out, text, limit, escaping);
    }
    bytes.utf8_chunks().all(|chunk| {
        push_escaped(out, chunk.valid(), limit, escaping)
            && (chunk.invalid().is_empty() || push_escaped(out, "\u{fffd}", limit, escaping))
    })
}

#[inline]
fn push_all(out: &mut Vec<u8>, text: &str, escaping: Escaping) {
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_rest(out, text, escaping);
    }
}

/// Whether all bytes can stay as they are wherever they are written: ASCII without control characters,
/// quotes and backslashes.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let (chunks, rest) = bytes.as_chunks::<WIDE>();
    // Some bytes are looked at twice, few alone; nearly all text is plain, so that nothing is asked before
    // the end.
    if let Some(last) = bytes.last_chunk::<WIDE>() {
        let mut special = [0; WIDE];
        for chunk in chunks.iter().chain([last]) {
            special
                .iter_mut()
                .zip(chunk)
                .for_each(|(special, byte)| *special |= special_bit(*byte));
        }
        return special == [0; WIDE];
    }
    let (words, rest) = rest.as_chunks::<8>();
    words.iter().all(are_plain) && rest.iter().all(|byte| special_bit(*byte) == 0)
}

/// Without a branch for each, so that the compiler looks at all of them at once.
#[inline]
fn are_plain<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.iter().fold(0, |special, byte| special | special_bit(*byte)) == 0
}

/// 1 if the byte needs a closer look, else 0.
#[inline]
fn special_bit(byte: u8) -> u8 {
    // One comparison for those below 0x20 and above 0x7e, which are below 0x21 as signed numbers one further.
    let is_outside = byte.wrapping_add(1).cast_signed() < 0x21;
    u8::from(is_outside) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

/// Appends text byte by byte.
#[cold]
fn push_rest(out: &mut Vec<u8>, text: &str, escaping: Escaping) {
    let table = match escaping {
        Escaping::Json => &JSON,
        Escaping::Terminal => &TERMINAL,
    };
    let bytes = text.as_bytes();
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        let len = match table[usize::from(bytes[at])] {
            Class::Plain => 0,
            Class::Escape => 1,
            Class::Lead => special_len(&bytes[at..]),
        };
        if len == 0 {
            at += 1;
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        push_special(out, text[at..].chars().next().unwrap_or_default(), escaping);
        at += len;
        copied = at;
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// Length of the character at the start, if it has to be escaped, else 0.
///
/// They are those of [Unicode's](https://www.unicode.org/reports/tr44/) property
/// `Default_Ignorable_Code_Point`, but not the variation selectors U+FE00..=U+FE0F that emoji have.
fn special_len(bytes: &[u8]) -> usize {
    match *bytes {
        // U+0080..=U+009F, U+00AD, U+034F, U+061C
        [0xc2, 0x80..=0x9f | 0xad, ..] | [0xcd, 0x8f, ..] | [0xd8, 0x9c, ..] => 2,
        // U+115F..=U+1160, U+17B4..=U+17B5, U+180B..=U+180F, U+200B..=U+200F, U+2028..=U+202E,
        // U+2060..=U+206F, U+3164, U+FEFF, U+FFA0, U+FFF0..=U+FFFB
        [0xe1, 0x85, 0x9f | 0xa0, ..]
        | [0xe1, 0x9e, 0xb4 | 0xb5, ..]
        | [0xe1, 0xa0, 0x8b..=0x8f, ..]
        | [0xe2, 0x80, 0x8b..=0x8f | 0xa8..=0xae, ..]
        | [0xe2, 0x81, 0xa0..=0xaf, ..]
        | [0xe3, 0x85, 0xa4, ..]
        | [0xef, 0xbb, 0xbf, ..]
        | [0xef, 0xbe, 0xa0, ..]
        | [0xef, 0xbf, 0xb0..=0xbb, ..] => 3,
        // U+1BCA0..=U+1BCA3, U+1D173..=U+1D17A, U+E0000..=U+E0FFF
        [0xf0, 0x9b, 0xb2, 0xa0..=0xa3, ..]
        | [0xf0, 0x9d, 0x85, 0xb3..=0xba, ..]
        | [0xf3, 0xa0, 0x80..=0xbf, _, ..] => 4,
        _ => 0,
    }
}

#[cold]
fn push_special(out: &mut Vec<u8>, special: char, escaping: Escaping) {
    let short = match special {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => {
            let mut text = Unescaped(out);
            let _ = match escaping {
                Escaping::Json => special
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .try_for_each(|unit| write!(text, "\\u{unit:04x}")),
                Escaping::Terminal => write!(text, "\\u{{{:x}}}", u32::from(special)),
            };
            return;
        }
    };
    out.extend_from_slice(short.as_bytes());
}

/// Formats into bytes, as is, what is known to need no escaping.
pub(super) struct Unescaped<'a>(pub(super) &'a mut Vec<u8>);

impl std::fmt::Write for Unescaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str, escaping: Escaping) -> String {
        let mut out = Vec::new();
        assert!(push_escaped(&mut out, text, usize::MAX, escaping));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn control_characters_are_written_as_escapes() {
        let text = "a\"b\\c\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202e}é–€";
        assert_eq!(
            escaped(text, Escaping::Json),
            r#"a\"b\\c\n\r\t\u0000\u001b[31m\u007f\u0085\u009b\u2028\u2029\u202eé–€"#
        );
        assert_eq!(
            escaped(text, Escaping::Terminal),
            r#"a"b\c\n\r\t\u{0}\u{1b}[31m\u{7f}\u{85}\u{9b}\u{2028}\u{2029}\u{202e}é–€"#
        );
    }

    #[test]
    fn characters_that_nobody_sees_or_that_turn_text_are_written_as_escapes() {
        let ranges = [
            0xad..=0xad,
            0x34f..=0x34f,
            0x61c..=0x61c,
            0x115f..=0x1160,
            0x180b..=0x180f,
            0x200b..=0x200f,
            0x2028..=0x202e,
            0x2060..=0x206f,
            0x3164..=0x3164,
            0xfeff..=0xfeff,
            0xfff9..=0xfffb,
            0x1_d173..=0x1_d17a,
            0xe_0000..=0xe_0fff,
        ];
        for char in ranges.into_iter().flatten().filter_map(char::from_u32) {
            let text = format!("a{char}b");
            let json = escaped(&text, Escaping::Json);
            assert!(json.is_ascii(), "{json}");
            assert_eq!(serde_json::from_str::<String>(&format!("\"{json}\"")).unwrap(), text);
            assert_eq!(
                escaped(&text, Escaping::Terminal),
                format!("a\\u{{{:x}}}b", u32::from(char))
            );
        }
        let seen = "é–€ñ日本語한국어עברית العربية ❤\u{fe0f}😀";
        assert_eq!(escaped(seen, Escaping::Json), seen);
    }

    #[test]
    fn bytes_that_are_not_utf8_become_replacement_characters() {
        let mut out = Vec::new();
        assert!(push_escaped_bytes(
            &mut out,
            b"ok\xff\xfe\ntail\xc3",
            100,
            Escaping::Json
        ));
        assert_eq!(String::from_utf8(out).unwrap(), "ok\u{fffd}\u{fffd}\\ntail\u{fffd}");
    }

    #[test]
    fn text_beyond_the_limit_is_cut_between_characters() {
        let mut out = b"seed".to_vec();
        assert!(!push_escaped(&mut out, &"ä\n".repeat(100), 60, Escaping::Json));
        assert!(out.len() <= 60 && out.len() > 30, "{}", out.len());
        assert!(String::from_utf8(out).unwrap().starts_with("seedä\\nä\\n"));
    }

    #[test]
    fn all_bytes_but_plain_ones_are_looked_at() {
        for byte in 0..=u8::MAX {
            let is_plain = matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
            assert_eq!(special_bit(byte), u8::from(!is_plain), "{byte}");
        }
    }

    proptest! {
        #[test]
        fn json_gives_back_what_was_escaped(text in any::<String>()) {
            let json = format!("\"{}\"", escaped(&text, Escaping::Json));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn no_line_is_left_and_no_limit_passed(text in "(?s).{0,80}", limit in 0_usize..200, json in any::<bool>()) {
            let escaping = if json { Escaping::Json } else { Escaping::Terminal };
            let mut out = Vec::new();
            let whole = push_escaped(&mut out, &text, limit, escaping);
            prop_assert!(out.len() <= limit);
            let out = String::from_utf8(out).unwrap();
            let forging = out.chars().find(|c| c.is_control() || ['\u{2028}', '\u{2029}'].contains(c));
            prop_assert_eq!(forging, None);
            if whole {
                prop_assert_eq!(out, escaped(&text, escaping));
            }
        }
    }
}
