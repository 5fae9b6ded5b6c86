//! The metrics of a layer with [`Convention::OpenTelemetry`](crate::Convention::OpenTelemetry):
//! names and labels of the
//! [HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) 1.44 as Prometheus
//! spells them.
//!
//! The durations are stable, their counts are the rate of requests and, by `error_type`, of errors.
//! The others are in development there, and the duration of streams is ours.

use super::{
    MetricDef,
    MetricType::{Gauge, Histogram},
    attribute, label,
};

const SERVER: &[&str] = &[
    label::HTTP_REQUEST_METHOD,
    label::HTTP_ROUTE,
    label::URL_SCHEME,
    label::NETWORK_PROTOCOL_VERSION,
    label::HTTP_RESPONSE_STATUS_CODE,
    label::ERROR_TYPE,
];
const SERVER_ROUTE: &[&str] = &[
    label::HTTP_REQUEST_METHOD,
    label::HTTP_ROUTE,
    label::URL_SCHEME,
    label::NETWORK_PROTOCOL_VERSION,
];
const CLIENT: &[&str] = &[
    label::HTTP_REQUEST_METHOD,
    label::SERVER_ADDRESS,
    label::SERVER_PORT,
    label::URL_TEMPLATE,
    label::URL_SCHEME,
    label::NETWORK_PROTOCOL_VERSION,
    label::HTTP_RESPONSE_STATUS_CODE,
    label::ERROR_TYPE,
];

/// `http.server.request.duration`
pub const SERVER_REQUEST_DURATION: MetricDef = MetricDef::fixed(
    "http_server_request_duration_seconds",
    Histogram,
    "seconds",
    SERVER,
    "Duration of HTTP server requests.",
);
/// `http.server.active_requests`
pub const SERVER_ACTIVE_REQUESTS: MetricDef = MetricDef::fixed(
    "http_server_active_requests",
    Gauge,
    "",
    &[label::HTTP_REQUEST_METHOD, label::URL_SCHEME],
    "Number of active HTTP server requests.",
);
/// `http.server.request.body.size`
pub const SERVER_REQUEST_BODY_SIZE: MetricDef = MetricDef::fixed(
    "http_server_request_body_size_bytes",
    Histogram,
    "bytes",
    SERVER,
    "Size of HTTP server request bodies.",
);
/// `http.server.response.body.size`
pub const SERVER_RESPONSE_BODY_SIZE: MetricDef = MetricDef::fixed(
    "http_server_response_body_size_bytes",
    Histogram,
    "bytes",
    SERVER,
    "Size of HTTP server response bodies.",
);
/// Lifetime of responses that are streams by nature; no convention has a name for it.
pub const SERVER_STREAM_DURATION: MetricDef = MetricDef::fixed(
    "http_server_stream_duration_seconds",
    Histogram,
    "seconds",
    SERVER_ROUTE,
    "Lifetime of event streams, upgraded connections and other answers without a natural end.",
);
/// `http.client.request.duration`
pub const CLIENT_REQUEST_DURATION: MetricDef = MetricDef::fixed(
    "http_client_request_duration_seconds",
    Histogram,
    "seconds",
    CLIENT,
    "Duration of HTTP client requests.",
);
/// `http.client.active_requests`
pub const CLIENT_ACTIVE_REQUESTS: MetricDef = MetricDef::fixed(
    "http_client_active_requests",
    Gauge,
    "",
    &[
        label::HTTP_REQUEST_METHOD,
        label::SERVER_ADDRESS,
        label::SERVER_PORT,
        label::URL_TEMPLATE,
        label::URL_SCHEME,
    ],
    "Number of active HTTP requests.",
);

/// The metrics of this module with their dotted names and their units in UCUM, as OTLP carries them.
pub const DOTTED: [(MetricDef, &str, &str); 7] = [
    (SERVER_REQUEST_DURATION, "http.server.request.duration", "s"),
    (SERVER_ACTIVE_REQUESTS, "http.server.active_requests", "{request}"),
    (SERVER_REQUEST_BODY_SIZE, "http.server.request.body.size", "By"),
    (SERVER_RESPONSE_BODY_SIZE, "http.server.response.body.size", "By"),
    (SERVER_STREAM_DURATION, "http.server.stream.duration", "s"),
    (CLIENT_REQUEST_DURATION, "http.client.request.duration", "s"),
    (CLIENT_ACTIVE_REQUESTS, "http.client.active_requests", "{request}"),
];

/// The labels of this module and the attributes that they stand for.
pub const ATTRIBUTES: [(&str, &str); 9] = [
    (label::HTTP_REQUEST_METHOD, attribute::HTTP_REQUEST_METHOD),
    (label::HTTP_ROUTE, attribute::HTTP_ROUTE),
    (label::HTTP_RESPONSE_STATUS_CODE, attribute::HTTP_RESPONSE_STATUS_CODE),
    (label::URL_SCHEME, attribute::URL_SCHEME),
    (label::NETWORK_PROTOCOL_VERSION, attribute::NETWORK_PROTOCOL_VERSION),
    (label::SERVER_ADDRESS, attribute::SERVER_ADDRESS),
    (label::SERVER_PORT, attribute::SERVER_PORT),
    (label::URL_TEMPLATE, attribute::URL_TEMPLATE),
    (label::ERROR_TYPE, attribute::ERROR_TYPE),
];
