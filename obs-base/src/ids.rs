//! Ids of traces, spans and requests.
//!
//! New ids are random, from a generator of each thread (xoshiro256++, on 32-bit targets xoshiro128++) that is seeded by the operating system. They are
//! unique, but not unpredictable: don't use them as secrets.
//!
//! ```
//! use obs_base::ids::{RequestId, SpanId, TraceFlags, TraceId};
//!
//! let (trace_id, span_id, flags) = (TraceId::random(), SpanId::random(), TraceFlags::new_root(true));
//! let traceparent = format!("00-{trace_id}-{span_id}-{:02x}", flags.bits());
//! assert_eq!(traceparent.len(), 55);
//!
//! assert!(RequestId::from_caller(b"order-17").is_some());
//! assert!(RequestId::from_caller(b"two words").is_none());
//! ```

use std::{
    cell::RefCell,
    fmt,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use rand::{RngCore, SeedableRng, rngs::SmallRng};

use crate::clock;

/// Id of a trace: 16 bytes, not all zero ([W3C Trace Context,
/// 3.2.2.3](https://www.w3.org/TR/trace-context-2/#trace-id)).
///
/// Displays as 32 lower-case hex digits. `Option<TraceId>` stands for "no trace".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(u128);

/// Id of a span: 8 bytes, not all zero ([W3C Trace Context,
/// 3.2.2.4](https://www.w3.org/TR/trace-context-2/#parent-id)).
///
/// Displays as 16 lower-case hex digits. `Option<SpanId>` stands for "no span".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u64);

/// The flags of a `traceparent` ([W3C Trace Context level 2,
/// 3.2.2.5](https://www.w3.org/TR/trace-context-2/#trace-flags)): `sampled` (bit 0) and `random` (bit 1). The other
/// bits have no meaning yet and are always 0.
///
/// ```
/// use obs_base::ids::TraceFlags;
///
/// let flags = TraceFlags::from_bits(0xff);
/// assert!(flags.is_sampled() && flags.is_random());
/// assert_eq!(flags.with_sampled(false).bits(), 0b10);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceFlags(u8);

/// Id of a request: a new UUIDv7, or a valid id that the caller has sent in `x-request-id`.
///
/// Consists of letters, digits, `.`, `_` and `-` alone, so that it can be written into JSON, headers and log lines
/// without escaping. An id of 36 bytes, such as a UUID, needs no memory on the heap.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(Text);

#[derive(Clone, PartialEq, Eq)]
enum Text {
    Inline([u8; 36]),
    Boxed(Box<str>),
}

/// The two hex digits of each byte value.
static HEX: [[u8; 2]; 256] = hex_pairs();

const fn hex_pairs() -> [[u8; 2]; 256] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let (mut pairs, mut byte) = ([[0; 2]; 256], 0);
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
}

/// Writes the bytes of a number as hex digits.
#[inline]
fn put_hex<const N: usize>(place: &mut [u8], bytes: &[u8; N]) {
    for (pair, byte) in place.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = HEX[usize::from(*byte)];
    }
}

thread_local! {
    static RANDOM: RefCell<SmallRng> = RefCell::new(seeded());
}

/// A generator seeded by the operating system; if that fails, by the hasher keys of the standard library and the time.
fn seeded() -> SmallRng {
    SmallRng::try_from_os_rng().unwrap_or_else(|_| {
        let seed = RandomState::new().hash_one(clock::unix_now());
        SmallRng::seed_from_u64(seed)
    })
}

/// A random number that is not zero.
#[inline]
fn random_u64() -> u64 {
    random(RngCore::next_u64).max(1)
}

/// A random number that is not zero.
#[inline]
fn random_u128() -> u128 {
    random(|rng| u128::from(rng.next_u64().max(1)) << 64 | u128::from(rng.next_u64().max(1)))
}

#[inline]
fn random<R>(read: impl Fn(&mut SmallRng) -> R) -> R {
    RANDOM
        .try_with(|rng| read(&mut rng.borrow_mut()))
        .unwrap_or_else(|_| read(&mut seeded()))
}

// === impl TraceId ===

impl TraceId {
    /// A new random id of 128 bits, never zero.
    ///
    /// Both halves are random, as the `random` flag promises to samplers that read the last 56 bits.
    #[must_use]
    #[inline]
    pub fn random() -> Self {
        Self(random_u128())
    }

    /// The id with this value; `None` for zero, which the standard reserves for "invalid".
    #[must_use]
    #[inline]
    pub const fn new(value: u128) -> Option<Self> {
        if value == 0 { None } else { Some(Self(value)) }
    }

    /// The id as a number, whose big-endian bytes are those of the header.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u128 {
        self.0
    }

    /// The id as 32 lower-case hex digits in ASCII, without an allocation.
    #[must_use]
    #[inline]
    pub fn to_hex(self) -> [u8; 32] {
        let mut out = [0; 32];
        self.put_hex(&mut out);
        out
    }

    /// Writes the id as 32 lower-case hex digits to `place`, such as a part of a prepared header.
    #[inline]
    pub fn put_hex(self, place: &mut [u8; 32]) {
        put_hex(place, &self.0.to_be_bytes());
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::LowerHex for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

// === impl SpanId ===

impl SpanId {
    /// A new random id of 64 bits, never zero.
    #[must_use]
    #[inline]
    pub fn random() -> Self {
        Self(random_u64())
    }

    /// The id with this value; `None` for zero, which the standard reserves for "invalid".
    #[must_use]
    #[inline]
    pub const fn new(value: u64) -> Option<Self> {
        if value == 0 { None } else { Some(Self(value)) }
    }

    /// The id as a number, whose big-endian bytes are those of the header.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id as 16 lower-case hex digits in ASCII, without an allocation.
    #[must_use]
    #[inline]
    pub fn to_hex(self) -> [u8; 16] {
        let mut out = [0; 16];
        self.put_hex(&mut out);
        out
    }

    /// Writes the id as 16 lower-case hex digits to `place`, such as a part of a prepared header.
    #[inline]
    pub fn put_hex(self, place: &mut [u8; 16]) {
        put_hex(place, &self.0.to_be_bytes());
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::LowerHex for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

// === impl TraceFlags ===

impl TraceFlags {
    const SAMPLED: u8 = 0b01;
    const RANDOM: u8 = 0b10;

    /// The flags that a header carries. Bits without a meaning are cleared, as the standard requires.
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & (Self::SAMPLED | Self::RANDOM))
    }

    /// The flags of a new trace: `random`, since [`TraceId::random`] is, and `sampled` if its root span is recorded.
    #[must_use]
    #[inline]
    pub const fn new_root(sampled: bool) -> Self {
        Self(Self::RANDOM).with_sampled(sampled)
    }

    /// The flags as the byte that is sent, written as two hex digits at the end of a `traceparent`.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the sender records this trace, and callees should (unless their own sampler decides otherwise).
    #[must_use]
    #[inline]
    pub const fn is_sampled(self) -> bool {
        self.0 & Self::SAMPLED != 0
    }

    /// Whether at least the last 56 bits of the trace id are random, which consistent samplers rely on (level 2).
    #[must_use]
    #[inline]
    pub const fn is_random(self) -> bool {
        self.0 & Self::RANDOM != 0
    }

    /// The same flags with `sampled` set or cleared.
    #[must_use]
    #[inline]
    pub const fn with_sampled(self, sampled: bool) -> Self {
        if sampled {
            Self(self.0 | Self::SAMPLED)
        } else {
            Self(self.0 & !Self::SAMPLED)
        }
    }
}

// === impl RequestId ===

impl RequestId {
    /// The length of a generated id in bytes, and of each UUID that a caller sends.
    pub const USUAL_LEN: usize = 36;
    /// The longest id that is accepted from a caller, in bytes.
    const MAX_LEN: usize = 128;

    /// A new UUIDv7 ([RFC 9562, 5.7](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)): the time in milliseconds,
    /// then 74 random bits. Ids sort by the time at which they were made.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "two ids are never equal")]
    pub fn new() -> Self {
        Self::new_at(clock::unix_now())
    }

    /// A new UUIDv7 with the given time since the Unix epoch, for callers that have just read the clock.
    #[must_use]
    pub fn new_at(since_epoch: Duration) -> Self {
        // The offsets of the digits of each byte, between the dashes.
        const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
        let millis = since_epoch.as_millis() & 0xffff_ffff_ffff;
        let random = random_u128();
        let value = millis << 80 | 7 << 76 | (random >> 64 & 0xfff) << 64 | 2 << 62 | random & 0x3fff_ffff_ffff_ffff;
        let mut out = [b'-'; Self::USUAL_LEN];
        for (at, byte) in PLACES.into_iter().zip(value.to_be_bytes()) {
            [out[at], out[at + 1]] = HEX[usize::from(byte)];
        }
        Self(Text::Inline(out))
    }

    /// The caller's id, if it is 1 to 128 characters of `[A-Za-z0-9._-]`.
    ///
    /// `None` for any other one: it could break log lines or headers, or fill them.
    ///
    /// ```
    /// use obs_base::ids::RequestId;
    ///
    /// assert_eq!(RequestId::from_caller(b"order-17").unwrap().as_str(), "order-17");
    /// assert_eq!(RequestId::from_caller(b"order 17"), None);
    /// ```
    #[must_use]
    pub fn from_caller(given: &[u8]) -> Option<Self> {
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if given.is_empty() || given.len() > Self::MAX_LEN || !given.iter().all(valid) {
            return None;
        }
        if let Ok(inline) = <[u8; 36]>::try_from(given) {
            return Some(Self(Text::Inline(inline)));
        }
        std::str::from_utf8(given)
            .ok()
            .map(|text| Self(Text::Boxed(text.into())))
    }

    /// The id in ASCII: letters, digits and `._-`.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Inline(bytes) => bytes,
            Text::Boxed(text) => text.as_bytes(),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Inline(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Text::Boxed(text) => text,
        }
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_request_id_is_a_uuid_of_version_seven() {
        let id = RequestId::new();
        let text = id.as_str();
        assert_eq!(text.len(), 36);
        assert_eq!(text.as_bytes()[14], b'7');
        assert!(matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        let millis = u64::from_str_radix(&text[..13].replace('-', ""), 16).unwrap();
        assert!(clock::unix_now().as_millis().abs_diff(u128::from(millis)) < 1_000);
    }

    #[test]
    fn request_ids_of_a_caller_are_checked() {
        assert_eq!(RequestId::from_caller(b"req-1.a_B").unwrap().as_str(), "req-1.a_B");
        assert_eq!(RequestId::from_caller(&[b'a'; 128]).unwrap().as_str(), "a".repeat(128));
        for bad in [&b""[..], &[b'a'; 129], b"a b", b"a\"b", "ä".as_bytes(), b"a\n"] {
            assert_eq!(RequestId::from_caller(bad), None);
        }
    }

    #[test]
    fn ids_display_as_hex_of_full_width() {
        assert_eq!(TraceId::new(0xab).unwrap().to_string(), format!("{:0>32}", "ab"));
        assert_eq!(SpanId::new(0xab).unwrap().to_hex(), *b"00000000000000ab");
        assert_eq!(format!("{:032x}", TraceId::new(1).unwrap()).len(), 32);
        assert_eq!((TraceId::new(0), SpanId::new(0)), (None, None));
    }

    proptest! {
        #[test]
        fn hex_is_lower_case_and_of_full_width(trace_id in 1_u128.., span_id in 1_u64..) {
            let (trace_id, span_id) = (TraceId::new(trace_id).unwrap(), SpanId::new(span_id).unwrap());
            prop_assert_eq!(trace_id.to_hex().to_vec(), format!("{:032x}", trace_id.get()).into_bytes());
            prop_assert_eq!(span_id.to_hex().to_vec(), format!("{:016x}", span_id.get()).into_bytes());
        }
    }

    #[test]
    fn unknown_flag_bits_are_not_sent_on() {
        let flags = TraceFlags::from_bits(0xff);
        assert_eq!(flags.bits(), 0b11);
        assert_eq!(flags.with_sampled(false).bits(), 0b10);
    }
}
