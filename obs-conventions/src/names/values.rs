//! Closed sets of label values, and names other than those of metrics.

/// Values of the `reason` label of `obs_spans_dropped_total`, `obs_log_records_dropped_total` and
/// `obs_metric_pushes_failed_total`.
pub mod drop_reason {
    /// More came than could be sent: by number or by bytes.
    pub const QUEUE_FULL: &str = "queue_full";
    /// One alone is larger than a message may be, or than the collector takes.
    pub const TOO_LARGE: &str = "too_large";
    /// The collector refused them or could not be reached.
    pub const EXPORT_FAILED: &str = "export_failed";
    /// The collector did not answer in time.
    pub const EXPORT_TIMEOUT: &str = "export_timeout";
    /// They were not sent before the end of the shutdown, or ended after it.
    pub const SHUTDOWN: &str = "shutdown";
}

/// Values of the `error_type` label and the `error.type` attribute that are not status codes.
pub mod error_type {
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
}

/// Values of the `status` label and of `rpc.response.status_code` of gRPC calls.
pub mod grpc_status {
    /// The [codes](https://grpc.io/docs/guides/status-codes/) in the order of their numbers; any other
    /// number counts as `UNKNOWN`.
    pub const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
}

/// Header names.
pub mod header {
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
    /// The scheme of the request to a proxy, by a de-facto standard.
    pub const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
    /// The host of the request to a proxy, by a de-facto standard.
    pub const X_FORWARDED_HOST: &str = "x-forwarded-host";
    /// RFC 9110, 8.6.
    pub const CONTENT_LENGTH: &str = "content-length";
    /// RFC 9110, 8.3.
    pub const CONTENT_TYPE: &str = "content-type";
    /// RFC 9110, 10.1.4.
    pub const TE: &str = "te";
    /// [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).
    pub const GRPC_STATUS: &str = "grpc-status";
    /// The text of an error, percent-encoded, beside the status.
    pub const GRPC_MESSAGE: &str = "grpc-message";
}

/// Values of the `obs.kept` attribute: why the span of a request that was not sampled is there.
pub mod kept {
    /// It ended in an error.
    pub const ERROR: &str = "error";
    /// It took longer than the threshold.
    pub const SLOW: &str = "slow";
}

/// Values of the `outcome` label of [`database::QUERIES`](super::database::QUERIES).
pub mod query_outcome {
    /// There was a result.
    pub const OK: &str = "ok";
    /// The query failed.
    pub const ERROR: &str = "error";
    /// The caller no longer waited for the result.
    pub const CANCELLED: &str = "cancelled";
    /// The code of the query panicked.
    pub const PANIC: &str = "panic";
}

/// Values of attributes of remote procedure calls.
pub mod rpc {
    /// `rpc.system.name` of gRPC.
    pub const SYSTEM_GRPC: &str = "grpc";
}

/// Targets of the library's own `tracing` events.
pub mod target {
    /// Warnings about obs itself.
    pub const OBS: &str = "obs";
    /// Alerts of the process, one event for each notification.
    pub const ALERT: &str = "obs::alert";
}

/// Label values that stand for something else.
pub mod value {
    /// A method outside the known set, or a value outside a closed list
    /// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/)).
    pub const OTHER: &str = "_OTHER";
    /// `runtime` of the one that the service was started in.
    pub const MAIN_RUNTIME: &str = "main";
    /// No route matched.
    pub const UNMATCHED: &str = "unmatched";
    /// The series that takes what the cap refuses.
    pub const OVERFLOW: &str = "_overflow";
    /// What a redacted value is replaced by.
    pub const REDACTED: &str = "REDACTED";
}
