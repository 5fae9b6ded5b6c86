//! Numbers and texts as bytes. What is written here is read by the same process only.

use crate::formatting::floor_char_boundary;

/// Reads what was written; after the end, and from bytes that were not written here, everything is zero or empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// The beginning of a text, of at most `limit` bytes.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    &text[..floor_char_boundary(text, limit)]
}

pub(super) fn push_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn push_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

/// Writes a text after its length. Lengths are bounded by those who call this, far below `u32::MAX`.
pub(super) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_u32(out, length(bytes.len()));
    out.extend_from_slice(bytes);
}

/// A length of bytes that are bounded.
pub(super) fn length(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(super) fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at_checked(len).unwrap_or_default();
        self.0 = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().unwrap_or([0; N])
    }

    pub(super) fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.array())
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    pub(super) fn u128(&mut self) -> u128 {
        u128::from_le_bytes(self.array())
    }

    /// A text of so many bytes.
    pub(super) fn text(&mut self, len: usize) -> &'a str {
        str::from_utf8(self.bytes(len)).unwrap_or_default()
    }

    /// Bytes after their length.
    pub(super) fn sized(&mut self) -> &'a [u8] {
        let len = self.u32();
        self.bytes(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// A text after its length.
    pub(super) fn sized_text(&mut self) -> &'a str {
        str::from_utf8(self.sized()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_after_the_end() {
        let mut out = Vec::new();
        push_u32(&mut out, 7);
        push_u64(&mut out, u64::MAX);
        push_bytes(&mut out, "ä".as_bytes());
        let mut reader = Reader(&out);
        assert_eq!((reader.u32(), reader.u64(), reader.sized_text()), (7, u64::MAX, "ä"));
        assert_eq!((reader.u8(), reader.u128(), reader.sized_text()), (0, 0, ""));
        assert_eq!(Reader(&[255; 4]).sized(), b"");
    }
}
