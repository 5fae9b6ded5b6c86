//! The `traceparent` header.

use std::fmt;

use obs_base::ids::{SpanId, TraceFlags, TraceId};

/// Length of a version 00 header, and of the part of a later version that we understand.
pub(crate) const LEN: usize = 55;

/// What a `traceparent` header says
/// ([Trace Context level 2, 3.2](https://www.w3.org/TR/trace-context-2/#traceparent-header)).
///
/// ```
/// use obs_core::propagation::TraceParent;
///
/// let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let parent = TraceParent::parse(sent.as_bytes()).unwrap();
/// assert!(parent.flags.is_sampled());
/// assert_eq!(parent.to_string(), sent);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// The trace that the caller's work belongs to.
    pub trace_id: TraceId,
    /// The caller's span.
    pub span_id: SpanId,
    /// The caller's decision to record, and whether the trace id is random.
    pub flags: TraceFlags,
}

/// The digits of both ids of a header.
const ID_DIGITS: usize = 32 + 16;

/// The value of one lower-case hex digit, and whether it is one.
#[inline]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "ids are random, so that a branch is mispredicted"
)]
fn digit(text: u8) -> (u8, bool) {
    let (number, letter) = (text.wrapping_sub(b'0'), text.wrapping_sub(b'a'));
    let value = if number < 10 { number } else { letter.wrapping_add(10) };
    (value, (number < 10) | (letter < 6))
}

/// The value of two lower-case hex digits.
#[inline]
fn hex2([high, low]: [u8; 2]) -> Option<u8> {
    let ((high, is_high), (low, is_low)) = (digit(high), digit(low));
    (is_high & is_low).then_some(high << 4 | low)
}

/// The values of the ids, from all their digits in lower case.
// Without a branch for each digit, so that the compiler reads sixteen at once.
#[inline]
fn ids(text: &[u8; ID_DIGITS]) -> Option<(u128, u64)> {
    let (mut values, mut others) = ([0; ID_DIGITS], 0);
    for (value, text) in values.iter_mut().zip(text) {
        let (of_digit, is_digit) = digit(*text);
        *value = of_digit;
        others |= u8::from(!is_digit);
    }
    if others != 0 {
        return None;
    }
    let mut words = [0; ID_DIGITS / 8];
    for (word, values) in words.iter_mut().zip(values.as_chunks().0) {
        *word = number(u64::from_le_bytes(*values));
    }
    let joined = |words: &[u32]| words.iter().fold(0, |joined, word| joined << 32 | u128::from(*word));
    let (trace, span) = words.split_at(4);
    Some((joined(trace), u64::try_from(joined(span)).ok()?))
}

/// The number of which these are the eight digits, the first one in the lowest byte.
#[inline]
fn number(digits: u64) -> u32 {
    let pairs = (digits << 4 | digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let [first, second, _, _, third, fourth, ..] = quads.to_le_bytes();
    u32::from_be_bytes([first, second, third, fourth])
}

/// The `N` bytes from `at` on.
#[inline]
fn part<const N: usize>(header: &[u8; LEN], at: usize) -> Option<&[u8; N]> {
    header[at..].first_chunk()
}

// === impl TraceParent ===

impl TraceParent {
    /// Reads a header value.
    ///
    /// Version 00 is exactly 55 bytes. Of a later version the first 55 bytes are read, if they are
    /// all or a dash follows. Everything else is `None`, and the trace starts anew: another length,
    /// upper-case digits, version `ff`, an id of zeros.
    #[must_use]
    #[inline]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (header, rest) = value.split_first_chunk::<LEN>()?;
        let version = hex2(*part(header, 0)?)?;
        let ends_well = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.first().is_none_or(|next| *next == b'-'),
        };
        if !ends_well || header[2] != b'-' || header[35] != b'-' || header[52] != b'-' {
            return None;
        }
        let flags = hex2(*part(header, 53)?)?;
        let mut digits = [0; ID_DIGITS];
        digits[..32].copy_from_slice(&header[3..35]);
        digits[32..].copy_from_slice(&header[36..52]);
        let (trace, span) = ids(&digits)?;
        Some(Self {
            trace_id: TraceId::new(trace)?,
            span_id: SpanId::new(span)?,
            flags: TraceFlags::from_bits(flags),
        })
    }

    /// The header value, as version 00.
    #[must_use]
    pub fn to_bytes(self) -> [u8; LEN] {
        let mut out = *b"00-00000000000000000000000000000000-0000000000000000-00";
        out[3..35].copy_from_slice(&self.trace_id.to_hex());
        out[36..52].copy_from_slice(&self.span_id.to_hex());
        // Only two bits have a meaning, so one digit holds them.
        out[54] = b'0' + self.flags.bits();
        out
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.to_bytes()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: &str = "00-12345678901234567890123456789012-1234567890123456-01";

    fn parse(text: &str) -> Option<TraceParent> {
        TraceParent::parse(text.as_bytes())
    }

    /// [`VALID`] with some of its parts replaced.
    fn with(version: &str, trace_id: &str, span_id: &str, flags: &str) -> String {
        format!("{version}-{trace_id}-{span_id}-{flags}")
    }

    #[test]
    fn digits_that_are_read_at_once_are_read_as_one_by_one() {
        let slowly = |text: &[u8]| {
            text.iter().try_fold(0_u128, |value, byte| match byte {
                b'0'..=b'9' => Some(value << 4 | u128::from(byte - b'0')),
                b'a'..=b'f' => Some(value << 4 | u128::from(byte - b'a' + 10)),
                _ => None,
            })
        };
        for (at, byte) in (0..ID_DIGITS).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
            let mut text = *b"0123456789abcdef0a9f3c7e5b6d812410fedcba98765432";
            text[at] = byte;
            let expected = slowly(&text[..32]).zip(slowly(&text[32..]).and_then(|span| u64::try_from(span).ok()));
            assert_eq!(ids(&text), expected, "{at} {byte}");
            assert_eq!(hex2([b'a', byte]).map(u128::from), slowly(&[b'a', byte]), "{byte}");
        }
    }

    #[test]
    fn a_valid_header_gives_ids_and_flags() {
        let parent = parse(VALID).unwrap();
        assert_eq!(parent.trace_id.to_string(), "12345678901234567890123456789012");
        assert_eq!(parent.span_id.to_string(), "1234567890123456");
        assert_eq!(parent.flags.bits(), 1);
        assert_eq!(parent.to_string(), VALID);
    }

    #[test]
    fn version_00_has_no_more_and_no_less_than_55_bytes() {
        for suffix in [".", "-", "-what-the-future-will-be-like", " ", "0"] {
            assert_eq!(parse(&format!("{VALID}{suffix}")), None, "{suffix}");
        }
        for length in 0..VALID.len() {
            assert_eq!(parse(&VALID[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let cc = VALID.replacen("00", "cc", 1);
        assert_eq!(parse(&cc), parse(VALID));
        assert_eq!(parse(&format!("{cc}-")), parse(VALID));
        assert_eq!(parse(&format!("{cc}-what-the-future-will-be-like")), parse(VALID));
        assert_eq!(parse(&format!("{cc}.what-the-future-will-be-like")), None);
    }

    #[test]
    fn malformed_versions_restart_the_trace() {
        for version in ["ff", ".0", "0.", "000", "0000", "0", "", "CC", "0x"] {
            let id = "12345678901234567890123456789012";
            assert_eq!(parse(&with(version, id, "1234567890123456", "01")), None, "{version}");
        }
    }

    #[test]
    fn malformed_trace_ids_restart_the_trace() {
        for id in [
            "00000000000000000000000000000000",
            ".2345678901234567890123456789012",
            "1234567890123456789012345678901.",
            "123456789012345678901234567890123",
            "1234567890123456789012345678901",
            "1234567890123456789012345678901A",
        ] {
            assert_eq!(parse(&with("00", id, "1234567890123456", "01")), None, "{id}");
        }
    }

    #[test]
    fn malformed_span_ids_restart_the_trace() {
        for id in [
            "0000000000000000",
            ".234567890123456",
            "123456789012345.",
            "12345678901234567",
            "123456789012345",
        ] {
            assert_eq!(
                parse(&with("00", "12345678901234567890123456789012", id, "01")),
                None,
                "{id}"
            );
        }
    }

    #[test]
    fn malformed_flags_restart_the_trace() {
        for flags in [".0", "0.", "001", "1", "", "0A"] {
            let id = "12345678901234567890123456789012";
            assert_eq!(parse(&with("00", id, "1234567890123456", flags)), None, "{flags}");
        }
    }

    #[test]
    fn the_random_flag_is_kept_and_unknown_flags_are_not() {
        let id = "12345678901234567890123456789012";
        for (sent, kept) in [("02", 2), ("03", 3), ("ff", 3), ("fc", 0), ("00", 0)] {
            let parent = parse(&with("00", id, "1234567890123456", sent)).unwrap();
            assert_eq!(parent.flags.bits(), kept);
            assert!(parent.to_string().ends_with(&format!("-0{kept}")));
        }
    }

    #[test]
    fn each_separator_is_a_dash() {
        for at in [2, 35, 52] {
            let mut bytes = VALID.as_bytes().to_vec();
            bytes[at] = b'_';
            assert_eq!(TraceParent::parse(&bytes), None);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(trace_id in 1u128.., span_id in 1u64.., flags in 0u8..4) {
            let parent = TraceParent {
                trace_id: TraceId::new(trace_id).unwrap(),
                span_id: SpanId::new(span_id).unwrap(),
                flags: TraceFlags::from_bits(flags),
            };
            prop_assert_eq!(TraceParent::parse(&parent.to_bytes()), Some(parent));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = TraceParent::parse(&bytes);
        }

        #[test]
        fn one_wrong_byte_is_never_read_as_something_else(at in 0usize..LEN, byte: u8) {
            let mut bytes = *b"00-12345678901234567890123456789012-1234567890123456-01";
            bytes[at] = byte;
            if let Some(parent) = TraceParent::parse(&bytes) {
                let written = parent.to_bytes();
                // The version and the unknown flags are ours; all else is as it came.
                prop_assert_eq!(&written[2..53], &bytes[2..53]);
            }
        }
    }
}
