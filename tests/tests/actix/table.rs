//! The rows, each on an instance of its own.

use obs_tests::scenario::{Scenario, Stage, Wire, check_all, table};

use crate::adapter::Actix;

fn check(wire: Wire, rows: &[Scenario]) {
    assert!(check_all(&Actix, wire, rows, Stage::in_memory) > 0, "no row applies");
}

#[test]
fn endings_over_h1() {
    check(Wire::H1, &table::endings());
}

#[test]
fn endings_over_h2() {
    check(Wire::H2, &table::endings());
}

#[test]
fn heads_over_h1() {
    check(Wire::H1, &table::heads());
}

#[test]
fn heads_over_h2() {
    check(Wire::H2, &table::heads());
}

#[test]
fn routing_over_h1() {
    check(Wire::H1, &table::routing());
}

#[test]
fn routing_over_h2() {
    check(Wire::H2, &table::routing());
}

#[test]
fn identity_over_h1() {
    check(Wire::H1, &table::identity());
}

#[test]
fn identity_over_h2() {
    check(Wire::H2, &table::identity());
}

#[test]
fn bad_input_over_h1() {
    check(Wire::H1, &table::bad_input());
}

#[test]
fn bad_input_over_h2() {
    check(Wire::H2, &table::bad_input());
}

#[test]
fn fields_over_h1() {
    check(Wire::H1, &table::fields());
}

#[test]
fn fields_over_h2() {
    check(Wire::H2, &table::fields());
}

#[test]
fn errors_over_h1() {
    check(Wire::H1, &table::errors());
}

#[test]
fn errors_over_h2() {
    check(Wire::H2, &table::errors());
}
