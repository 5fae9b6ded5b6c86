//! obs-actix through the whole stack: the scenario table and the stories over real HTTP/1.1 and
//! HTTP/2.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod adapter;
mod metrics_page;
mod otlp;
mod stories;
mod table;
