//! What an exporter sends: the names that its settings and its counter have.

use obs_conventions::names::{MetricDef, metric};

/// A kind of telemetry.
#[derive(Debug)]
pub(super) struct Signal {
    /// For messages, in the plural.
    pub(super) items: &'static str,
    /// What comes of it if they can't be sent.
    pub(super) loss: &'static str,
    /// Added to a base URL by OTLP over HTTP.
    pub(super) path: &'static str,
    /// The method that takes it, for OTLP over gRPC.
    #[cfg(feature = "grpc")]
    pub(super) grpc_method: &'static str,
    /// Whether an endpoint alone is not enough: the export has to be enabled, too.
    pub(super) opt_in: bool,
    pub(super) exporter: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) protocol: &'static str,
    pub(super) timeout: &'static str,
    pub(super) headers: &'static str,
    pub(super) compression: &'static str,
    #[cfg(feature = "tls")]
    pub(super) certificate: &'static str,
    #[cfg(feature = "tls")]
    pub(super) client_certificate: &'static str,
    #[cfg(feature = "tls")]
    pub(super) client_key: &'static str,
    /// None where nothing queues up.
    pub(super) queue: Option<&'static str>,
    pub(super) batch: Option<&'static str>,
    pub(super) export_timeout: &'static str,
    pub(super) delay: &'static str,
    /// How long an item waits for company if nothing else is said, in milliseconds.
    pub(super) usual_delay: u32,
    /// Where lost items are counted.
    pub(super) drops: &'static MetricDef,
}

/// Spans.
pub(super) static TRACES: Signal = Signal {
    items: "spans",
    loss: " and are lost",
    path: "/v1/traces",
    #[cfg(feature = "grpc")]
    grpc_method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    opt_in: false,
    exporter: "OTEL_TRACES_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    timeout: "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    headers: "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    compression: "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    #[cfg(feature = "tls")]
    certificate: "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    #[cfg(feature = "tls")]
    client_certificate: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    #[cfg(feature = "tls")]
    client_key: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    queue: Some("OTEL_BSP_MAX_QUEUE_SIZE"),
    batch: Some("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
    export_timeout: "OTEL_BSP_EXPORT_TIMEOUT",
    delay: "OTEL_BSP_SCHEDULE_DELAY",
    usual_delay: 5_000,
    drops: &metric::SPANS_DROPPED,
};

/// Log records. They are on standard output already, from where many collectors take them: sending
/// them as well is a choice.
pub(super) static LOGS: Signal = Signal {
    items: "log records",
    loss: " and are lost",
    path: "/v1/logs",
    #[cfg(feature = "grpc")]
    grpc_method: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    opt_in: true,
    exporter: "OTEL_LOGS_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    timeout: "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
    headers: "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    compression: "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
    #[cfg(feature = "tls")]
    certificate: "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
    #[cfg(feature = "tls")]
    client_certificate: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
    #[cfg(feature = "tls")]
    client_key: "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
    queue: Some("OTEL_BLRP_MAX_QUEUE_SIZE"),
    batch: Some("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
    export_timeout: "OTEL_BLRP_EXPORT_TIMEOUT",
    delay: "OTEL_BLRP_SCHEDULE_DELAY",
    usual_delay: 1_000,
    drops: &metric::LOG_RECORDS_DROPPED,
};

/// Metrics. They are on a page already: pushing them as well is a choice.
pub(super) static METRICS: Signal = Signal {
    items: "metrics",
    loss: "; the next push has their totals",
    path: "/v1/metrics",
    #[cfg(feature = "grpc")]
    grpc_method: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    opt_in: true,
    exporter: "OTEL_METRICS_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    timeout: "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    headers: "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    compression: "OTEL_EXPORTER_OTLP_METRICS_COMPRESSION",
    #[cfg(feature = "tls")]
    certificate: "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
    #[cfg(feature = "tls")]
    client_certificate: "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE",
    #[cfg(feature = "tls")]
    client_key: "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
    queue: None,
    batch: None,
    export_timeout: "OTEL_METRIC_EXPORT_TIMEOUT",
    delay: "OTEL_METRIC_EXPORT_INTERVAL",
    usual_delay: 60_000,
    drops: &metric::METRIC_PUSHES_FAILED,
};
