//! The first bytes of a response to a call that may not be gRPC.

/// Flag and length of a message, in bytes.
const HEAD: u8 = 5;
/// The highest flag of a message: it is compressed.
const MAX_FLAG: u8 = 1;

/// Detects from the first bytes of a body whether it can contain messages, as clients do that ignore the content type.
#[derive(Debug, Default)]
pub(super) struct Start {
    /// The first byte.
    flag: u8,
    /// How many bytes have come, counted to the end of the first head.
    len: u8,
}

// === impl Start ===

impl Start {
    /// Takes notice of the next bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        if let (0, Some(first)) = (self.len, bytes.first()) {
            self.flag = *first;
        }
        let more = u8::try_from(bytes.len()).unwrap_or(HEAD);
        self.len = self.len.saturating_add(more).min(HEAD);
    }

    /// Whether the whole head has come that the rest is judged by.
    pub(super) fn is_whole(&self) -> bool {
        self.len == HEAD
    }

    /// Whether a head has come that is that of no message.
    pub(super) fn is_refused(&self) -> bool {
        self.is_whole() && self.flag > MAX_FLAG
    }

    /// Whether the body has bytes that are not a message, if it ends here.
    pub(super) fn is_broken(&self) -> bool {
        self.is_refused() || (self.len > 0 && !self.is_whole())
    }

    /// Whether a message has begun.
    pub(super) fn is_message(&self) -> bool {
        self.is_whole() && !self.is_refused()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_five_bytes_tell_messages_from_other_bodies() {
        for (body, is_refused, is_broken, is_message) in [
            (&b""[..], false, false, false),
            (b"no", false, true, false),
            (b"\0\0\0\0", false, true, false),
            (b"\0\0\0\0\0", false, false, true),
            (b"\x01\0\0\0\x02ab", false, false, true),
            (b"<html>", true, true, false),
        ] {
            let (mut whole, mut parts) = (Start::default(), Start::default());
            whole.read(body);
            body.chunks(1).for_each(|part| parts.read(part));
            for start in [whole, parts] {
                assert_eq!(
                    (start.is_refused(), start.is_broken()),
                    (is_refused, is_broken),
                    "{body:?}"
                );
                assert_eq!(start.is_message(), is_message, "{body:?}");
            }
        }
    }

    #[test]
    fn a_long_part_counts_as_what_it_is() {
        let mut start = Start::default();
        start.read(&[b'x'; 256]);
        assert!(start.is_refused());
    }
}
