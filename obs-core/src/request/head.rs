//! The request and the response head, as an adapter reports them.

use std::net::SocketAddr;

use super::{
    GrpcStatus, HeaderReader,
    origin::{HTTP, HTTPS, Origin},
};
use crate::metrics::DimensionValues;

/// The version of HTTP of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
    /// HTTP/2
    Http2,
    /// HTTP/3
    Http3,
}

/// The head of a request, in types that don't depend on a framework.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestHead<'a> {
    /// The method as it was sent.
    pub method: &'a str,
    /// The path as it was sent, without the query.
    pub path: &'a str,
    /// The query without its `?`.
    pub query: Option<&'a str>,
    /// The template of the matched route with the prefixes that it is nested under; `None` where no
    /// route matched or no router is visible.
    pub endpoint: Option<&'a str>,
    /// `http` or `https`; `None` counts as `http`.
    pub scheme: Option<&'a str>,
    /// The authority of the request target (`:authority` of HTTP/2); the `Host` header otherwise.
    pub authority: Option<&'a str>,
    /// The version of HTTP.
    pub protocol: Protocol,
    /// The address of the other end of the connection.
    pub peer: Option<SocketAddr>,
    /// A request id that another layer has chosen; it is honoured like an `x-request-id` header.
    pub request_id: Option<&'a [u8]>,
    /// The values of the layer's own labels, in their order, see
    /// the setter `label` of the layer; one that is not in its list counts as `_OTHER`.
    pub labels: &'a [&'a str],
    /// Whether another layer, of any instance, observes this request already. If that layer is of the same instance,
    /// is being polled around this one and records the same signals, this one starts no observation: the request is
    /// counted once, under the endpoint and the labels given here.
    pub is_observed: bool,
}

/// The size of a response body, as far as an adapter can determine it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySize {
    /// No body follows.
    Empty,
    /// This many bytes, unless the body fails.
    Exact(u64),
    /// The headers announce another size than the body has: clients don't accept the response as complete.
    Contradicted {
        /// The value of `Content-Length`, in bytes.
        declared: u64,
        /// The size that the type of the body reports, in bytes.
        exact: u64,
    },
    /// The value of `Content-Length`, if there is one; else unknown until the end.
    Unknown,
    /// Unknown until the end; no `Content-Length` is sent, even if the headers have one.
    Chunked,
}

/// The head of a response.
#[derive(Clone, Copy)]
pub struct ResponseHead<'a> {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: &'a dyn HeaderReader,
    /// The size of the body as its type reports it.
    pub body: BodySize,
    /// The route's template, if the router reports it only with the response.
    pub endpoint: Option<&'a str>,
}

/// The head of a failed response: the argument of a classifier, see `ObsLayer::classify`.
///
/// ```
/// use obs_core::request::Head;
///
/// // For `ObsLayer::new().classify(error_type)`: values of a closed list, since they become a label.
/// fn error_type(head: &Head<'_>) -> Option<&'static str> {
///     match head.header("x-error-kind") {
///         Some(b"database") => Some("database"),
///         _ if head.status == 503 => Some("overloaded"),
///         _ => None, // the status
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// The method, from the closed set.
    pub method: &'a str,
    /// The route's template.
    pub endpoint: &'a str,
    /// The status code; 500 if the service returned an error instead of a response.
    pub status: u16,
    /// The status of a gRPC call; its headers are the trailers then.
    pub grpc_status: Option<GrpcStatus>,
    pub(super) headers: &'a dyn HeaderReader,
}

// === impl Protocol ===

impl Protocol {
    /// The value on log lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Http3 => "HTTP/3",
        }
    }

    /// The value of `network.protocol.version`.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
        }
    }
}

// === impl RequestHead ===

impl RequestHead<'_> {
    /// `http` or `https`.
    pub(super) fn known_scheme(&self) -> &'static str {
        if self.scheme == Some(HTTPS) { HTTPS } else { HTTP }
    }

    /// The values of the metrics' labels besides method and route.
    #[inline]
    pub(super) fn dimension_values(&self, origin: Option<&Origin>) -> DimensionValues<'_> {
        let scheme = origin.map_or_else(|| self.known_scheme(), |origin| origin.scheme);
        DimensionValues {
            scheme,
            protocol: self.protocol.version(),
            labels: self.labels,
        }
    }
}

// === impl ResponseHead ===

impl std::fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            status,
            headers: _,
            body,
            endpoint,
        } = self;
        f.debug_struct("ResponseHead")
            .field("status", status)
            .field("body", body)
            .field("endpoint", endpoint)
            .finish_non_exhaustive()
    }
}

// === impl Head ===

impl Head<'_> {
    /// The first value of a response header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }
}

impl std::fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            method,
            endpoint,
            status,
            grpc_status,
            headers: _,
        } = self;
        f.debug_struct("Head")
            .field("method", method)
            .field("endpoint", endpoint)
            .field("status", status)
            .field("grpc_status", grpc_status)
            .finish_non_exhaustive()
    }
}
