//! The text of an error that a gRPC status comes with.

use crate::{failure::Failure, headers::percent_decoded};

/// The bytes of an encoded text that are read, at most: more than stays of it, if each character is encoded.
pub(super) const MAX_ENCODED: usize = 12 * 1_024;

/// The error that a `grpc-message` describes; `None` if it is empty.
///
/// Percent-encoded UTF-8: what is no encoding stays as it is, and what is no UTF-8 is replaced
/// ([responses](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses)).
pub(super) fn failure_of(message: &[u8]) -> Option<Box<Failure>> {
    let message = message.get(..MAX_ENCODED).unwrap_or(message).trim_ascii();
    if message.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(message);
    Some(Box::new(Failure::of_text(&percent_decoded(&text), "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(message: &[u8]) -> Option<String> {
        failure_of(message).map(|failure| failure.message().to_owned())
    }

    #[test]
    fn messages_are_decoded_and_what_is_no_encoding_stays() {
        let cases: [(&[u8], &str); 6] = [
            (b"no such card", "no such card"),
            (b"caf%C3%a9 100%25", "caf\u{e9} 100%"),
            (b"50%", "50%"),
            (b"%zz %4 %", "%zz %4 %"),
            (b"%ff", "\u{fffd}"),
            (b"two%0Alines", "two\nlines"),
        ];
        for (sent, read) in cases {
            assert_eq!(text(sent).as_deref(), Some(read));
        }
        assert_eq!((text(b""), text(b"  ")), (None, None));
        assert!(text(&b"%41".repeat(1 << 20)).unwrap().len() <= 4_352);
    }
}
