//! Conditions, evaluated from the history.
//!
//! A rule's selectors are resolved to aggregates once, when it comes; rules that ask for the same
//! share one. An evaluation reads a few totals for each rule, and allocates nothing for those that
//! don't fire.

mod measure;
mod plan;

pub(crate) use {
    measure::{Measured, Reading},
    plan::{Plan, Ratio},
};
