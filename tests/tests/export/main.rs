//! Spans on their way to a collector that has limits, a will of its own, or no time.
//!
//! Each service is a process of its own, since the environment says how it exports.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

mod refusals;
mod service;
mod sizes;
