//! Conditions, evaluated from the history.
//!
//! The inputs of a rule's [`Query`](obs_rules::query::Query) are resolved to aggregates once, when the rule is added; rules
//! that read the same share one. An evaluation reads a few totals for each rule, and allocates nothing for those that
//! have one value.

mod expected;
mod plan;

#[cfg(test)]
mod tests;

pub(crate) use expected::{Evidence, Expected};
pub(crate) use plan::{Plan, Read, Resolved, key};
