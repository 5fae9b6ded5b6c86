//! Keys that obs itself writes on each line of its own profile.

use crate::names::log;

/// Whether obs itself writes this key, whose bit is [`key_bit`].
#[inline]
pub(super) fn is_reserved(name: &str, bit: u64) -> bool {
    RESERVED_BITS & bit != 0 && RESERVED.contains(&name)
}

/// Keys that fields can't take.
const RESERVED: [&str; 12] = log::RESERVED;

const RESERVED_BITS: u64 = {
    let (mut bits, mut index) = (0, 0);
    while index < RESERVED.len() {
        bits |= key_bit(RESERVED[index].as_bytes());
        index += 1;
    }
    bits
};

/// One of 64 bits, by length and outer bytes: cheap, and different for the keys of one line more
/// often than not.
#[inline]
pub(super) const fn key_bit(key: &[u8]) -> u64 {
    let (first, last) = match key {
        [] => (0, 0),
        [only] => (*only, *only),
        [first, .., last] => (*first, *last),
    };
    let mix = key.len().wrapping_mul(7) ^ (first as usize).wrapping_mul(3) ^ (last as usize).wrapping_mul(11);
    1 << (mix & 63)
}
