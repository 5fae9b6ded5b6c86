//! Keys of a log line that Google Cloud Logging reads ([structured
//! logging](https://docs.cloud.google.com/logging/docs/structured-logging#special-payload-fields)). The other keys
//! are those of [`log`](super::log).

/// RFC 3339: when the event happened.
pub const TIME: &str = "time";
/// `DEBUG`, `INFO`, `WARNING` or `ERROR`.
pub const SEVERITY: &str = "severity";
/// The event's message.
pub const MESSAGE: &str = "message";
/// `projects/PROJECT/traces/TRACE`, or the trace id alone.
pub const TRACE: &str = "logging.googleapis.com/trace";
/// 16 lower-case hex digits.
pub const SPAN_ID: &str = "logging.googleapis.com/spanId";
/// Whether the trace is sampled.
pub const TRACE_SAMPLED: &str = "logging.googleapis.com/trace_sampled";

/// The request as an object
/// ([`HttpRequest`](https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#HttpRequest)).
pub const HTTP_REQUEST: &str = "httpRequest";
/// In [`HTTP_REQUEST`]: the method.
pub const REQUEST_METHOD: &str = "requestMethod";
/// In [`HTTP_REQUEST`]: the path as it was requested.
pub const REQUEST_URL: &str = "requestUrl";
/// In [`HTTP_REQUEST`]: bytes of the request body, a number as text.
pub const REQUEST_SIZE: &str = "requestSize";
/// In [`HTTP_REQUEST`]: the status code.
pub const STATUS: &str = "status";
/// In [`HTTP_REQUEST`]: bytes of the response body, a number as text.
pub const RESPONSE_SIZE: &str = "responseSize";
/// In [`HTTP_REQUEST`]: the User-Agent header.
pub const USER_AGENT: &str = "userAgent";
/// In [`HTTP_REQUEST`]: the address of the peer.
pub const REMOTE_IP: &str = "remoteIp";
/// In [`HTTP_REQUEST`]: time to the last byte, `1.500000s`.
pub const LATENCY: &str = "latency";
/// In [`HTTP_REQUEST`]: `HTTP/1.1`, `HTTP/2`.
pub const PROTOCOL: &str = "protocol";

/// Keys that an event's or a span's own fields can't take, beside those of [`log::RESERVED`](super::log::RESERVED) that
/// are on a line. Logging takes the time from each of the last three.
pub const RESERVED: &[&str] = &[
    TIME,
    SEVERITY,
    MESSAGE,
    TRACE,
    SPAN_ID,
    TRACE_SAMPLED,
    HTTP_REQUEST,
    "timestamp",
    "timestampSeconds",
    "timestampNanos",
];
