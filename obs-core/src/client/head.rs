//! The request and the response head of an attempt, as an adapter reports them.

use std::{fmt, net::SocketAddr};

use crate::request::{BodySize, HeaderReader, MethodKind, Protocol, Remaining, ResponseHead, content_length};

/// The URL of an outgoing request, in types that don't depend on a client library.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientUrl<'a> {
    /// `http` or `https`; empty counts as `http`.
    pub scheme: &'a str,
    /// The host name or address, an IPv6 address without its brackets. Empty if the request doesn't contain it; the
    /// client's base URL is used then.
    pub host: &'a str,
    /// The port, if it isn't the scheme's own.
    pub port: Option<u16>,
    /// The path.
    pub path: &'a str,
    /// The query without its `?`.
    pub query: Option<&'a str>,
    /// The fragment without its `#`.
    pub fragment: Option<&'a str>,
    /// Whether the URL has a user name or a password; they are never recorded.
    pub has_credentials: bool,
}

/// One attempt to send a request, as an adapter reports it to
/// [`ClientObservation::start`](crate::adapter::ClientObservation::start).
///
/// ```
/// use obs_core::adapter::{ClientRequest, ClientUrl};
///
/// let url = ClientUrl { scheme: "https", host: "users.example.com", path: "/users/7", ..ClientUrl::default() };
/// let retry = ClientRequest { method: "GET", url, target: Some("/users/{id}"), resend_count: 1, ..ClientRequest::default() };
/// assert_eq!(retry.body_bytes, None);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientRequest<'a> {
    /// The method as it is sent.
    pub method: &'a str,
    /// The URL.
    pub url: ClientUrl<'a>,
    /// The template of the URL's path (`/users/{id}`), if the caller gave one.
    pub target: Option<&'a str>,
    /// How often the request has been sent before: 0 for the first attempt.
    pub resend_count: u32,
    /// Bytes of the request's body, if known.
    pub body_bytes: Option<u64>,
    /// The values of the client's own labels, in their order; one that is not in its list counts as `_OTHER`.
    pub labels: &'a [&'a str],
}

/// The head of a response to an attempt.
#[derive(Clone, Copy)]
pub struct ClientResponse<'a> {
    /// The status code.
    pub status: u16,
    /// The protocol of the response; `None` if the client doesn't report it.
    pub protocol: Option<Protocol>,
    /// The headers.
    pub headers: &'a dyn HeaderReader,
    /// The address of the other end of the connection.
    pub peer: Option<SocketAddr>,
    /// Bytes of the body, if they are known at the head.
    pub body_bytes: Option<u64>,
    /// Whether the adapter reports the body too, up to its end. A response of known size is then recorded with its last
    /// byte, since only then it is known to be complete; its duration still ends at the head.
    pub is_body_reported: bool,
}

// === impl ClientUrl ===

impl ClientUrl<'_> {
    pub(super) fn scheme(&self) -> &'static str {
        if self.scheme.eq_ignore_ascii_case("https") {
            "https"
        } else {
            "http"
        }
    }

    pub(super) fn port_or_default(&self) -> u16 {
        self.port
            .unwrap_or_else(|| if self.scheme() == "https" { 443 } else { 80 })
    }
}

// === impl ClientResponse ===

impl<'a> ClientResponse<'a> {
    /// An answer with these headers: status 200, all else unknown, its body out of sight.
    #[must_use]
    pub fn new(headers: &'a dyn HeaderReader) -> Self {
        Self {
            status: 200,
            protocol: None,
            headers,
            peer: None,
            body_bytes: None,
            is_body_reported: false,
        }
    }

    /// The body that the head announces, for a request with this method.
    pub(super) fn remaining(&self, method: MethodKind) -> Remaining {
        let &Self {
            status,
            headers,
            body_bytes,
            ..
        } = self;
        let body = match (body_bytes, content_length(headers)) {
            (Some(exact), Some(declared)) if exact != declared => BodySize::Contradicted { declared, exact },
            (Some(exact), _) => BodySize::Exact(exact),
            (None, _) => BodySize::Unknown,
        };
        Remaining::after_head(
            method,
            &ResponseHead {
                status,
                headers,
                body,
                endpoint: None,
            },
        )
    }
}

impl fmt::Debug for ClientResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            protocol,
            headers: _,
            peer,
            body_bytes,
            is_body_reported: _,
        } = self;
        f.debug_struct("ClientResponse")
            .field("status", status)
            .field("protocol", protocol)
            .field("peer", peer)
            .field("body_bytes", body_bytes)
            .finish_non_exhaustive()
    }
}
