//! Building blocks without telemetry that the crates of obs share: clocks, the calendar, deadlines, typed environment variables,
//! guarded calls of the application's code, redaction, bounded formatting, ids, hashes, memory pools, a sort, a
//! channel for one value, and the errors of start-up and shutdown.
//!
//! This crate is internal to obs: its API may change in every release. Applications use `obs-core`, which re-exports
//! the parts that are public.

pub mod calendar;
pub mod clock;
pub mod environment;
pub mod fnv;
pub mod formatting;
pub mod guard;
#[cfg(feature = "http-client")]
pub mod http_client;
pub mod ids;
pub mod oneshot;
pub mod pool;
pub mod protobuf;
pub mod redact;
pub mod sorting;
pub mod token;

mod deadline;
mod error;
mod feature;
mod service;
#[cfg(feature = "tls")]
mod tls;

pub use deadline::deadline;
pub use error::{InitError, ShutdownError};
pub use feature::MissingFeature;
pub use service::ServiceInfo;
