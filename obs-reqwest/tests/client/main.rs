//! The middleware against servers on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test says what is wrong by failing; counts are exact"
)]

mod allocations;
mod bodies;
mod endings;
mod propagation;
mod settings;
mod support;
