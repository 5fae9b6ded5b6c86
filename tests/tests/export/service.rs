//! A service in a process of its own: this program again.

use std::{env, process::Command};

use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt as _;
use http::Request;
use obs_axum::ObsLayer;
use obs_core::{Obs, logs::LogFormat, metrics::Format, trace};
use obs_tests::{DEADLINE, otlp::Receiver};
use tower::Service as _;

/// Bytes of the attributes of each request's span: set in the processes that are tested.
const SIZES: &str = "OBS_TEST_SIZES";
/// The two protocols.
pub(crate) const PROTOCOLS: [&str; 2] = ["http/protobuf", "grpc"];

/// Handles a request for each of the sizes and shuts down.
#[test]
fn child() {
    let Ok(sizes) = env::var(SIZES) else { return };
    let obs = Obs::builder("child")
        .log_format(LogFormat::Json)
        .init()
        .expect("valid settings");
    let app = Router::new()
        .route(
            "/{bytes}",
            get(async |path: axum::extract::Path<usize>| trace::set_attribute("big", "x".repeat(path.0))),
        )
        .layer(ObsLayer::new().obs(&obs));
    let mut app = app.into_service::<Body>();
    for bytes in sizes.split(',') {
        let request = Request::get(format!("/{bytes}"))
            .body(Body::empty())
            .expect("a request");
        app.call(request)
            .now_or_never()
            .expect("no waiting")
            .expect("an answer");
    }
    println!("shutdown: {:?}", obs.shutdown(DEADLINE));
    println!("{}", String::from_utf8_lossy(&obs.registry().render(Format::Text)));
}

/// Runs a service whose spans have these sizes, and returns what it wrote.
pub(crate) fn run(receiver: &Receiver, protocol: &str, sizes: &[usize], set: &[(&str, &str)]) -> String {
    let sizes: Vec<_> = sizes.iter().map(ToString::to_string).collect();
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    command
        .args(["--exact", "service::child", "--nocapture"])
        .env(SIZES, sizes.join(","));
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("OTEL_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    // As large as it has to be: what is tested is what comes after the limit.
    command
        .env("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100000000")
        .env("RUST_LOG", "obs=info,obs::request=off");
    let output = command
        .envs(set.iter().copied())
        .output()
        .expect("this program can be started");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{text}");
    text
}

/// What was lost, by reason.
pub(crate) fn lost(output: &str) -> Vec<(&str, &str)> {
    let counts = output
        .lines()
        .filter_map(|line| line.strip_prefix("obs_spans_dropped_total{reason=\""));
    counts
        .filter_map(|count| count.split_once("\"} "))
        .filter(|(_, count)| *count != "0")
        .collect()
}

/// The line about a loss.
pub(crate) fn told(output: &str) -> &str {
    output
        .lines()
        .find(|line| line.contains("spans could not be exported"))
        .expect("a warning")
}
