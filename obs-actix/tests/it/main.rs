//! The middleware on actix-web: in the process where that will do, over TCP where the connection
//! matters.

#![allow(
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "test support: a helper that can't go on fails the test that called it; counts are exact"
)]

mod allocations;
mod connections;
mod context;
mod endings;
mod endpoints;
mod errors;
mod metrics_page;
mod requests;
mod support;
