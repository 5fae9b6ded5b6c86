//! Values of the `error_type` label and the `error.type` attribute that are not status codes.

/// The handler or its body panicked.
pub const PANIC: &str = "panic";
/// The body failed after the head was sent.
pub const BODY_ERROR: &str = "body_error";

/// The body ended before the size that was announced for it.
pub const INCOMPLETE_BODY: &str = "incomplete_body";
/// The body had more bytes than were announced for it.
pub const OVERSIZED_BODY: &str = "oversized_body";

/// A client could not connect.
pub const CONNECT: &str = "connect";
/// A client waited too long, for the connection or for the answer.
pub const TIMEOUT: &str = "timeout";
/// A client and a server could not agree on TLS, or one does not trust the other.
pub const TLS: &str = "tls";
/// The name of a server could not be resolved.
pub const DNS: &str = "dns";
/// The body of an outgoing request failed.
pub const BODY: &str = "body";
/// A client was redirected too often, or to where it must not go.
pub const REDIRECT: &str = "redirect";
/// The connection failed between the request and the head of its answer, or the request could
/// not be sent at all.
pub const REQUEST: &str = "request";
/// Any other error.
pub const OTHER: &str = super::value::OTHER;

/// Why a client's attempt has no answer.
pub const TRANSPORT: [&str; 8] = [CONNECT, TIMEOUT, TLS, DNS, BODY, REDIRECT, REQUEST, OTHER];
