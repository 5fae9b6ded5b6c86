//! Header names.

/// [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
pub const TRACEPARENT: &str = "traceparent";
/// [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
pub const TRACESTATE: &str = "tracestate";
/// [W3C Baggage](https://www.w3.org/TR/baggage/).
pub const BAGGAGE: &str = "baggage";
/// The trace of an answer, drafted for [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
pub const TRACERESPONSE: &str = "traceresponse";
/// [W3C Server Timing](https://www.w3.org/TR/server-timing/).
pub const SERVER_TIMING: &str = "server-timing";
/// De-facto standard request id.
pub const REQUEST_ID: &str = "x-request-id";
/// RFC 9110, 10.1.5.
pub const USER_AGENT: &str = "user-agent";
/// RFC 9110, 7.2.
pub const HOST: &str = "host";
/// RFC 7239.
pub const FORWARDED: &str = "forwarded";
/// De-facto standard list of clients and proxies.
pub const X_FORWARDED_FOR: &str = "x-forwarded-for";
/// De-facto standard scheme that a proxy was asked by.
pub const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
/// De-facto standard host that a proxy was asked for.
pub const X_FORWARDED_HOST: &str = "x-forwarded-host";
/// RFC 9110, 8.6.
pub const CONTENT_LENGTH: &str = "content-length";
/// RFC 9110, 8.3.
pub const CONTENT_TYPE: &str = "content-type";
/// RFC 9110, 10.1.4.
pub const TE: &str = "te";
/// [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).
pub const GRPC_STATUS: &str = "grpc-status";
