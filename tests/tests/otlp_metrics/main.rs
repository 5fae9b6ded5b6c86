//! Metrics that are pushed to a collector by OTLP: names and attributes of the HTTP conventions,
//! whatever the page has, over HTTP and gRPC, and what a collector that misbehaves costs.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod application;
mod client;
mod collector;
mod environment;
mod server;
mod service;
