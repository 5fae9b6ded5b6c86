//! gRPC through the layer: tonic's own server and client over HTTP/2.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test; counts are exact"
)]

mod answers;
mod calls;
mod client;
mod client_reqwest;
mod client_scripted;
mod methods;
mod orders;
mod scripted;
mod stage;
mod web;
