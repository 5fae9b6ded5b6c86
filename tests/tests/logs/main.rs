//! Logs from end to end: through an axum service, to a collector, to the end of a process.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod app;
mod endings;
mod leaks;
mod otlp;
mod request_fields;
mod span_filter;
mod tracing_span;
