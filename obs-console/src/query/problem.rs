//! What a client is told instead of an answer.

use std::fmt;

use serde::Serialize;

/// Why there is no answer.
///
/// Its JSON is `{"error": {"code": …, "message": …, "parameter": …, "offset": …}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// The status of the response.
    #[serde(skip)]
    pub status: u16,
    /// One of the codes of the API, such as `bad_query`.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// The query parameter that is wrong.
    pub parameter: Option<String>,
    /// Where in its value, in bytes.
    pub offset: Option<usize>,
    /// When what was asked for was evicted, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evicted_at: Option<String>,
}

/// The body of a response with a problem.
#[derive(Debug, Serialize)]
struct Body<'a> {
    error: &'a Problem,
}

// === impl Problem ===

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            parameter: None,
            offset: None,
            evicted_at: None,
        }
    }

    /// A parameter that can't be read; `offset` counts the bytes of its value.
    #[must_use]
    pub fn bad_query(parameter: &str, offset: Option<usize>, message: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter.to_owned()),
            offset,
            ..Self::new(400, "bad_query", message)
        }
    }

    /// A body or a header that can't be read.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "bad_query", message)
    }

    /// The client has shown nothing that admits it.
    #[must_use]
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, "unauthorized", message)
    }

    /// The client may not do this.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "forbidden", message)
    }

    /// What was asked for does not exist.
    #[must_use]
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(404, "unknown", message)
    }

    /// The path takes other methods.
    #[must_use]
    pub fn method(message: impl Into<String>) -> Self {
        Self::new(405, "method", message)
    }

    /// What was asked for has given way to newer things.
    #[must_use]
    pub fn evicted(message: impl Into<String>, at: Option<String>) -> Self {
        Self {
            evicted_at: at,
            ..Self::new(410, "evicted", message)
        }
    }

    /// The body or the URL has more bytes than are read.
    #[must_use]
    pub fn too_large(status: u16, message: impl Into<String>) -> Self {
        Self::new(status, "bad_query", message)
    }

    /// Too many are doing this at once.
    #[must_use]
    pub fn too_many(message: impl Into<String>) -> Self {
        Self::new(429, "too_many", message)
    }

    /// It can't be answered now.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "unavailable", message)
    }

    /// The body of the response, JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&Body { error: self }).unwrap_or_else(|_| r#"{"error":{}}"#.to_owned())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
