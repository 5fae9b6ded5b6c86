//! What a scrape gets.

use bytes::Bytes;

use super::{queue::Unavailable, request::Wanted, token::Admission};

const TEXT: &str = "text/plain; charset=utf-8";
/// Seconds until another try has a chance: pages take milliseconds.
const RETRY_AFTER: &str = "1";
/// What the page differs by.
const VARY: &str = "accept, accept-encoding";

/// The answer to a [`PageRequest`](crate::PageRequest), for an adapter to translate.
///
/// A `HEAD` request gets the answer of `GET`: servers send its length and leave the body off.
#[derive(Clone, Debug)]
#[must_use = "an answer is to be sent"]
pub struct PageResponse {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The page, or why there is none. Scrapes that arrive together share its memory.
    pub body: Bytes,
}

// === impl PageResponse ===

impl PageResponse {
    pub(super) fn page(wanted: &Wanted, body: Bytes) -> Self {
        let mut headers = vec![("content-type", wanted.format.content_type()), ("vary", VARY)];
        headers.extend(wanted.encoding.name().map(|name| ("content-encoding", name)));
        Self { status: 200, headers, body }
    }

    pub(super) fn unavailable(why: Unavailable) -> Self {
        let later = [("retry-after", RETRY_AFTER)];
        match why {
            Unavailable::Busy => Self::text(503, "Too many scrapes are in flight.\n", &later),
            Unavailable::TooLate => Self::text(503, "The page was not done within its time limit.\n", &later),
            Unavailable::Failed => Self::text(500, "The page failed; the service's log tells why.\n", &[]),
        }
    }

    pub(super) fn elsewhere() -> Self {
        let text = "The metrics of this service go to another recorder of the `metrics` facade; \
                    serve that recorder's page, as `metrics_from` does.\n";
        Self::text(503, text, &[])
    }

    pub(super) fn method_not_allowed() -> Self {
        Self { status: 405, headers: vec![("allow", "GET, HEAD")], body: Bytes::new() }
    }

    pub(super) fn unauthorized(admission: Admission) -> Self {
        let challenge = match admission {
            Admission::Wrong => "Bearer realm=\"metrics\", error=\"invalid_token\"",
            Admission::Missing | Admission::Granted => "Bearer realm=\"metrics\"",
        };
        Self::text(401, "The page takes a bearer token.\n", &[("www-authenticate", challenge)])
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn not_found() -> Self {
        Self::text(404, "The page is /metrics.\n", &[])
    }

    fn text(status: u16, text: &'static str, more: &[(&'static str, &'static str)]) -> Self {
        let mut headers = vec![("content-type", TEXT)];
        headers.extend_from_slice(more);
        Self { status, headers, body: Bytes::from_static(text.as_bytes()) }
    }
}
