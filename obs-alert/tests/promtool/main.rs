//! What a real promtool (Debian package `prometheus`) says to the rules, and whether its verdict on
//! replayed traffic is the one of the process.
#![expect(clippy::unwrap_used, reason = "helpers of tests are not seen as test code")]

mod agreement;
mod replay;
mod rules;
mod templates;
mod traffic;
