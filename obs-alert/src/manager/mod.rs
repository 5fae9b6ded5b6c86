//! [`AlertManager`]: evaluates rules, and notifies channels.
//!
//! The handle and its builder lock one `shared` state, whose `engine` has a `rule_evaluator` for each rule. The
//! `task` is the thread that evaluates at each interval; closures of the application run outside of the lock
//! (`closures`).

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
