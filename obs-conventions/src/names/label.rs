//! Label keys of metrics.

/// Request method from a closed set, else `_OTHER`.
pub const METHOD: &str = "method";
/// Template of the matched route, else `unmatched`.
pub const ENDPOINT: &str = "endpoint";
/// Status code of the response; `499` for a request that its client cancelled before; for a gRPC
/// call one of [`grpc_status::NAMES`](super::grpc_status::NAMES).
pub const STATUS: &str = "status";
/// How the request ended, see [`Outcome`](crate::Outcome).
pub const OUTCOME: &str = "outcome";
/// What went wrong, from a closed set.
pub const ERROR_TYPE: &str = "error_type";
/// Host of an outgoing request.
pub const HOST: &str = "host";
/// URL template of an outgoing request, empty if it has none.
pub const TARGET: &str = "target";
/// [`METHOD`] in the OpenTelemetry conventions.
pub const HTTP_REQUEST_METHOD: &str = "http_request_method";
/// [`ENDPOINT`] in the OpenTelemetry conventions, empty if no route matched.
pub const HTTP_ROUTE: &str = "http_route";
/// [`STATUS`] in the OpenTelemetry conventions, empty if none was sent.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http_response_status_code";
/// `http`, `https`.
pub const URL_SCHEME: &str = "url_scheme";
/// `1.0`, `1.1`, `2`, `3`.
pub const NETWORK_PROTOCOL_VERSION: &str = "network_protocol_version";
/// [`HOST`] in the OpenTelemetry conventions, without the port.
pub const SERVER_ADDRESS: &str = "server_address";
/// The port of [`SERVER_ADDRESS`].
pub const SERVER_PORT: &str = "server_port";
/// [`TARGET`] in the OpenTelemetry conventions.
pub const URL_TEMPLATE: &str = "url_template";
/// Upper bound of a bucket.
pub const LE: &str = "le";
/// Which metric a metric about metrics speaks of.
pub const METRIC: &str = "metric";
/// Name of a health check.
pub const CHECK: &str = "check";
/// Quantile of a summary.
pub const QUANTILE: &str = "quantile";
/// Which pool of database connections.
pub const POOL: &str = "pool";
/// What a database query is for, from a closed set.
pub const OPERATION: &str = "operation";
/// Which cache.
pub const CACHE: &str = "cache";
/// Which runtime of tokio, where a process has several.
pub const RUNTIME: &str = "runtime";
