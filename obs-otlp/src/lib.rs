//! Export of spans, log records and metrics by [OTLP](https://opentelemetry.io/docs/specs/otlp/), over HTTP or gRPC.
//!
//! For each signal there is a queue, bounded by number and by bytes, and a thread that sends it: recording is a push
//! under a short lock, and neither start-up nor shutdown needs a tokio runtime. A collector that is absent, slow or
//! broken costs the items that were meant for it, which are counted by the reason, and nothing else.
//!
//! The features choose transports (`http`, `grpc`), encryption (`tls`) and signals beside spans (`logs`, `metrics`).
//! The interface is the same without them: nothing is exported then, and what would do it is not compiled. A setting in
//! code that requests an export is an error that names the feature; one in the environment is ignored, with a notice
//! that names it.
//!
//! This crate is internal to obs: it changes with the other crates of obs and gives no promise of its own. Applications
//! configure exports with `obs_core::ObsBuilder`.

mod budget;
mod code;
mod config;
mod headers;
mod log_record;
mod metrics_message;
mod otlp;
mod pem;
mod resource;
mod signal;
mod size;
mod thread;
mod url;
mod wanted;

#[cfg(feature = "logs")]
mod log_bridge;
#[cfg(not(feature = "logs"))]
#[path = "log_bridge_absent.rs"]
mod log_bridge;

#[cfg(not(all(feature = "logs", feature = "metrics", any(feature = "http", feature = "grpc"))))]
mod absent;
#[cfg(any(feature = "http", feature = "grpc"))]
mod export;

pub use budget::{Budget, Reservation};
pub use code::OtlpSettings;
pub use config::{CodeSettings, ExporterConfig};
pub use log_bridge::LogBridge;
pub use log_record::{LogRecord, LogSink, TraceContext};
pub use metrics_message::{AttributeValue, Exemplar, Histogram, MetricsMessage, NumberValue, Point, ReadMetrics, Tick};
pub use otlp::{Otlp, Protocol, Signal};
pub use pem::Pem;
pub use resource::resource;
pub use size::HeapSize;
pub use thread::{become_export_thread, is_export_thread};

#[cfg(not(any(feature = "http", feature = "grpc")))]
pub use absent::{Exporter, check_spans, start_spans};
#[cfg(any(feature = "http", feature = "grpc"))]
pub use export::{Exporter, check_spans, start_spans};

#[cfg(not(all(feature = "logs", any(feature = "http", feature = "grpc"))))]
pub use absent::{Exporter as LogExporter, check_logs, start_logs};
#[cfg(all(feature = "logs", any(feature = "http", feature = "grpc")))]
pub use export::{Exporter as LogExporter, check_logs, start_logs};

#[cfg(not(all(feature = "metrics", any(feature = "http", feature = "grpc"))))]
pub use absent::{Exporter as MetricsExporter, check_metrics, start_metrics};
#[cfg(all(feature = "metrics", any(feature = "http", feature = "grpc")))]
pub use export::{Exporter as MetricsExporter, check_metrics, start_metrics};
