//! Keys of a log line in the Elastic Common Schema
//! ([reference](https://www.elastic.co/docs/reference/ecs/ecs-field-reference)).

/// The version of the schema that these keys are from.
pub const VERSION: &str = "9.4.0";

/// `date`: when the event happened.
pub const TIMESTAMP: &str = "@timestamp";
/// `keyword`: lower-case level.
pub const LOG_LEVEL: &str = "log.level";
/// `match_only_text`: the event's message.
pub const MESSAGE: &str = "message";
/// `keyword`: [`VERSION`].
pub const ECS_VERSION: &str = "ecs.version";
/// `keyword`: module path or given target.
pub const LOG_LOGGER: &str = "log.logger";
/// `keyword`: name of the service.
pub const SERVICE_NAME: &str = "service.name";
/// `keyword`: version of the service.
pub const SERVICE_VERSION: &str = "service.version";
/// `keyword`: deployment environment.
pub const SERVICE_ENVIRONMENT: &str = "service.environment";
/// `keyword`: id of the request.
pub const HTTP_REQUEST_ID: &str = "http.request.id";
/// `keyword`: 32 lower-case hex digits.
pub const TRACE_ID: &str = "trace.id";
/// `keyword`: 16 lower-case hex digits.
pub const SPAN_ID: &str = "span.id";

/// `keyword`: always `event`.
pub const EVENT_KIND: &str = "event.kind";
/// `keyword`, an array: always `web`.
pub const EVENT_CATEGORY: &str = "event.category";
/// `keyword`, an array: always `access`.
pub const EVENT_TYPE: &str = "event.type";
/// `keyword`: `success`, `failure` or `unknown`.
pub const EVENT_OUTCOME: &str = "event.outcome";
/// `long`: nanoseconds to the last byte; of an outgoing request to the response head.
pub const EVENT_DURATION: &str = "event.duration";
/// `keyword`: request method.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// `long`: bytes of the request body.
pub const HTTP_REQUEST_BODY_BYTES: &str = "http.request.body.bytes";
/// `long`: bytes of the response body.
pub const HTTP_RESPONSE_BODY_BYTES: &str = "http.response.body.bytes";
/// `long`: status code.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// `keyword`: `1.1`, `2`.
pub const HTTP_VERSION: &str = "http.version";
/// `wildcard`: path as it was requested.
pub const URL_PATH: &str = "url.path";
/// `keyword`: address of the peer.
pub const CLIENT_ADDRESS: &str = "client.address";
/// `ip`: the same.
pub const CLIENT_IP: &str = "client.ip";
/// `keyword`: the host that was called, on the line of an outgoing request.
pub const SERVER_ADDRESS: &str = "server.address";
/// `keyword`: User-Agent header.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
/// `keyword`: what went wrong.
pub const ERROR_TYPE: &str = "error.type";
/// `match_only_text`: what the error behind a failure says, or a panic, or the field `error` of an event.
pub const ERROR_MESSAGE: &str = "error.message";
/// `wildcard`: that error and its sources, a line each.
pub const ERROR_STACK_TRACE: &str = "error.stack_trace";

/// Template of the matched route. The schema has no field for it, nor for the following.
pub const OBS_ENDPOINT: &str = "obs.endpoint";
/// How the request ended.
pub const OBS_OUTCOME: &str = "obs.outcome";
/// Name of the status of a gRPC call.
pub const OBS_GRPC_STATUS: &str = "obs.grpc_status";
/// Milliseconds to the response head.
pub const OBS_HEAD_MS: &str = "obs.head_ms";
/// URL template of an outgoing request.
pub const OBS_URL_TEMPLATE: &str = "obs.url_template";
/// How often an outgoing request had been sent before.
pub const OBS_RESEND_COUNT: &str = "obs.resend_count";
/// Place of a panic, or where the error was handed over, `file:line:column`.
pub const OBS_ERROR_LOCATION: &str = "obs.error_location";
/// Set on a line that was cut at the size limit.
pub const OBS_TRUNCATED: &str = "obs.truncated";

/// All keys above.
pub const ALL: &[&str] = &[
    TIMESTAMP,
    LOG_LEVEL,
    MESSAGE,
    ECS_VERSION,
    LOG_LOGGER,
    SERVICE_NAME,
    SERVICE_VERSION,
    SERVICE_ENVIRONMENT,
    HTTP_REQUEST_ID,
    TRACE_ID,
    SPAN_ID,
    EVENT_KIND,
    EVENT_CATEGORY,
    EVENT_TYPE,
    EVENT_OUTCOME,
    EVENT_DURATION,
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_BODY_BYTES,
    HTTP_RESPONSE_BODY_BYTES,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_VERSION,
    URL_PATH,
    CLIENT_ADDRESS,
    CLIENT_IP,
    SERVER_ADDRESS,
    USER_AGENT_ORIGINAL,
    ERROR_TYPE,
    ERROR_MESSAGE,
    ERROR_STACK_TRACE,
    OBS_ENDPOINT,
    OBS_OUTCOME,
    OBS_GRPC_STATUS,
    OBS_HEAD_MS,
    OBS_URL_TEMPLATE,
    OBS_RESEND_COUNT,
    OBS_ERROR_LOCATION,
    OBS_TRUNCATED,
];

/// The keys of [`ALL`] that a field of the application can't take: those of every line.
pub const RESERVED: &[&str] = &[
    TIMESTAMP,
    LOG_LEVEL,
    MESSAGE,
    ECS_VERSION,
    LOG_LOGGER,
    SERVICE_NAME,
    SERVICE_VERSION,
    SERVICE_ENVIRONMENT,
    HTTP_REQUEST_ID,
    TRACE_ID,
    SPAN_ID,
    OBS_TRUNCATED,
];

/// The objects of the schema, of obs, and of fields that are renamed. Where they are objects, a field with one value
/// that has the name of one can't be indexed.
pub const OBJECTS: &[&str] = &[
    "agent",
    "as",
    "client",
    "cloud",
    "code_signature",
    "container",
    "data_stream",
    "destination",
    "device",
    "dll",
    "dns",
    "ecs",
    "elf",
    "email",
    "entity",
    "error",
    "event",
    "faas",
    "fields",
    "file",
    "gen_ai",
    "geo",
    "group",
    "hash",
    "host",
    "http",
    "interface",
    "labels",
    "log",
    "macho",
    "network",
    "obs",
    "observer",
    "orchestrator",
    "organization",
    "os",
    "package",
    "pe",
    "process",
    "registry",
    "related",
    "risk",
    "rule",
    "server",
    "service",
    "source",
    "span",
    "threat",
    "tls",
    "trace",
    "transaction",
    "url",
    "user",
    "user_agent",
    "volume",
    "vulnerability",
];
