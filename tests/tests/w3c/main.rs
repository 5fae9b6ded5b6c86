//! W3C Trace Context level 2 from end to end: what comes in through axum and actix-web, and what
//! leaves through reqwest, in the programs that the public suite is run against.
//!
//! The cases are those of that suite (<https://github.com/w3c/trace-context/tree/main/test>) at
//! strictness 2, and a few more, in our own words.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod case;
mod service;
mod several;
mod traceparent;
mod tracestate;
