//! The traffic of OpenTelemetry's HTTP conformance scenarios on axum, actix-web and reqwest: every
//! span and every series has the attributes that the
//! [stable conventions](https://opentelemetry.io/docs/specs/semconv/http/) 1.44 require and recommend,
//! and no others.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod client;
mod endings;
mod exchange;
mod expected;
mod metrics;
mod program;
mod pushed;
mod server;
mod wire;
