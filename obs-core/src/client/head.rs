//! The request and the response head of an attempt, as an adapter reports them.

use std::{fmt, net::SocketAddr};

use crate::request::{BodySize, HeaderReader, MethodKind, Protocol, Remaining, ResponseHead, content_length};

/// Where an outgoing request goes, in types of no client library.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientUrl<'a> {
    /// `http` or `https`; empty counts as `http`.
    pub scheme: &'a str,
    /// Host name or address, an IPv6 address without its brackets. Empty where the client knows it
    /// and the request doesn't tell; the base URL then stands in.
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

/// One attempt to send a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientRequest<'a> {
    /// The method as it is sent.
    pub method: &'a str,
    /// Where it goes.
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

/// The head of an answer.
#[derive(Clone, Copy)]
pub struct ClientResponse<'a> {
    /// The status code.
    pub status: u16,
    /// The protocol of the response; `None` if the client doesn't report it.
    pub protocol: Option<Protocol>,
    /// The headers.
    pub headers: &'a dyn HeaderReader,
    /// The other end of the connection.
    pub peer: Option<SocketAddr>,
    /// Bytes of the body, if they are known at the head.
    pub body_bytes: Option<u64>,
    /// Whether the adapter reports the body too, up to its end. Whether an answer of known size was
    /// whole is then known, and it is recorded with its last byte; its time is that to the head all the
    /// same.
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

    /// What the head announces of the body, to a request that asked for it in this way.
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
