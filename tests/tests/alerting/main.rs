//! Alerts of the process against a real Alertmanager, over real sockets, beside real requests.
#![expect(clippy::unwrap_used, reason = "tests: what can't go on fails the test")]

mod alertmanager;
mod hook;
mod https;
mod layer;
mod mail;
mod shop;
