//! What an exporter sends: the names that its settings and its counter have.

use obs_conventions::names::{MetricDef, metric};

use crate::Signal;

/// The endpoint of all signals.
pub(crate) const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The transport of all signals.
pub(crate) const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";

/// A kind of telemetry.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "http", feature = "grpc")),
    expect(dead_code, reason = "without a transport only what asks for an export is read")
)]
pub(crate) struct SignalDef {
    pub(crate) signal: Signal,
    /// The feature that it needs, unless that is enabled.
    pub(crate) missing_feature: Option<&'static str>,
    /// The setter that requests the export.
    pub(crate) setter: &'static str,
    /// For messages, in the plural.
    pub(crate) items: &'static str,
    /// The end of the message about items that can't be sent.
    pub(crate) loss: &'static str,
    /// Added to a base URL by OTLP over HTTP.
    pub(crate) path: &'static str,
    /// The method that takes it, for OTLP over gRPC.
    #[cfg(feature = "grpc")]
    pub(crate) grpc_method: &'static str,
    /// Whether an endpoint alone is not enough: the export has to be enabled, too.
    pub(crate) opt_in: bool,
    pub(crate) exporter: &'static str,
    pub(crate) endpoint: &'static str,
    pub(crate) protocol: &'static str,
    pub(crate) timeout: &'static str,
    pub(crate) headers: &'static str,
    pub(crate) compression: &'static str,
    #[cfg(feature = "tls")]
    pub(crate) certificate: &'static str,
    #[cfg(feature = "tls")]
    pub(crate) client_certificate: &'static str,
    #[cfg(feature = "tls")]
    pub(crate) client_key: &'static str,
    /// `None` for a signal without a queue.
    pub(crate) queue: Option<&'static str>,
    pub(crate) batch: Option<&'static str>,
    pub(crate) export_timeout: &'static str,
    pub(crate) delay: &'static str,
    /// The default delay of a batch, in milliseconds.
    pub(crate) usual_delay: u32,
    /// The metric of lost items.
    pub(crate) drops: &'static MetricDef,
}

/// Spans.
pub(crate) static TRACES: SignalDef = SignalDef {
    signal: Signal::Traces,
    missing_feature: None,
    setter: "otlp",
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
pub(crate) static LOGS: SignalDef = SignalDef {
    signal: Signal::Logs,
    missing_feature: if cfg!(feature = "logs") {
        None
    } else {
        Some("otlp-logs")
    },
    setter: "otlp_logs",
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
pub(crate) static METRICS: SignalDef = SignalDef {
    signal: Signal::Metrics,
    missing_feature: if cfg!(feature = "metrics") {
        None
    } else {
        Some("otlp-metrics")
    },
    setter: "otlp_metrics",
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
