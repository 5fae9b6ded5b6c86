//! The exporter: a bounded queue and the thread that sends it, one each for spans, log records and metrics.

mod answer;
mod divide;
mod drops;
mod endpoint;
mod exporter;
mod log_message;
mod metrics;
#[cfg(feature = "grpc")]
mod over_grpc;
#[cfg(feature = "http")]
mod over_http;
#[cfg(test)]
mod pipeline_tests;
mod progress;
mod queue;
#[cfg(feature = "http")]
mod redirect;
mod sender;
mod settings;
#[cfg(test)]
mod size_tests;
mod span_message;
mod start;
#[cfg(test)]
mod testing;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod worker;

use exporter::BoxError;

pub use exporter::Exporter;
pub use start::{check_logs, check_metrics, check_spans, start_logs, start_metrics, start_spans};
