//! Span attributes of the [HTTP semantic conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)
//! 1.44.

/// `http.request.method`
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// `http.request.method_original`
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
/// `http.request.header.`: followed by the lower-case header name.
pub const HTTP_REQUEST_HEADER_PREFIX: &str = "http.request.header.";
/// `http.request.body.size`
pub const HTTP_REQUEST_BODY_SIZE: &str = "http.request.body.size";
/// `http.response.body.size`
pub const HTTP_RESPONSE_BODY_SIZE: &str = "http.response.body.size";
/// `http.request.resend_count`
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
/// `http.response.header.`: followed by the lower-case header name.
pub const HTTP_RESPONSE_HEADER_PREFIX: &str = "http.response.header.";
/// `http.response.status_code`
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// `http.route`
pub const HTTP_ROUTE: &str = "http.route";
/// `url.path`
pub const URL_PATH: &str = "url.path";
/// `url.query`
pub const URL_QUERY: &str = "url.query";
/// `url.scheme`
pub const URL_SCHEME: &str = "url.scheme";
/// `url.full`
pub const URL_FULL: &str = "url.full";
/// `url.template`
pub const URL_TEMPLATE: &str = "url.template";
/// `network.protocol.version`
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// `network.peer.address`
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// `network.peer.port`
pub const NETWORK_PEER_PORT: &str = "network.peer.port";
/// `client.address`
pub const CLIENT_ADDRESS: &str = "client.address";
/// `server.address`
pub const SERVER_ADDRESS: &str = "server.address";
/// `server.port`
pub const SERVER_PORT: &str = "server.port";
/// `user_agent.original`
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
/// `rpc.system.name` ([RPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/) 1.44,
/// release candidate, like the next two)
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// `rpc.method`: `package.Service/Method`
pub const RPC_METHOD: &str = "rpc.method";
/// `rpc.response.status_code`: a name from [`grpc_status`](super::grpc_status)
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// `otel.metric.overflow`: true on what the cap of a metric refuses
/// ([metrics SDK](https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute)).
pub const OTEL_METRIC_OVERFLOW: &str = "otel.metric.overflow";
/// `messaging.system`: `kafka`, `rabbitmq` and the like.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
/// `messaging.destination.name`: the queue or topic.
pub const MESSAGING_DESTINATION_NAME: &str = "messaging.destination.name";
/// `messaging.operation.name`
pub const MESSAGING_OPERATION_NAME: &str = "messaging.operation.name";
/// `messaging.operation.type`
pub const MESSAGING_OPERATION_TYPE: &str = "messaging.operation.type";
/// `error.type`
pub const ERROR_TYPE: &str = "error.type";
/// `exception.type`
pub const EXCEPTION_TYPE: &str = "exception.type";
/// `exception.message`
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// `exception.stacktrace`: the error and its sources, a line each.
pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";
/// Name of the span event of an exception or panic.
pub const EXCEPTION_EVENT: &str = "exception";
/// `code.file.path`
pub const CODE_FILE_PATH: &str = "code.file.path";
/// `code.line.number`
pub const CODE_LINE_NUMBER: &str = "code.line.number";
/// On the exported span of an unsampled request, without its
/// children: why, see [`kept`](super::kept).
pub const OBS_KEPT: &str = "obs.kept";
/// On a span of which something was longer than
/// limits (`ObsBuilder::attribute_value_length_limit`) allow, itself or on one of its events: true.
pub const OBS_TRUNCATED: &str = "obs.truncated";
/// `service.name`
pub const SERVICE_NAME: &str = "service.name";
/// `service.instance.id`
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
/// `service.version`
pub const SERVICE_VERSION: &str = "service.version";
/// `deployment.environment.name`
pub const DEPLOYMENT_ENVIRONMENT: &str = "deployment.environment.name";
