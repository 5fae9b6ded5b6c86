//! Two versions of `opentelemetry` in one program: nobody can tell at run time, so it is shown here what
//! happens, and that the command in the documentation of `obs_core::otel` finds it.
//!
//! This package depends on an older version for that purpose alone.

#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use obs_core::{
    Obs, context,
    otel::opentelemetry::{
        self as current,
        trace::{Span as _, TraceContextExt as _, Tracer as _},
    },
    trace,
};
use obs_tests::{DEADLINE, backends::workspace, logs::LogBuffer, otlp::Receiver, process};
use opentelemetry_before::{
    self as before,
    trace::{Span as _, TraceContextExt as _, Tracer as _},
};

/// What `cargo tree --duplicates` says of OpenTelemetry, with these arguments.
fn duplicates(arguments: &[&str]) -> Vec<String> {
    let output = process::cargo()
        .args(["tree", "--duplicates", "--depth", "0", "--locked", "--offline"])
        .args(arguments)
        .current_dir(workspace())
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("opentelemetry"))
        .map(str::to_owned)
        .collect();
    lines.dedup();
    lines
}

#[test]
fn spans_of_another_version_go_nowhere_and_nothing_can_say_so() {
    let receiver = Receiver::start();
    let lines = LogBuffer::new();
    let obs = Obs::builder("skew")
        .otlp_endpoint(receiver.endpoint())
        .log_writer(lines.clone())
        .init();
    let obs = obs.expect("valid settings, and the only test of this program that installs them");
    context::run_new(|| {
        trace::in_span_blocking("request", || {
            let theirs = before::global::tracer("their library").start("query of another version");
            assert!(!theirs.span_context().is_valid(), "their version has no provider");
            assert!(
                !before::Context::current().has_active_span(),
                "their version doesn't see our span"
            );
            let ours = current::global::tracer("their library").start("query of the same version");
            assert!(ours.span_context().is_valid() && current::Context::current().has_active_span());
        });
    });
    obs.shutdown(DEADLINE).expect("a collector that works");
    let mut names: Vec<_> = receiver.spans().iter().map(|span| span.span.name.clone()).collect();
    names.sort();
    assert_eq!(names, ["query of the same version", "request"]);
    assert!(lines.json_lines().is_empty(), "neither version knows of the other");
}

#[test]
fn the_command_of_the_documentation_finds_two_versions() {
    let found = duplicates(&["--package", "obs-tests"]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("opentelemetry v0.32") && found[1].starts_with("opentelemetry v0.33"),
        "{found:?}"
    );
}

#[test]
fn our_own_crates_bring_one_version() {
    for package in ["obs-core", "obs-axum", "obs-actix", "obs-reqwest"] {
        assert_eq!(
            duplicates(&["--package", package, "--all-features"]),
            [""; 0],
            "{package}"
        );
    }
}
