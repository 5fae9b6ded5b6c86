//! The handle to all three signals: settings, start-up, shutdown.

mod builder;
#[cfg(test)]
mod duration_tests;
mod error;
mod global;
mod handle;
mod log_setters;
mod metrics_setters;
mod owner;
mod service;
mod shared;
mod trace_setters;

pub(crate) use service::ServiceInfo;
pub(crate) use shared::{Shared, default, default_routes, default_tracing};

pub use builder::ObsBuilder;
pub use error::{InitError, ShutdownError};
pub use handle::Obs;
pub use owner::PageOwner;
