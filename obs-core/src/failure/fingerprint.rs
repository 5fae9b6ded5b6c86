//! The fingerprint of an error: the same for errors that have the same reason.

use obs_base::fnv::Fnv1a;

use super::Failure;
use crate::formatting::floor_char_boundary;

/// From this length on, a word of hex digits without a decimal one is an id, in bytes.
const MIN_HEX: usize = 8;
/// From this length on, a word with digits is an id, in bytes.
const MIN_ID: usize = 16;
/// The longest value in quotes that is recognized, in bytes.
const MAX_QUOTED: usize = 512;
/// Stands for each value that is left out.
const VALUE: &[u8] = b"#";

/// The group of an error: of the endpoint and the error type, of the error's own type, and of its place if it is a panic,
/// else of its texts without values.
///
/// The place where an error was handed over doesn't count: it is the same for all errors that an `IntoResponse` turns
/// into responses, and changes whenever the code around it does.
pub(crate) fn fingerprint(endpoint: &str, error_type: &str, failure: Option<&Failure>) -> u64 {
    let mut hash = Fnv1a::default();
    hash.add_text(endpoint);
    hash.add_text(error_type);
    let Some(failure) = failure else {
        return hash.finish();
    };
    hash.add_text(failure.type_name().unwrap_or_default());
    match failure.location().filter(|_| failure.is_panic()) {
        Some(place) => hash.add_text(place),
        None => {
            for text in [failure.message()].into_iter().chain(failure.sources()) {
                add_shape(&mut hash, text);
                hash.add_text("");
            }
        }
    }
    hash.finish()
}

/// Adds a text without the values in it: quoted ones, numbers, hex digits, UUIDs and other ids.
fn add_shape(hash: &mut Fnv1a, text: &str) {
    let (mut rest, mut before) = (text, None);
    // Values that follow each other with `-`, `.` or `:` between them are one: a UUID, an address, a time.
    let mut after_value = false;
    while let Some(first) = rest.chars().next() {
        let (part, is_value) = if let Some(uuid) = uuid(rest) {
            (uuid, true)
        } else if first.is_alphanumeric() {
            let word = word(rest);
            (word, is_id(word))
        } else if let Some(quoted) = quoted(rest, first, before) {
            (quoted, true)
        } else {
            (&rest[..first.len_utf8()], false)
        };
        rest = &rest[part.len()..];
        before = part.chars().next_back();
        let joins = after_value && matches!(part, "-" | "." | ":") && starts_with_id(rest);
        if is_value && !after_value {
            hash.add(VALUE);
        } else if !is_value && !joins {
            part.split(|c: char| c.is_ascii_digit())
                .for_each(|letters| hash.add(letters.as_bytes()));
        }
        after_value = is_value || joins;
    }
}

/// The letters and digits at the start of a text.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

fn starts_with_id(text: &str) -> bool {
    let word = word(text);
    !word.is_empty() && is_id(word)
}

/// The UUID at the start of a text.
fn uuid(text: &str) -> Option<&str> {
    let uuid = text.get(..36)?;
    let is_part = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    uuid.bytes().enumerate().all(is_part).then_some(uuid)
}

/// Whether a word is a value: a number, hex digits, or long and with digits.
fn is_id(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && (has_digit || word.len() >= MIN_HEX)) || (has_digit && word.len() >= MIN_ID)
}

/// The value in quotes at the start of a text, with its quotes. An apostrophe within a word opens none.
fn quoted(text: &str, first: char, before: Option<char>) -> Option<&str> {
    if !matches!(first, '"' | '\'' | '`') || before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let closes = |&(at, _): &(usize, &str)| {
        let next = text[at + 1..].chars().next();
        at > 0 && !text[..at].ends_with('\\') && !next.is_some_and(char::is_alphanumeric)
    };
    let readable = &text[..floor_char_boundary(text, MAX_QUOTED)];
    let (end, _) = readable.match_indices(first).find(closes)?;
    Some(&text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> u64 {
        fingerprint("/orders/{id}", "500", Some(&Failure::of_text(text, "shop::Error")))
    }

    #[test]
    fn errors_that_differ_in_values_alone_have_one_fingerprint() {
        for (one, other) in [
            ("order 7 not found", "order 123456 not found"),
            ("order-7 is gone", "order-8 is gone"),
            ("user42 is locked", "user7 is locked"),
            ("trace 4bf92f3577b34da6", "trace 00f067aa0ba902b7"),
            ("id deadbeef", "id 0badcafe1"),
            ("at 0x7f3a", "at 0xffffffff"),
            (
                "no 0199a0b1-7c3e-7d2f-8a1b-0123456789ab here",
                "no aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee here",
            ),
            ("tcp 10.0.0.1:5432 refused", "tcp 192.168.17.4:80 refused"),
            ("waited 5ms", "waited 1200ms"),
            ("key \"ann\" exists", "key \"bob's \\\"cat\\\"\" exists"),
            ("unknown 'color'", "unknown 'size of it'"),
            ("no `a`", "no `b`"),
            ("ulid 01J8ZQ5XKMPWXYT3ABCDEFGHJK", "ulid 01J8ZQ5XKMPWXYT3ABCDEFGHJZ"),
            ("took 2026-12-01T10:00:00", "took 2026-11-30T09:59:59"),
        ] {
            assert_eq!(of(one), of(other), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn errors_that_differ_in_words_have_two_fingerprints() {
        for (one, other) in [
            ("connection refused", "connection reset"),
            ("order 7 not found", "user 7 not found"),
            ("can't connect, isn't up", "can't listen, isn't up"),
            ("an open 'quote", "an open 'word"),
            ("", "x"),
            ("a b", "ab"),
            ("größe", "grüße"),
        ] {
            assert_ne!(of(one), of(other), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn endpoint_error_type_type_and_sources_count_and_the_place_of_an_error_does_not() {
        let failure = Failure::of_text("refused", "shop::Error");
        let first = fingerprint("/a", "500", Some(&failure));
        assert_ne!(first, fingerprint("/b", "500", Some(&failure)));
        assert_ne!(first, fingerprint("/a", "503", Some(&failure)));
        assert_ne!(
            first,
            fingerprint("/a", "500", Some(&failure.clone().with_type("shop::Other")))
        );
        assert_ne!(first, fingerprint("/a", "500", None));
        let chained = Failure::new(&std::io::Error::other("refused")).with_type("shop::Error");
        assert_eq!(first, fingerprint("/a", "500", Some(&chained)));
        let located = failure.at(std::panic::Location::caller());
        assert_eq!(first, fingerprint("/a", "500", Some(&located)));
    }

    #[test]
    fn a_panic_is_grouped_by_its_place() {
        let panic = |message, place| fingerprint("/a", "panic", Some(&Failure::of_panic(message, place)));
        assert_eq!(panic("for ann", "src/a.rs:7:9"), panic("for bob", "src/a.rs:7:9"));
        assert_ne!(panic("for ann", "src/a.rs:7:9"), panic("for ann", "src/a.rs:8:9"));
        assert_ne!(panic("for ann", ""), panic("for bob", ""));
    }

    #[test]
    fn a_fingerprint_is_the_same_in_every_version() {
        assert_eq!(of("order 7 not found"), 0x85b9_d252_4536_66d6);
    }

    #[test]
    fn a_text_of_any_kind_has_a_fingerprint() {
        for text in [
            "'",
            "''",
            "'''",
            "\\'",
            "`é`",
            "é'é'",
            "0x",
            "-.:",
            "7-",
            "\u{301}\u{301}",
            "\"\\\"",
            "٣٤",
        ] {
            let _ = of(text);
        }
        let _ = of(&"'".repeat(100_000));
    }
}
