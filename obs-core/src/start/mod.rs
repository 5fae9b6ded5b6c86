//! Settings of an instance, and its start.

mod builder;
mod definition;
#[cfg(test)]
mod duration_tests;
mod global;
mod init;
mod install;
mod log_setters;
mod metrics_setters;
mod otlp_setters;
mod page_setters;
mod request_setters;
mod trace_setters;

pub use builder::ObsBuilder;
