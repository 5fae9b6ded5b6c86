//! Request context, RED metrics, canonical logs and OpenTelemetry traces for HTTP services.
//!
//! This crate names no web framework; `obs-axum` puts it on axum, tower, hyper and tonic. Start
//! here with [`Obs::builder`].

pub mod client;
pub mod context;
pub mod environment;
#[cfg(feature = "tokio")]
pub mod health;
pub mod instruments;
pub mod logs;
pub mod metrics;
pub mod options;
pub mod otel;
pub mod propagation;
pub mod request;
#[cfg(feature = "tokio")]
pub mod shutdown;
pub mod trace;

mod arc_or_static;
mod exposition;
mod headers;
mod interner;
mod page;
mod pipeline;
mod saturation;
mod serve;
mod start;

pub(crate) use obs_base::{clock, formatting, pool, redact};

pub use exposition::{PageRequest, PageResponse};
#[doc(hidden)]
pub use obs_base::deadline;
pub use obs_base::{InitError, ShutdownError, guard};
pub use obs_conventions::{ServiceSettings, names};
pub use page::{LeftOut, MetricsPage, PageOwner};
pub use pipeline::Obs;
pub use request::StreamGuard;
pub use start::ObsBuilder;
