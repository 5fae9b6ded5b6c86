//! Actions that alerts start: [`Remediation`]. The `runner` starts their threads, within the limits that `runs` checks.

mod action;
mod config;
mod runner;
mod runs;

#[cfg(test)]
mod tests;

pub use config::Remediation;
pub(crate) use {
    runner::{Run, Runner},
    runs::{Runs, SavedRuns},
};
