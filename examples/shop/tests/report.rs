//! What `shop --requests` promises.
#![expect(clippy::unwrap_used, reason = "helpers of tests are not seen as test code")]

use std::{
    collections::BTreeSet,
    net::TcpListener,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A round of the visitors: every kind of request occurs.
const ROUND: &str = "20";

fn shop(args: &[&str], collector: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command
        .args(["--port", "0", "--requests", ROUND])
        .args(args)
        .env_remove("RUST_LOG");
    match collector {
        Some(url) => command.env("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        None => command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT"),
    };
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn report() -> Value {
    // Fails if there is anything else on standard output.
    serde_json::from_slice(&shop(&["--json"], None).stdout).unwrap()
}

fn sum(routes: &Value, service: &str, column: &str) -> u64 {
    let rows = routes
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["service"] == service);
    rows.map(|row| row[column].as_u64().unwrap()).sum()
}

#[test]
fn every_request_is_in_the_table_exactly_once() {
    let routes = &report()["routes"];
    assert_eq!(sum(routes, "storefront", "requests"), 20, "{routes}");
    // A bank that doesn't answer and a panic, as the visitors' services see them.
    assert_eq!(sum(routes, "storefront", "errors"), 2, "{routes}");
    assert_eq!(sum(routes, "orders", "errors"), 2, "{routes}");
    assert_eq!(sum(routes, "payments", "errors"), 1, "{routes}");
    for row in routes.as_array().unwrap() {
        assert!(
            row["p50_ms"].as_f64() <= row["p99_ms"].as_f64() && row["p50_ms"].is_number(),
            "{row}"
        );
    }
}

#[test]
fn a_trace_is_shown_through_all_services() {
    let trace = &report()["trace"];
    let lines = trace["lines"].as_array().unwrap();
    assert!(
        lines.iter().all(|line| line["trace_id"] == trace["trace_id"]),
        "{trace}"
    );
    let services: BTreeSet<&str> = lines.iter().filter_map(|line| line["service"].as_str()).collect();
    assert_eq!(services, BTreeSet::from(["orders", "payments", "storefront"]));
}

#[test]
fn the_text_has_the_columns_of_the_table_and_the_lines_of_the_trace() {
    let text = String::from_utf8(shop(&[], None).stdout).unwrap();
    let columns: Vec<&str> = text.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        columns,
        [
            "service", "method", "endpoint", "requests", "errors", "p50_ms", "p99_ms"
        ]
    );
    assert!(
        text.lines()
            .any(|line| line.starts_with('{') && serde_json::from_str::<Value>(line).is_ok()),
        "{text}"
    );
}

#[test]
fn a_collector_that_never_answers_does_not_hold_up_the_end() {
    // Connections are made by the system and never accepted.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let started = Instant::now();
    shop(&["--json"], Some(&format!("http://{}", silent.local_addr().unwrap())));
    // The requests take about one second; the end may take five.
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}
