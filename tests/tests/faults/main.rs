//! A collector that misbehaves costs spans, which are counted, and nothing else: no latency, no memory,
//! no restart, no time at shutdown.
//!
//! Collectors stand behind real sockets: scripts of ours, and `rotel`, a collector that nobody here
//! wrote. The same at full speed, for as long as one likes:
//!
//! ```text
//! cargo run --release -p obs-tests --example collector_load -- --seconds 60
//! ```

#![allow(
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests: what can't go on fails the test; the figures are told, also where they are good"
)]

mod collector;
mod comes_back;
mod endures;
mod rotel;
mod service;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Times are measured here: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
