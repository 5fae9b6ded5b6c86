//! Keys of a log line.

/// RFC 3339, UTC, microseconds.
pub const TIMESTAMP: &str = "timestamp";
/// Lower-case level.
pub const LEVEL: &str = "level";
/// Upper-case level, as the OpenTelemetry log model calls it.
pub const SEVERITY: &str = "severity";
/// The event's message.
pub const MESSAGE: &str = "message";
/// The target of the event, by default its module path.
pub const TARGET: &str = "target";
/// Name of the service.
pub const SERVICE: &str = "service";
/// Version of the service.
pub const VERSION: &str = "version";
/// Deployment environment.
pub const ENV: &str = "env";
/// Id of the request.
pub const REQUEST_ID: &str = "request_id";
/// 32 lower-case hex digits.
pub const TRACE_ID: &str = "trace_id";
/// 16 lower-case hex digits.
pub const SPAN_ID: &str = "span_id";
/// Set on a line that was cut at the size limit.
pub const TRUNCATED: &str = "truncated";
/// Set on a line that was below the filter, and was held and written because its request has failed.
pub const HELD: &str = "held";
/// Prefix of a field whose own name is reserved.
pub const FIELDS_PREFIX: &str = "fields.";

/// Target of the one line that each request writes.
pub const REQUEST_TARGET: &str = "obs::request";
/// Target of the line of an outgoing request, where clients write one.
pub const CLIENT_TARGET: &str = "obs::client";
/// Request method.
pub const METHOD: &str = "method";
/// Request method as it was sent, where `method` is `_OTHER`.
pub const METHOD_ORIGINAL: &str = "method_original";
/// Template of the matched route.
pub const ENDPOINT: &str = "endpoint";
/// Path as requested.
pub const PATH: &str = "path";
/// Status code.
pub const STATUS: &str = "status";
/// Name of the status of a gRPC call.
pub const GRPC_STATUS: &str = "grpc_status";
/// How the request ended.
pub const OUTCOME: &str = "outcome";
/// Time to the last byte with a unit (`0.0123s`), for `LogQL` comparisons.
pub const DURATION: &str = "duration";
/// Time to the last byte in milliseconds.
pub const DURATION_MS: &str = "duration_ms";
/// Time to the response head in milliseconds.
pub const HEAD_MS: &str = "head_ms";
/// Bytes of the request body.
pub const REQUEST_BYTES: &str = "request_bytes";
/// Bytes of the response body.
pub const RESPONSE_BYTES: &str = "response_bytes";
/// `HTTP/1.1`, `HTTP/2`.
pub const PROTOCOL: &str = "protocol";
/// Address of the peer.
pub const CLIENT_ADDRESS: &str = "client_address";
/// User-Agent header.
pub const USER_AGENT: &str = "user_agent";
/// What went wrong.
pub const ERROR_TYPE: &str = "error_type";
/// Host of an outgoing request.
pub const HOST: &str = "host";
/// URL template of an outgoing request.
pub const URL_TEMPLATE: &str = "url_template";
/// How often an outgoing request had been sent before.
pub const RESEND_COUNT: &str = "resend_count";
/// What the error behind a failure says, or a panic.
pub const ERROR: &str = "error";
/// What the sources of that error say, outermost first, joined by `: `.
pub const ERROR_CHAIN: &str = "error_chain";
/// Place of a panic, or where the error was handed over, `file:line:column`.
pub const ERROR_LOCATION: &str = "error_location";

/// Keys that an event's or a span's own fields can't take.
pub const RESERVED: [&str; 12] = [
    TIMESTAMP, LEVEL, SEVERITY, MESSAGE, TARGET, SERVICE, VERSION, ENV, REQUEST_ID, TRACE_ID, SPAN_ID, TRUNCATED,
];
