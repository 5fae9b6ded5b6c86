//! obs-axum through the whole stack: the scenario table and the stories over real HTTP/1.1 and HTTP/2.

#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test; counts are exact"
)]

mod adapter;
mod context;
mod hyper;
mod metrics_page;
mod nested;
mod notices;
mod otlp;
mod places;
mod state;
mod stories;
mod table;
mod tower_http;
