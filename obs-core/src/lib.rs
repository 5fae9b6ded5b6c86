//! Request context, RED metrics, canonical logs and OpenTelemetry traces for HTTP services.
//!
//! This crate names no web framework; `obs-axum` puts it on axum, tower, hyper and tonic. Start
//! here with [`Obs::builder`].

pub mod client;
pub mod context;
pub mod environment;
pub mod guard;
#[cfg(feature = "tokio")]
pub mod health;
pub mod instruments;
pub mod logs;
pub mod metrics;
pub mod otel;
pub mod propagation;
pub mod request;
#[cfg(feature = "tokio")]
pub mod shutdown;
pub mod trace;

mod clock;
mod deadline;
mod formatting;
mod obs;
mod page;
mod pipeline;
mod redact;
mod saturation;
mod serve;

#[doc(hidden)]
pub use deadline::deadline;
pub use obs::{InitError, ObsBuilder, ShutdownError};
pub use obs_conventions::names;
pub use page::{MetricsPage, PageOwner, PageRequest, PageResponse};
pub use pipeline::Obs;
pub use request::StreamGuard;
