//! The 64-bit FNV-1a hash: the same on every machine and in every version, for ids of groups. It resists no attack.

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// A 64-bit FNV-1a hash in the making.
///
/// ```
/// use obs_base::fnv::Fnv1a;
///
/// let mut hash = Fnv1a::default();
/// hash.add(b"foobar");
/// assert_eq!(hash.finish(), 0x8594_4171_f739_67e8);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fnv1a(u64);

// === impl Fnv1a ===

impl Fnv1a {
    /// Adds these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// Adds a text and a byte that no text has, so that the border between two texts counts.
    pub fn add_text(&mut self, text: &str) {
        self.add(text.as_bytes());
        self.add(&[0xff]);
    }

    /// The hash of all that was added.
    #[must_use]
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Fnv1a {
    fn default() -> Self {
        Self(BASIS)
    }
}
