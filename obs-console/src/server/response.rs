//! The response, with the headers that every response has.

use bytes::Bytes;

use super::body::ConsoleBody;
use crate::query::Problem;

/// No code but the console's own runs on its pages, whatever is shown on them, and no other page shows them in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      font-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// A response of the console, for an adapter to translate.
#[derive(Debug)]
#[non_exhaustive]
pub struct ConsoleResponse {
    /// The status.
    pub status: u16,
    /// The headers, each once, with names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: ConsoleBody,
}

// === impl ConsoleResponse ===

impl ConsoleResponse {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::with_body(status, content_type, ConsoleBody::Full(body.into()))
    }

    pub(crate) fn with_body(status: u16, content_type: &'static str, body: ConsoleBody) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body,
        }
    }

    /// Sends the browser on, to a path of the console's own.
    pub(crate) fn see_other(location: String) -> Self {
        let mut response = Self::new(303, "text/plain; charset=utf-8", "");
        response.headers.push(("location", location));
        response
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With the headers that every response has; the response decides itself how long it may be kept, if it says so.
    pub(crate) fn secured(mut self) -> Self {
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            if self.headers.iter().all(|(known, _)| *known != name) {
                self.headers.push((name, value.to_owned()));
            }
        }
        self
    }
}

/// A path of the console as the client sees it.
pub(super) fn located(mount: &str, path: &str, query: Option<&str>) -> String {
    let query = query.filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{mount}{path}{query}")
}

pub(super) fn too_large() -> Problem {
    Problem::too_large(413, "the body has more bytes than are read")
}

impl From<Problem> for ConsoleResponse {
    fn from(problem: Problem) -> Self {
        let response = Self::new(problem.status, "application/json", problem.to_json());
        match problem.status {
            401 => response.header("www-authenticate", "Bearer realm=\"obs\""),
            429 | 503 => response.header("retry-after", "2"),
            _ => response,
        }
    }
}
