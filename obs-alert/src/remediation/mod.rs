//! What a process does itself about an alert: [`Remediation`].

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
