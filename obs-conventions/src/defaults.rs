//! Defaults that services, rules and generators must agree on.

/// The methods of RFC 9110, `PATCH` (RFC 5789) and `QUERY`: what the label of the method can be, beside `_OTHER`, unless
/// the layer or `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` replaces the list.
pub const KNOWN_METHODS: [&str; 10] = [
    "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE",
];

/// Bounds of the buckets of request durations, in seconds, as the
/// [OpenTelemetry HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) advise.
pub const DURATION_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
