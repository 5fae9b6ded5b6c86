//! The size of a response as the client sees it.

use actix_web::{
    HttpResponse,
    body::{self, MessageBody},
    http::Version,
};
use obs_core::adapter::BodySize;

/// The protocol of a response, as far as it matters for the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// HTTP/1.0 or 1.1.
    Http1,
    /// HTTP/2 or later.
    Multiplexed,
}

// === impl Wire ===

impl Wire {
    pub(crate) fn of(version: Version) -> Self {
        if version <= Version::HTTP_11 {
            Self::Http1
        } else {
            Self::Multiplexed
        }
    }

    /// The size that is declared to the client. A body of known size, and chunked coding, replace
    /// a `Content-Length` in the headers.
    pub(crate) fn body_size<B: MessageBody>(self, response: &HttpResponse<B>) -> BodySize {
        match response.body().size() {
            body::BodySize::None | body::BodySize::Sized(0) => BodySize::Empty,
            body::BodySize::Sized(bytes) => BodySize::Exact(bytes),
            body::BodySize::Stream if self == Self::Http1 && response.head().chunked() => BodySize::Chunked,
            body::BodySize::Stream => BodySize::Unknown,
        }
    }
}
