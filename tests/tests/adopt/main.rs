//! Programs as an adopter would write them, each a package outside of this workspace in `tests/adopt`: built with
//! the features that it asks for and no others, run, and compared with golden texts.
//!
//! A golden text `tests/adopt/PACKAGE/expected/CASE.txt` begins with the command: `$ VARIABLE=value PACKAGE argument`.
//! The rest is what the command prints; what differs from run to run is replaced by a word. A new case is a file with
//! the first line alone; `UPDATE_GOLDEN=1 cargo test -p obs-tests --test adopt` writes the rest.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test"
)]

mod case;
mod package;

use std::{collections::BTreeSet, fs};

use obs_tests::backends::workspace;

use crate::package::Package;

/// A test for each package, and the list of them.
macro_rules! packages {
    ($($test:ident $package:literal,)*) => {
        const PACKAGES: &[&str] = &[$($package),*];

        $(
            #[test]
            fn $test() {
                Package::build($package).check();
            }
        )*
    };
}

packages! {
    client_worker "client-worker",
    consumer "consumer",
    handler_test "handler-test",
    old_opentelemetry "old-opentelemetry",
    opentelemetry_globals "opentelemetry-globals",
    own_subscriber "own-subscriber",
    quick_start "quick-start",
    reqwest_012 "reqwest-012",
    tonic_service "tonic-service",
    two_instances "two-instances",
    wrong_features "wrong-features",
}

#[test]
fn each_package_has_a_test() {
    let tested: BTreeSet<_> = PACKAGES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(package::on_disk(), tested);
}

/// A reader who copies both blocks has a program that compiles.
#[test]
fn the_quick_start_of_the_readme_is_that_package() {
    let read = |path: &str| fs::read_to_string(workspace().join(path)).unwrap();
    let (readme, manifest) = (read("README.md"), read("tests/adopt/quick-start/Cargo.toml"));
    let dependencies = &manifest[manifest.find("[dependencies]").unwrap()..];
    for block in [
        format!("```toml\n{dependencies}```\n"),
        format!("```rust,no_run\n{}```\n", read("tests/adopt/quick-start/src/main.rs")),
    ] {
        assert!(readme.contains(&block), "README.md has to have the block\n{block}");
    }
}
