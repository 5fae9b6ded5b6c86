//! Metrics that go to another recorder of the `metrics` facade: `metrics-exporter-prometheus`, and one
//! that counts what is asked of it.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    reason = "tests: what can't go on fails the test; counts are exact"
)]

mod example;
mod handles;
mod pages;
