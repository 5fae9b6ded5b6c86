//! When a response is complete.
//!
//! Servers stop polling a body that they know to be done, so the end has to be recognised from the
//! head and from the frames; waiting for the final `None` would call most answers aborted.

use super::{BodySize, ResponseHead};
use crate::names::header;

/// What of a response body is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remaining {
    /// Nothing: the response is complete.
    Nothing,
    /// This many bytes.
    Bytes(u64),
    /// Until the body says so.
    Unknown,
}

// === impl Remaining ===

impl Remaining {
    /// What follows a response head ([RFC 9112, 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)).
    pub(super) fn after_head(method: &str, head: &ResponseHead<'_>) -> Self {
        let without_body =
            method == "HEAD" || matches!(head.status, ..200 | 204 | 304) || (method == "CONNECT" && head.status < 300);
        if without_body {
            return Self::Nothing;
        }
        match head.body {
            BodySize::Empty | BodySize::Exact(0) => Self::Nothing,
            BodySize::Exact(bytes) => Self::Bytes(bytes),
            BodySize::Unknown => match content_length(head) {
                Some(0) => Self::Nothing,
                Some(bytes) => Self::Bytes(bytes),
                None => Self::Unknown,
            },
        }
    }

    /// What is left after `bytes` more have been sent.
    pub(super) fn after_bytes(self, bytes: u64) -> Self {
        match self {
            Self::Bytes(left) if left > bytes => Self::Bytes(left - bytes),
            Self::Bytes(_) | Self::Nothing => Self::Nothing,
            Self::Unknown => Self::Unknown,
        }
    }
}

fn content_length(head: &ResponseHead<'_>) -> Option<u64> {
    std::str::from_utf8(head.headers.get(header::CONTENT_LENGTH)?).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::HeaderReader;

    fn after(method: &str, status: u16, body: BodySize, headers: &[(&str, &[u8])]) -> Remaining {
        struct List<'a>(&'a [(&'a str, &'a [u8])]);
        impl HeaderReader for List<'_> {
            fn get(&self, name: &str) -> Option<&[u8]> {
                HeaderReader::get(self.0, name)
            }
            fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
                HeaderReader::for_each(self.0, name, each);
            }
        }
        Remaining::after_head(method, &ResponseHead { status, headers: &List(headers), body, endpoint: None })
    }

    #[test]
    fn answers_without_a_body_are_complete_at_the_head() {
        for (method, status) in
            [("HEAD", 200), ("GET", 204), ("GET", 304), ("GET", 101), ("GET", 100), ("CONNECT", 200)]
        {
            assert_eq!(after(method, status, BodySize::Exact(9), &[]), Remaining::Nothing, "{method} {status}");
        }
        assert_eq!(after("GET", 200, BodySize::Empty, &[]), Remaining::Nothing);
        assert_eq!(after("GET", 200, BodySize::Exact(0), &[]), Remaining::Nothing);
        assert_eq!(after("GET", 200, BodySize::Unknown, &[("content-length", b"0")]), Remaining::Nothing);
    }

    #[test]
    fn a_content_length_tells_the_end_of_a_stream() {
        let left = after("GET", 200, BodySize::Unknown, &[("content-length", b"10")]);
        assert_eq!(left.after_bytes(4).after_bytes(6), Remaining::Nothing);
    }

    #[test]
    fn a_failed_connect_has_a_body() {
        assert_eq!(after("CONNECT", 502, BodySize::Exact(3), &[]), Remaining::Bytes(3));
    }

    #[test]
    fn a_stream_of_unknown_length_is_never_done_by_counting() {
        assert_eq!(after("GET", 200, BodySize::Unknown, &[]).after_bytes(u64::MAX), Remaining::Unknown);
    }
}
