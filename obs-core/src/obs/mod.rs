//! The handle to all three signals: settings, start-up, shutdown.

mod builder;
mod definition;
#[cfg(test)]
mod duration_tests;
mod global;
mod log_setters;
mod metrics_setters;
mod page_setters;
mod trace_setters;

pub(crate) use obs_base::{InitError, ServiceInfo};

pub use builder::ObsBuilder;
