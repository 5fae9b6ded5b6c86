//! The response to a scrape.

use bytes::Bytes;
use obs_base::token::Admission;

use super::{queue::Unavailable, request::Wanted};

const TEXT: &str = "text/plain; charset=utf-8";
/// The value of `Retry-After`, in seconds: rendering a page takes milliseconds.
const RETRY_AFTER: &str = "1";
/// The request headers on which the page depends.
const VARY: &str = "accept, accept-encoding";

/// The response to a [`PageRequest`](crate::adapter::PageRequest), which an adapter translates to its framework's type.
///
/// A `HEAD` request gets the response of `GET`: servers send its length and omit the body.
#[derive(Clone, Debug)]
#[must_use = "a response has to be sent"]
pub struct PageResponse {
    /// The status code: 200, or 401, 405, 500 or 503.
    pub status: u16,
    /// The headers, as pairs of a lower-case name and a value.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The page, or a text with the reason why there is none. Concurrent scrapes of the same page share its memory.
    pub body: Bytes,
}

// === impl PageResponse ===

impl PageResponse {
    pub(super) fn page(wanted: &Wanted, body: Bytes) -> Self {
        let mut headers = vec![("content-type", wanted.format.content_type()), ("vary", VARY)];
        headers.extend(wanted.encoding.name().map(|name| ("content-encoding", name)));
        Self {
            status: 200,
            headers,
            body,
        }
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
        Self {
            status: 405,
            headers: vec![("allow", "GET, HEAD")],
            body: Bytes::new(),
        }
    }

    pub(super) fn unauthorized(admission: Admission) -> Self {
        let challenge = match admission {
            Admission::Wrong => "Bearer realm=\"metrics\", error=\"invalid_token\"",
            Admission::Missing | Admission::Granted => "Bearer realm=\"metrics\"",
        };
        Self::text(
            401,
            "The page takes a bearer token.\n",
            &[("www-authenticate", challenge)],
        )
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn not_found() -> Self {
        Self::text(404, "The page is /metrics.\n", &[])
    }

    fn text(status: u16, text: &'static str, more: &[(&'static str, &'static str)]) -> Self {
        let mut headers = vec![("content-type", TEXT)];
        headers.extend_from_slice(more);
        Self {
            status,
            headers,
            body: Bytes::from_static(text.as_bytes()),
        }
    }
}
