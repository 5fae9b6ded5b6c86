//! The table once more on the instance that `init` makes the process-wide default: a program of its
//! own, since a process has only one.

#![allow(
    clippy::expect_used,
    dead_code,
    reason = "tests: what can't go on fails the test; the adapter is shared with the program next door"
)]

#[path = "../axum/adapter.rs"]
mod adapter;

use obs_core::Obs;
use obs_tests::scenario::{Stage, Wire, check_in_turn, table};

use crate::adapter::Axum;

#[test]
fn every_row_is_seen_by_the_process_wide_default() {
    let stage = Stage::installed();
    assert!(
        check_in_turn(&Axum::PLAIN, Wire::H1, &table::all(), &stage) > 0,
        "no row applies"
    );
    assert!(
        check_in_turn(&Axum::PLAIN, Wire::H2, &table::endings(), &stage) > 0,
        "no row applies"
    );
    let again = Obs::builder("second").log_writer(std::io::sink()).init();
    assert!(again.is_err(), "a second `init` is an error");
}
