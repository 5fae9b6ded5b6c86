//! The exporter: a bounded queue and the thread that sends it, one each for spans, log records and metrics.
//!
//! | step | file |
//! |---|---|
//! | settings of a signal, from code and environment | `settings`, `endpoint`, `transport`, `tls` |
//! | start of the thread | `start`, `exporter` |
//! | recording: an item is queued, or dropped and counted | `queue`, `drops` |
//! | batches, timeouts, flush and shutdown | `worker`, `progress` |
//! | a batch becomes a message of at most 3 MiB | `span_message`, `log_message`, `metrics`, `divide` |
//! | a message is sent, with retries | `sender`, `over_http`, `over_grpc`, `redirect`, `answer` |

mod answer;
mod divide;
mod drops;
mod endpoint;
mod exporter;
#[cfg(feature = "logs")]
mod log_message;
#[cfg(feature = "metrics")]
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
#[cfg(feature = "logs")]
pub use start::{check_logs, start_logs};
#[cfg(feature = "metrics")]
pub use start::{check_metrics, start_metrics};
pub use start::{check_spans, start_spans};
