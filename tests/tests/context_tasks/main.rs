//! The request's context in other tasks and threads: lines and exemplars there carry its ids.
//!
//! And what answers tell of their trace.
//!
//! A program of its own: spawned tasks log to the process-wide subscriber and count in the
//! process-wide recorder.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod actix;
mod b3;
mod baggage;
mod stage;
mod tokio_tasks;
mod told;
