//! Request context, RED metrics, canonical logs and OpenTelemetry traces for HTTP services.
//!
//! This crate names no web framework; `obs-axum` puts it on axum, tower, hyper and tonic. Start
//! here with [`Obs::builder`].
//!
//! # Features
//!
//! The adapters have the same features and pass them on, so that a service names one crate in its manifest. What the
//! settings ask for and the build lacks is said at the start, with the name of the feature.
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `otlp-http` | on | Export by OTLP over HTTP/protobuf. |
//! | `otlp-grpc` | off | Export by OTLP over gRPC. |
//! | `otlp-tls` | off | `https` for OTLP, by rustls and ring, with the system's certificates. |
//! | `otlp-logs` | off | Log records by OTLP, besides the lines; needs a transport. |
//! | `otlp-metrics` | off | Metrics by OTLP, besides the page; needs a transport. |
//! | `serve-metrics` | on | The metrics page on an address of its own: `ObsBuilder::serve_metrics`. |
//! | `process` | on | `process_*` metrics: processor time, memory, file descriptors, threads. |
//! | `tokio-metrics` | off | `tokio_*` metrics of runtimes: tasks, queues, busy time. |
//! | `prometheus-exporter` | off | `metrics_from`: the page of `metrics-exporter-prometheus`. |
//! | `gzip` | off | gzip compression of the metrics page, and of what is exported by OTLP. |
//! | `zstd` | off | zstd compression of the metrics page; compiles C. |
//! | `definition` | off | `Obs::from_definition`: the service's settings from `obs.yaml`. |
//! | `span-filter` | off | Directives of `RUST_LOG` that name spans, as in `shop[order{id=7}]=debug`; compiles regular expressions. |
//! | `log-rotation` | off | Log files that are rotated by the hour, day or week. |
//! | `tokio` | on | Health checks and the graceful shutdown, on a tokio runtime. |

pub mod adapter;
pub mod client;
pub mod context;
pub mod environment;
#[cfg(feature = "tokio")]
pub mod health;
pub mod instruments;
pub mod logs;
pub mod metrics;
pub mod otel;
pub mod otlp;
pub mod propagation;
pub mod recorder;
pub mod request;
#[cfg(feature = "tokio")]
pub mod shutdown;
pub mod trace;

mod arc_or_static;
mod exposition;
mod failure;
mod field_value;
mod headers;
mod interner;
mod options;
mod overrides;
mod page;
mod pipeline;
mod saturation;
mod serve;
mod start;

pub(crate) use obs_base::{clock, formatting, pool, redact};

#[doc(hidden)]
pub use obs_base::deadline;
pub use obs_base::{InitError, ShutdownError, guard};
pub use obs_conventions::{ServiceSettings, names};
pub use overrides::{Override, OverrideId};
pub use pipeline::Obs;
pub use request::StreamGuard;
pub use start::ObsBuilder;
