//! What of a response's size goes out to the client.

use actix_web::{
    HttpResponse,
    body::{self, MessageBody},
    http::Version,
};
use obs_core::request::BodySize;

/// The protocol that a response goes out by, as far as its size is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// HTTP/1.0 or 1.1
    Http1,
    /// Anything later.
    Multiplexed,
}

// === impl Wire ===

impl Wire {
    pub(crate) fn of(version: Version) -> Self {
        if version <= Version::HTTP_11 { Self::Http1 } else { Self::Multiplexed }
    }

    /// What the client is told of the size. A body of known size takes the place of a `Content-Length`
    /// in the headers, and so does the chunked coding.
    pub(crate) fn body_size<B: MessageBody>(self, response: &HttpResponse<B>) -> BodySize {
        match response.body().size() {
            body::BodySize::None | body::BodySize::Sized(0) => BodySize::Empty,
            body::BodySize::Sized(bytes) => BodySize::Exact(bytes),
            body::BodySize::Stream if self == Self::Http1 && response.head().chunked() => BodySize::Chunked,
            body::BodySize::Stream => BodySize::Unknown,
        }
    }
}
