//! [`AlertManager`]: evaluates rules, and notifies channels.

mod builder;
mod closures;
mod engine;
mod error;
mod file;
mod handle;
mod rule_evaluator;
mod service;
mod shared;
mod state_file;
mod status;
mod task;
mod telemetry;

#[cfg(test)]
mod tests;

pub(crate) use telemetry::Telemetry;

pub use {
    builder::AlertManagerBuilder,
    error::BuildError,
    handle::AlertManager,
    status::{RuleStatus, SloStatus},
};
