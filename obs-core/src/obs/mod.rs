//! The handle to all three signals: settings, start-up, shutdown.

mod builder;
#[cfg(test)]
mod duration_tests;
mod error;
mod global;
mod log_setters;
mod metrics_setters;
mod page_setters;
mod service;
mod trace_setters;

pub(crate) use service::ServiceInfo;

pub use builder::ObsBuilder;
pub use error::{InitError, ShutdownError};
