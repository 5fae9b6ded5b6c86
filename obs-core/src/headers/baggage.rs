//! The `baggage` header ([W3C Baggage](https://www.w3.org/TR/baggage/)): validated member by member, propagated
//! unchanged.

use std::{borrow::Cow, str::Split};

use super::tracestate::trim;

/// The bytes that are propagated, at most: the size that each implementation must support
/// ([Baggage, 3.3.2](https://www.w3.org/TR/baggage/#limits)).
const MAX_BYTES: usize = 8192;
/// The largest number of members that are read, which is the limit of the grammar.
const MAX_MEMBERS: usize = 180;

/// The members read so far, from any number of header lines.
#[derive(Debug, Default)]
pub(super) struct BaggageReader {
    joined: String,
    members: usize,
}

/// One member of a `baggage` header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaggageMember<'a> {
    /// The key, a case-sensitive token.
    pub key: &'a str,
    /// The value, percent-decoded; bytes that are not UTF-8 are replaced by U+FFFD.
    pub value: Cow<'a, str>,
    /// The properties after the value: `name` or `name=value`, separated by semicolons, not decoded; usually empty.
    pub properties: &'a str,
}

/// Iterator over the members of a `baggage` header, see [`baggage_members`].
#[derive(Clone, Debug)]
pub struct BaggageMembers<'a> {
    rest: Split<'a, char>,
}

/// Iterates over the members of a `baggage` header that [`extract`](crate::propagation::extract) has read, in order.
///
/// Baggage comes from the caller: don't trust its values, and don't use them as metric labels. A key may occur more
/// than once; usually the last member counts.
///
/// ```
/// use obs_core::propagation::baggage_members;
///
/// let mut members = baggage_members("user=Am%C3%A9lie,tier=gold;ttl=60");
/// assert_eq!(members.next().unwrap().value, "Amélie");
/// let tier = members.next().unwrap();
/// assert_eq!((tier.key, &*tier.value, tier.properties), ("tier", "gold", "ttl=60"));
/// ```
#[must_use]
pub fn baggage_members(header: &str) -> BaggageMembers<'_> {
    BaggageMembers {
        rest: header.split(','),
    }
}

/// Bytes of a token (RFC 9110, 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// Bytes of a value: visible ASCII but for the delimiters, the quote and the backslash.
const fn is_octet(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

fn is_key(key: &[u8]) -> bool {
    !key.is_empty() && key.iter().all(|byte| is_token(*byte))
}

fn is_value(value: &[u8]) -> bool {
    value.iter().all(|byte| is_octet(*byte))
}

/// Key and value around the first equals sign.
fn pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = text.iter().position(|byte| *byte == b'=')?;
    Some((trim(&text[..equals]), trim(&text[equals + 1..])))
}

/// The member as text, if its key, its value and each property are valid.
fn checked(member: &[u8]) -> Option<&str> {
    let mut parts = member.split(|byte| *byte == b';');
    let (key, value) = pair(parts.next()?)?;
    let properties = parts.all(|property| match pair(property) {
        Some((key, value)) => is_key(key) && is_value(value),
        None => is_key(trim(property)),
    });
    if is_key(key) && is_value(value) && properties {
        std::str::from_utf8(member).ok()
    } else {
        None
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Decodes `%41`; a percent sign without two digits is kept.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let decoded = match after {
            [high, low, ..] if *byte == b'%' => hex_digit(*high).zip(hex_digit(*low)),
            _ => None,
        };
        out.push(decoded.map_or(*byte, |(high, low)| high << 4 | low));
        rest = if decoded.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

// === impl BaggageReader ===

impl BaggageReader {
    /// Reads one header line. A member that is invalid or exceeds the limits is dropped as a whole.
    pub(super) fn line(&mut self, line: &[u8]) {
        for member in line.split(|byte| *byte == b',').map(trim) {
            if self.members == MAX_MEMBERS {
                return;
            }
            if let Some(member) = checked(member) {
                self.member(member, line.len());
            }
        }
    }

    fn member(&mut self, member: &str, line_len: usize) {
        let comma = usize::from(!self.joined.is_empty());
        if self.joined.len() + comma + member.len() > MAX_BYTES {
            return;
        }
        if self.joined.is_empty() {
            self.joined.reserve(line_len.min(MAX_BYTES));
        } else {
            self.joined.push(',');
        }
        self.joined.push_str(member);
        self.members += 1;
    }

    /// The members to propagate, if there are any.
    pub(super) fn finish(self) -> Option<Box<str>> {
        (!self.joined.is_empty()).then(|| self.joined.into_boxed_str())
    }
}

// === impl BaggageMembers ===

impl<'a> Iterator for BaggageMembers<'a> {
    type Item = BaggageMember<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.by_ref().find_map(|member| {
            let (entry, properties) = member.split_once(';').unwrap_or((member, ""));
            let (key, value) = entry.split_once('=')?;
            Some(BaggageMember {
                key: key.trim(),
                value: percent_decoded(value.trim()),
                properties: properties.trim(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(lines: &[&str]) -> Option<String> {
        let mut reader = BaggageReader::default();
        for line in lines {
            reader.line(line.as_bytes());
        }
        reader.finish().map(String::from)
    }

    fn values(header: &str) -> Vec<(String, String)> {
        baggage_members(header)
            .map(|member| (member.key.to_owned(), member.value.into_owned()))
            .collect()
    }

    #[test]
    fn members_are_sent_on_as_they_came() {
        let header = "key1=value1;property1;property2,key2 = value2,key3=value3; propertyKey=propertyValue";
        assert_eq!(read(&[header]).unwrap(), header);
    }

    #[test]
    fn several_headers_are_joined_in_order() {
        assert_eq!(read(&["a=1, b=2", "", "c=3"]).unwrap(), "a=1,b=2,c=3");
    }

    #[test]
    fn malformed_members_are_dropped_alone() {
        for bad in [
            "b", "=2", "b c=2", "b=2\"", "b=\\", "b=2;", "b=ä", "b(=2", "b=2;p q", "b=2;=3", "b=1 2",
        ] {
            assert_eq!(read(&[&format!("a=1,{bad},c=3")]).unwrap(), "a=1,c=3", "{bad}");
        }
        assert_eq!(read(&["", " , "]), None);
    }

    #[test]
    fn values_are_percent_decoded() {
        let header = "serverNode=DF%2028,user=Am%C3%A9lie,broken=%4,lone=%,odd=%zz,bad=%ff,empty=,eq=a=b";
        let expected = [
            ("serverNode", "DF 28"),
            ("user", "Amélie"),
            ("broken", "%4"),
            ("lone", "%"),
            ("odd", "%zz"),
            ("bad", "\u{fffd}"),
            ("empty", ""),
            ("eq", "a=b"),
        ];
        assert_eq!(
            values(header),
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_list_of_64_members_and_8192_bytes_is_kept_whole() {
        let member = format!("{{}}={}", "v".repeat(123));
        let header = (10..74)
            .map(|n| member.replace("{}", &format!("k{n}")))
            .collect::<Vec<_>>()
            .join(",")
            + "w";
        assert_eq!(header.len(), 8192);
        assert_eq!(read(&[&header]).unwrap(), header);
    }

    #[test]
    fn a_member_without_room_is_dropped_as_a_whole_and_smaller_ones_still_fit() {
        let big = format!("a={}", "v".repeat(8000));
        assert_eq!(
            read(&[&big, &format!("b={}", "v".repeat(300)), "c=3"]).unwrap(),
            format!("{big},c=3")
        );
    }

    #[test]
    fn no_more_than_180_members_are_read() {
        let header = (0..200).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(values(&read(&[&header]).unwrap()).len(), 180);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived_and_what_is_kept_is_stable(lines in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..60), 0..4,
        )) {
            let mut reader = BaggageReader::default();
            for line in &lines {
                reader.line(line);
            }
            if let Some(kept) = reader.finish() {
                prop_assert!(kept.is_ascii() && !kept.contains(['\r', '\n', '\0']));
                prop_assert_eq!(read(&[&kept]), Some(kept.into_string()));
            }
        }

        #[test]
        fn any_text_can_be_iterated(text: String) {
            let _ = baggage_members(&text).count();
        }
    }
}
