//! Spans, log records and metrics on their way to a collector, by OTLP.
//!
//! For each of them a bounded queue and a thread with a runtime of its own: ending a span is a push
//! under a short lock, and neither start-up nor shutdown needs a tokio runtime. A collector that is
//! absent, slow or broken costs what was meant for it, which is counted, and nothing else.

#[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
mod absent;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod answer;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod divide;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod drops;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod endpoint;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod exporter;
#[cfg(all(feature = "otlp-metrics", any(feature = "otlp-http", feature = "otlp-grpc")))]
mod metrics;
#[cfg(feature = "otlp-grpc")]
mod over_grpc;
#[cfg(feature = "otlp-http")]
mod over_http;
#[cfg(test)]
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod pipeline_tests;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod progress;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod protobuf;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod queue;
#[cfg(all(feature = "otlp-logs", any(feature = "otlp-http", feature = "otlp-grpc")))]
mod records;
#[cfg(feature = "otlp-http")]
mod redirect;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod sender;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod settings;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod signal;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod size;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod span_message;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod spans;
#[cfg(test)]
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod testing;
mod thread;
#[cfg(all(feature = "otlp-tls", any(feature = "otlp-http", feature = "otlp-grpc")))]
mod tls;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod transport;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
mod worker;

#[cfg(not(any(feature = "otlp-http", feature = "otlp-grpc")))]
pub(super) use absent::{Exporter, check, start};
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use exporter::Exporter;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(super) use exporter::{check, start};
#[cfg(all(feature = "otlp-logs", any(feature = "otlp-http", feature = "otlp-grpc")))]
pub(crate) use exporter::{check_logs, start_logs};
#[cfg(all(
    any(feature = "otlp-logs", feature = "otlp-metrics"),
    any(feature = "otlp-http", feature = "otlp-grpc")
))]
pub(crate) use settings::FromCode;
#[cfg(all(feature = "otlp-metrics", any(feature = "otlp-http", feature = "otlp-grpc")))]
pub(crate) use {
    exporter::{check_metrics, start_metrics},
    metrics::{ReadMetrics, Tick},
};

#[cfg(test)]
pub(super) use thread::become_export_thread;
pub(crate) use thread::is_export_thread;
