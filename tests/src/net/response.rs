//! An answer that was read whole.

use http::HeaderMap;

/// Status, headers, body and trailers as they came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, chunks put together.
    pub body: Vec<u8>,
    /// The trailers, empty without any.
    pub trailers: HeaderMap,
}

// === impl Response ===

impl Response {
    /// The header `name`, when it came once and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let only = values.next()?;
        if values.next().is_some() {
            None
        } else {
            only.to_str().ok()
        }
    }

    /// The body as text; panics when it isn't UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body that is text")
    }
}
