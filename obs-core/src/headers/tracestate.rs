//! The `tracestate` header: checked, joined, sent on as it came.

/// Members of a list, at most.
const MAX_MEMBERS: usize = 32;
/// Characters of a key and of a value, at most.
const MAX_LEN: usize = 256;

/// The members read so far, from any number of header lines.
#[derive(Debug, Default)]
pub(super) struct TraceStateReader {
    joined: String,
    members: usize,
    invalid: bool,
}

const fn is_key_start(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

const fn is_key_char(byte: u8) -> bool {
    is_key_start(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@')
}

const fn is_value_char(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b',' && byte != b'='
}

/// The member as text, if it is a key and a value as the standard wants them. White space around it
/// is gone already, so a value can't end in a blank.
fn checked(member: &[u8]) -> Option<&str> {
    let equals = member.iter().position(|byte| *byte == b'=')?;
    let (key, value) = (&member[..equals], &member[equals + 1..]);
    let lengths = 1..=MAX_LEN;
    let valid = lengths.contains(&key.len())
        && lengths.contains(&value.len())
        && is_key_start(key[0])
        && key.iter().all(|byte| is_key_char(*byte))
        && value.iter().all(|byte| is_value_char(*byte));
    if valid { std::str::from_utf8(member).ok() } else { None }
}

/// `bytes` without the spaces and tabs around it.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|byte| !blank(byte))
        .map_or(start, |last| last + 1);
    &bytes[start..end]
}

// === impl TraceStateReader ===

impl TraceStateReader {
    /// Reads one header line. Lines are joined in the order in which they come (RFC 9110, 5.3).
    pub(super) fn line(&mut self, line: &[u8]) {
        for member in line.split(|byte| *byte == b',').map(trim) {
            if self.invalid {
                return;
            }
            // Empty members are allowed: clients that join empty lines make them.
            if !member.is_empty() {
                self.member(member, line.len());
            }
        }
    }

    fn member(&mut self, member: &[u8], line_len: usize) {
        let Some(member) = checked(member) else {
            self.invalid = true;
            return;
        };
        self.members += 1;
        self.invalid = self.members > MAX_MEMBERS;
        if self.invalid || self.has_key_of(member) {
            // The entry furthest left is the latest; a second one for its key says nothing new.
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(line_len);
        } else {
            self.joined.push(',');
        }
        self.joined.push_str(member);
    }

    fn has_key_of(&self, member: &str) -> bool {
        let key = member.split_inclusive('=').next().unwrap_or_default();
        self.joined.split(',').any(|known| known.starts_with(key))
    }

    /// The list to send on: nothing if it is empty, or if one member or their number is wrong.
    pub(super) fn finish(self) -> Option<Box<str>> {
        (!self.invalid && !self.joined.is_empty()).then(|| self.joined.into_boxed_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut reader = TraceStateReader::default();
        for line in lines {
            reader.line(line.as_bytes());
        }
        reader.finish().map(String::from)
    }

    fn members(range: std::ops::RangeInclusive<usize>) -> String {
        range.map(|n| format!("bar{n:02}={n:02}")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn members_are_kept_in_order() {
        assert_eq!(read(&["foo=1,bar=2"]).unwrap(), "foo=1,bar=2");
    }

    #[test]
    fn several_headers_are_joined_in_order() {
        let joined = read(&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"]).unwrap();
        assert_eq!(joined, "foo=1,bar=2,rojo=1,congo=2,baz=3");
    }

    #[test]
    fn empty_headers_and_members_are_skipped() {
        assert_eq!(read(&[""]), None);
        assert_eq!(read(&[" \t,, "]), None);
        assert_eq!(read(&["foo=1", ""]).unwrap(), "foo=1");
        assert_eq!(read(&["", "foo=1"]).unwrap(), "foo=1");
        assert_eq!(read(&["foo=1,,bar=2,"]).unwrap(), "foo=1,bar=2");
    }

    #[test]
    fn a_second_entry_for_a_key_is_dropped() {
        assert_eq!(read(&["foo=1,foo=1"]).unwrap(), "foo=1");
        assert_eq!(read(&["foo=1,foo=2"]).unwrap(), "foo=1");
        assert_eq!(read(&["foo=1", "foo=2,fo=3"]).unwrap(), "foo=1,fo=3");
        assert_eq!(read(&["foo=1,fo=3,f=4"]).unwrap(), "foo=1,fo=3,f=4");
    }

    #[test]
    fn all_allowed_characters_pass() {
        let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@a-z0-9_-*/";
        let value: String = (' '..='~').filter(|c| !matches!(c, ',' | '=')).collect();
        let state = format!("{key}={value}");
        assert_eq!(read(&[&state]).unwrap(), state);
    }

    #[test]
    fn white_space_around_members_is_dropped_and_inside_values_kept() {
        for spaced in [
            "foo=1 \t , \t bar=2, \t baz=3",
            "foo=1\t \t,\t \tbar=2,\t \tbaz=3",
            "\t foo=1,bar=2,baz=3 \t",
        ] {
            assert_eq!(read(&[spaced]).unwrap(), "foo=1,bar=2,baz=3");
        }
        assert_eq!(read(&["foo= a b "]).unwrap(), "foo= a b");
    }

    #[test]
    fn an_illegal_key_discards_the_list() {
        for key in ["foo ", "FOO", "foo.bar", "@foo", "", "-foo", "_foo", "föö", "fo\to"] {
            assert_eq!(read(&[&format!("{key}=1,bar=2")]), None, "{key}");
        }
        assert_eq!(read(&["foo,bar=2"]), None);
    }

    #[test]
    fn level_2_allows_at_signs_anywhere_but_first() {
        for state in ["foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2"] {
            assert_eq!(read(&[state]).unwrap(), state);
        }
    }

    #[test]
    fn an_illegal_value_discards_the_list() {
        for value in ["bar=baz", "", " ", "a\tb", "a\u{7f}", "ä", "a\nb"] {
            assert_eq!(read(&[&format!("foo={value},bar=3")]), None, "{value:?}");
        }
    }

    #[test]
    fn keys_and_values_have_up_to_256_characters() {
        let longest = format!("{}={}", "z".repeat(256), "v".repeat(256));
        assert_eq!(read(&["foo=1", &longest]).unwrap(), format!("foo=1,{longest}"));
        assert_eq!(read(&["foo=1", &format!("{}=1", "z".repeat(257))]), None);
        assert_eq!(read(&["foo=1", &format!("z={}", "v".repeat(257))]), None);
        for key in [
            "t".repeat(241) + "@" + &"v".repeat(14),
            "t".repeat(242) + "@v",
            "t@".to_owned() + &"v".repeat(15),
        ] {
            assert!(read(&[&format!("{key}=1")]).is_some());
        }
    }

    #[test]
    fn more_than_32_members_discard_the_list() {
        let read_back = read(&[&members(1..=10), &members(11..=30), &members(31..=32)]).unwrap();
        assert_eq!(read_back, members(1..=32));
        assert_eq!(read(&[&members(1..=10), &members(11..=30), &members(31..=33)]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_what_is_kept_is_stable(lines in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..60), 0..4,
        )) {
            let mut reader = TraceStateReader::default();
            for line in &lines {
                reader.line(line);
            }
            if let Some(kept) = reader.finish() {
                prop_assert!(kept.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
                prop_assert_eq!(read(&[&kept]), Some(kept.into_string()));
            }
        }

        #[test]
        fn valid_lists_pass_unchanged(
            list in prop::collection::btree_map("[a-z0-9][a-z0-9_*/@-]{0,20}", "[!-+.-<>-~][ -+.-<>-~]{0,10}[!-+.-<>-~]", 1..33),
        ) {
            let text = list.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
            prop_assert_eq!(read(&[&text]), Some(text));
        }
    }
}
