//! The head of a request.

use std::{fmt, net::IpAddr};

use obs_core::request::HeaderReader;

/// The head of a request to the console, which an adapter fills in from its framework's type.
#[derive(Clone, Copy)]
pub struct ConsoleRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path below the mount as it was sent, percent-encoded: it starts with `/`, or is empty.
    pub path: &'a str,
    /// The path of the mount as the client sees it, without a slash at its end: `/obs`, or nothing.
    pub mount: &'a str,
    /// The query string after the question mark.
    pub query: Option<&'a str>,
    /// The host and port of the target, if it has them: of HTTP/2, or of a target in absolute form.
    pub authority: Option<&'a str>,
    /// The headers.
    pub headers: &'a dyn HeaderReader,
    /// The address of the other end of the connection.
    pub peer: Option<IpAddr>,
}

// === impl ConsoleRequest ===

impl ConsoleRequest<'_> {
    /// The only value of a header as text; `None` if it is missing, is there twice, or is no text.
    pub(crate) fn only(&self, name: &str) -> Option<String> {
        let mut values = 0;
        let mut text = None;
        self.headers.for_each(name, &mut |value| {
            values += 1;
            text = std::str::from_utf8(value).ok().map(str::to_owned);
        });
        text.filter(|_| values == 1)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.get(name).is_some()
    }

    /// Whether a header has this value, whatever its case.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        let shown = self.headers.get(name);
        shown.is_some_and(|shown| shown.eq_ignore_ascii_case(value.as_bytes()))
    }
}

impl fmt::Debug for ConsoleRequest<'_> {
    /// Without headers and query: there are tokens in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleRequest")
            .field("method", &self.method)
            .field("mount", &self.mount)
            .field("path", &self.path)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
