//! The metrics page as it is served: by axum, by actix-web, on a listener of its own; to a real
//! Prometheus that wants native histograms; under attack and while everything records.
#![expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "a test that can't go on should stop; counts are exact"
)]

mod attack;
mod http;
mod native;
mod writers;
