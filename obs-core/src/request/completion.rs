//! When a response is complete.
//!
//! Servers stop polling a body that they know to be complete, so its end must be recognized from the
//! head and from the frames; waiting for the final `None` would record most responses as aborted.

use super::{BodySize, HeaderReader, ResponseHead};
use crate::names::{error_type, header};

/// The part of a response body that is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remaining {
    /// Nothing: the response is complete.
    Nothing,
    /// This many bytes.
    Bytes(u64),
    /// An unknown number of bytes, up to the end of the body.
    Unknown,
    /// This many bytes, after which the body violates its announced size.
    Wrong(u64, Fault),
    /// Nothing, and the body has violated its announced size.
    Over(Fault),
}

/// The kinds of methods that differ in whether a response has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodKind {
    /// `HEAD`: a response without a body.
    Head,
    /// `CONNECT`: a tunnel after a successful response.
    Connect,
    /// Any other method.
    Other,
}

/// A violation of the announced size of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The body has ended before its announced size.
    Incomplete,
    /// The body had more bytes than announced.
    Oversized,
}

// === impl MethodKind ===

impl MethodKind {
    /// The kind of a method as it was sent, which need not be a known one.
    pub(crate) fn new(method: &str) -> Self {
        match method {
            "HEAD" => Self::Head,
            "CONNECT" => Self::Connect,
            _ => Self::Other,
        }
    }
}

// === impl Remaining ===

impl Remaining {
    /// What follows a response head ([RFC 9112, 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)).
    pub(crate) fn after_head(method: MethodKind, head: &ResponseHead<'_>) -> Self {
        let without_body = method == MethodKind::Head
            || matches!(head.status, ..200 | 204 | 304)
            || (method == MethodKind::Connect && head.status < 300);
        if without_body {
            return Self::Nothing;
        }
        match head.body {
            BodySize::Empty | BodySize::Exact(0) => Self::Nothing,
            BodySize::Exact(bytes) => Self::Bytes(bytes),
            BodySize::Contradicted { declared, exact } => Self::contradicted(declared, exact),
            BodySize::Chunked => Self::Unknown,
            BodySize::Unknown => match content_length(head.headers) {
                Some(0) => Self::Nothing,
                Some(bytes) => Self::Bytes(bytes),
                None => Self::Unknown,
            },
        }
    }

    /// What is left after `bytes` more have been sent.
    pub(crate) fn after_bytes(self, bytes: u64) -> Self {
        match self {
            Self::Bytes(left) => match left.checked_sub(bytes) {
                Some(0) => Self::Nothing,
                Some(left) => Self::Bytes(left),
                None => Self::Over(Fault::Oversized),
            },
            Self::Wrong(left, fault) if bytes < left => Self::Wrong(left - bytes, fault),
            Self::Wrong(_, fault) => Self::Over(fault),
            Self::Nothing | Self::Unknown | Self::Over(_) => self,
        }
    }

    /// Whether the body is complete.
    pub(crate) fn is_done(self) -> bool {
        matches!(self, Self::Nothing | Self::Over(_))
    }

    /// The `error_type` of a body that ends here, if it has another size than its head announced: clients don't
    /// accept such a response as complete.
    pub(crate) fn fault(self) -> Option<&'static str> {
        match self {
            Self::Bytes(_) | Self::Wrong(_, Fault::Incomplete) | Self::Over(Fault::Incomplete) => {
                Some(error_type::INCOMPLETE_BODY)
            }
            Self::Wrong(_, Fault::Oversized) | Self::Over(Fault::Oversized) => Some(error_type::OVERSIZED_BODY),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// A body of another size than the headers announce: servers poll for the size that its type reports.
    fn contradicted(declared: u64, exact: u64) -> Self {
        let fault = if exact < declared {
            Fault::Incomplete
        } else {
            Fault::Oversized
        };
        if exact == 0 {
            Self::Over(fault)
        } else {
            Self::Wrong(exact, fault)
        }
    }
}

/// The size that the headers announce; `None` without a valid one.
pub(crate) fn content_length(headers: &dyn HeaderReader) -> Option<u64> {
    parse_content_length(headers.get(header::CONTENT_LENGTH)?)
}

/// The size in bytes in a value of `Content-Length`; `None` if it is not a number.
#[must_use]
pub fn parse_content_length(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Remaining::after_head(
            MethodKind::new(method),
            &ResponseHead {
                status,
                headers: &List(headers),
                body,
                endpoint: None,
            },
        )
    }

    #[test]
    fn answers_without_a_body_are_complete_at_the_head() {
        for (method, status) in [
            ("HEAD", 200),
            ("GET", 204),
            ("GET", 304),
            ("GET", 101),
            ("GET", 100),
            ("CONNECT", 200),
        ] {
            assert_eq!(
                after(method, status, BodySize::Exact(9), &[]),
                Remaining::Nothing,
                "{method} {status}"
            );
        }
        assert_eq!(after("GET", 200, BodySize::Empty, &[]), Remaining::Nothing);
        assert_eq!(after("GET", 200, BodySize::Exact(0), &[]), Remaining::Nothing);
        assert_eq!(
            after("GET", 200, BodySize::Unknown, &[("content-length", b"0")]),
            Remaining::Nothing
        );
    }

    #[test]
    fn a_content_length_tells_the_end_of_a_stream() {
        let left = after("GET", 200, BodySize::Unknown, &[("content-length", b"10")]);
        assert_eq!(left.after_bytes(4).after_bytes(6), Remaining::Nothing);
    }

    #[test]
    fn a_body_that_ends_before_its_size_is_incomplete_and_one_beyond_it_oversized() {
        for (body, headers) in [
            (BodySize::Exact(10), &[][..]),
            (BodySize::Unknown, &[("content-length", &b"10"[..])]),
        ] {
            let left = after("GET", 200, body, headers);
            assert_eq!(left.fault(), Some("incomplete_body"));
            assert_eq!(left.after_bytes(9).fault(), Some("incomplete_body"));
            assert_eq!(left.after_bytes(9).after_bytes(1).fault(), None);
            assert_eq!(left.after_bytes(9).after_bytes(2).fault(), Some("oversized_body"));
        }
        assert_eq!(after("GET", 200, BodySize::Unknown, &[]).after_bytes(3).fault(), None);
    }

    #[test]
    fn a_body_of_another_size_than_its_content_length_is_wrong_to_every_client() {
        let wrong = |declared, exact| after("GET", 200, BodySize::Contradicted { declared, exact }, &[]);
        assert_eq!(wrong(10, 5).after_bytes(4).fault(), Some("incomplete_body"));
        assert_eq!(
            (wrong(10, 5).is_done(), wrong(10, 5).after_bytes(5).is_done()),
            (false, true)
        );
        assert_eq!(wrong(10, 0), Remaining::Over(Fault::Incomplete));
        assert_eq!(wrong(5, 10).after_bytes(10), Remaining::Over(Fault::Oversized));
        assert_eq!(
            after("HEAD", 200, BodySize::Contradicted { declared: 10, exact: 0 }, &[]),
            Remaining::Nothing
        );
    }

    #[test]
    fn a_content_length_that_is_not_sent_tells_nothing() {
        assert_eq!(
            after("GET", 200, BodySize::Chunked, &[("content-length", b"10")]),
            Remaining::Unknown
        );
    }

    #[test]
    fn a_failed_connect_has_a_body() {
        assert_eq!(after("CONNECT", 502, BodySize::Exact(3), &[]), Remaining::Bytes(3));
    }

    #[test]
    fn a_stream_of_unknown_length_is_never_done_by_counting() {
        assert_eq!(
            after("GET", 200, BodySize::Unknown, &[]).after_bytes(u64::MAX),
            Remaining::Unknown
        );
    }
}
