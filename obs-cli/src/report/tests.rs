//! Reports of answers as a console sends them; `{}` stands for what is not looked at.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::{
    model::{Alerts, Difference, Endpoint, EndpointRow, ErrorRow, Line, Overview, RunningList, Trace},
    text::{plain, width_of},
};

const NOW: &str = "2026-12-01T17:30:00.000Z";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn text(rows: &[Row]) -> String {
    let lines: Vec<_> = rows.iter().map(plain).collect();
    lines.join("\n")
}

fn record() -> Value {
    json!({
        "kind": "request", "service": "shop", "request_id": "req-7", "trace_id": TRACE, "span_id": "00f067aa0ba902b7",
        "method": "POST", "endpoint": "/checkout", "path": "/checkout", "ended": "2026-12-01T17:29:55.000Z",
        "duration": 0.25, "outcome": "server_error", "status": 500, "error_type": "shop::CardError",
        "error": "card declined", "error_source": "timed out after 200ms",
    })
}

fn example_trace() -> Trace {
    read(json!({
        "trace_id": TRACE, "started": "2026-12-01T17:29:54.750Z", "duration": 0.25, "services": ["shop", "bank"],
        "records": [record()],
        "spans": [
            { "service": "shop", "span_id": "a", "parent_id": "unknown", "name": "POST /checkout", "offset": 0.0,
              "duration": 0.25, "status": "error", "outcome": "server_error", "error": "card declined" },
            { "service": "bank", "span_id": "b", "parent_id": "a", "name": "pay", "offset": 0.05, "duration": 0.2,
              "status": "unset", "outcome": null, "error": null, "is_running": true },
        ],
        "critical_path": ["a"], "unaccounted": 0.05,
        "lines": [{ "at": "2026-12-01T17:29:54.990Z", "level": "WARN", "service": "shop", "target": "shop::pay",
                    "message": "retrying", "fields": [{ "key": "attempt", "value": 2 }], "trace_id": TRACE }],
    }))
}

#[test]
fn a_trace_shows_where_the_time_went_and_why_it_failed() {
    assert_eq!(
        text(&trace(&example_trace(), 100)),
        "\
trace 4bf92f3577b34da6a3ce929d0e0e4736  17:29:54.750  250ms  bank, shop"
            .replace("bank, shop", "shop, bank")
            + "
50ms of the first span are in none of its children
shop: POST /checkout #################################   250ms card declined
  bank: pay          ······===========================   200ms…
# on the critical path, = beside it

POST /checkout ended as server_error 500
  shop::CardError
  card declined
  because timed out after 200ms

lines
17:29:54.990 WARN  shop shop::pay: retrying attempt=2"
    );
}

#[test]
fn errors_are_shown_with_their_newest_example() {
    let errors_of: Vec<ErrorRow> = read(json!([{
        "fingerprint": "00000000000000ff", "kind": "request", "method": "POST", "endpoint": "/checkout",
        "error_type": "shop::CardError", "error": "card declined", "error_source": "timed out", "count": 3,
        "first": "2026-12-01T17:20:00.000Z", "last": "2026-12-01T17:29:55.000Z", "example": record(),
    }]));
    assert_eq!(
        text(&errors(&errors_of, NOW, 100)),
        "\
COUNT  LAST    WHERE           ERROR          GROUP
    3  5s ago  POST /checkout  card declined  00000000000000ff

POST /checkout: shop::CardError
  card declined
  because timed out
  3 since 17:20:00.000, last 5s ago
  example: trace 4bf92f3577b34da6a3ce929d0e0e4736, request req-7"
    );
    assert_eq!(text(&errors(&[], NOW, 100)), "no errors are kept");
}

#[test]
fn what_is_stuck_is_shown_with_its_last_line() {
    let list: RunningList = read(json!({ "stuck": 1, "total": 2, "running": [
        { "kind": "request", "method": "GET", "endpoint": "/slow", "age": 65.2, "p99": 0.2, "stuck": true,
          "phase": "waiting", "since_poll": 40.0, "open_spans": ["db", "lock"], "trace_id": TRACE,
          "last_line": { "at": NOW, "level": "INFO", "target": "shop", "message": "waiting for a lock", "fields": [] } },
        { "kind": "job", "method": "", "endpoint": "cleanup", "age": 0.5, "p99": null, "stuck": false,
          "phase": "waiting", "since_poll": 0.0, "open_spans": [], "trace_id": "ab" },
    ]}));
    assert_eq!(
        text(&running(&list, 100)),
        "   AGE    P99  WHAT       PHASE           IN    TRACE
1m 05s  200ms  GET /slow  waiting 40.00s  lock  4bf92f3577b34da6a3ce929d0e0e4736
 500ms      -  cleanup    waiting               ab
last line of GET /slow: 17:30:00.000 INFO  shop: waiting for a lock
2 running, 1 stuck"
    );
}

#[test]
fn endpoints_of_several_services_have_their_names() {
    let row: EndpointRow = read(json!({
        "kind": "server", "method": "GET", "endpoint": "/orders/{id}", "requests": 10, "rate": 1.5, "errors": 1,
        "error_ratio": 0.1, "p50": 0.002, "p95": 0.1, "p99": 0.2, "in_flight": 3, "budget_left": -0.5,
    }));
    let rows = [ServiceRow {
        service: "shop".to_owned(),
        row,
    }];
    assert_eq!(
        text(&endpoints(&rows, true, 100)),
        "\
SERVICE  ENDPOINT          RATE/s  ERRORS    P50    P95    P99  RUNNING  BUDGET
shop     GET /orders/{id}     1.5     10%  2.0ms  100ms  200ms        3    -50%"
    );
    assert!(
        text(&endpoints(&rows, true, 60))
            .lines()
            .all(|line| width_of(line) <= 60)
    );
    let overview: Overview = read(json!({ "totals": { "rate": 2.0, "error_ratio": 0.5, "in_flight": 1 },
        "alerts": [{ "name": "a" }], "telemetry": { "lines_dropped": 3.0, "spans_dropped": 0.0 } }));
    assert_eq!(
        plain(&totals("shop", &overview)),
        "shop  2.0/s  50% errors  1 running  1 alert firing  3 lines dropped"
    );
}

#[test]
fn an_endpoint_shows_how_its_requests_end() {
    let of: Endpoint = read(json!({ "row": { "method": "GET", "endpoint": "/" },
        "statuses": [{ "status": "200", "count": 5 }, { "status": "", "count": 1 }],
        "outcomes": [{ "outcome": "ok", "count": 5 }], "head": { "p50": 0.1, "p99": 0.2 }, "errors": [record()] }));
    let (rows, traces) = endpoint(&of, 100);
    assert!(
        traces
            .iter()
            .all(|(row, trace)| plain(&rows[*row]).contains("server_error") && trace == TRACE)
    );
    assert_eq!(traces.len(), 1);
    let shown = text(&rows);
    for part in [
        "statuses: 200 5, none 1",
        "outcomes: ok 5",
        "p50 100ms, p99 200ms",
        "failed\nENDED",
    ] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn a_difference_names_both_sides() {
    let window = json!({ "from": "2026-12-01T17:00:00.000Z", "to": "2026-12-01T17:10:00.000Z" });
    let of: Difference = read(json!({ "mode": "windows", "a": window, "b": window,
        "endpoints": [{ "kind": "server", "method": "GET", "endpoint": "/", "score": 0.5,
            "a": { "rate": 1.0, "error_ratio": 0.1, "p50": 0.1, "p99": 0.9 },
            "b": { "rate": 2.0, "error_ratio": 0.0, "p50": 0.1, "p99": 0.3 } }],
        "attributes": [{ "key": "customer", "value": "acme", "a_share": 0.9, "b_share": 0.1, "a_count": 9, "b_count": 1 }],
    }));
    assert_eq!(
        text(&difference(&of, 100)),
        "\
17:00:00.000 to 17:10:00.000 (now) against 17:00:00.000 to 17:10:00.000 (before)

ENDPOINT  RATE/s  BEFORE  ERRORS  BEFORE    P50  BEFORE    P99  BEFORE
GET /        1.0     2.0     10%      0%  100ms   100ms  900ms   300ms

attributes: share of the requests, now and before
KEY       VALUE  SHARE  BEFORE  REQUESTS
customer  acme     90%     10%         9"
    );
    let none: Difference = read(json!({ "mode": "slow", "a": window, "b": window }));
    assert!(text(&difference(&none, 100)).ends_with("no difference"));
}

#[test]
fn alerts_are_shown_with_what_to_do() {
    let of: Alerts = read(json!({ "available": true, "alerts": [{
        "name": "HighErrors", "state": "firing", "severity": "critical", "since": "2026-12-01T17:25:00.000Z",
        "value": 0.2, "summary": "Checkout fails", "runbook": "1. Look at the bank.\n2. Call them.",
        "runbook_url": "https://wiki/x", "labels": [{ "key": "endpoint", "value": "/checkout" }] }],
        "slos": [{ "name": "checkout", "objective": 0.9995, "window": "30d", "error_ratio": 0.001, "budget_left": 0.5,
                   "burn_rates": [{ "window": "1h", "rate": 14.4 }] }] }));
    assert_eq!(
        text(&alerts(&of, NOW)),
        "\
firing HighErrors (critical, 5m 00s ago) Checkout fails [0.200]
  endpoint=/checkout
  1. Look at the bank.
  2. Call them.
  runbook: https://wiki/x"
    );
    assert_eq!(
        text(&slos(&of.slos, 100)),
        "\
OBJECTIVE    GOAL  WINDOW    BAD  BUDGET LEFT  BURN RATE
checkout   99.95%  30d     0.10%          50%  14.400 over 1h"
    );
    assert!(text(&alerts(&Alerts::default(), NOW)).contains("no alerts itself"));
}

#[test]
fn no_report_repeats_a_command_to_the_terminal() {
    let evil = "\u{1b}[2J\u{202e}\n\u{9b}31m";
    let mut all = serde_json::to_string(&json!([record()])).unwrap();
    for word in [
        "req-7",
        TRACE,
        "POST",
        "/checkout",
        "server_error",
        "card declined",
        "timed out after 200ms",
    ] {
        all = all.replace(
            word,
            &evil
                .escape_default()
                .to_string()
                .replace("\\u{1b}", "\\u001b")
                .replace("\\u{202e}", "\\u202e")
                .replace("\\u{9b}", "\\u009b"),
        );
    }
    let list: Vec<crate::model::RecordSummary> = serde_json::from_str(&all).unwrap();
    assert_eq!(list[0].method, evil);
    let mut trace_of = example_trace();
    trace_of.records.clone_from(&list);
    trace_of.spans[0].name = evil.to_owned();
    trace_of.spans[0].error = Some(evil.to_owned());
    trace_of.lines[0] = Line {
        message: evil.to_owned(),
        target: evil.to_owned(),
        level: evil.to_owned(),
        ..Line::default()
    };
    trace_of.services = vec![evil.to_owned()];
    for row in records(&list, 80).iter().chain(&trace(&trace_of, 80)) {
        for piece in row {
            assert!(
                !piece.text.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\n']),
                "{piece:?}"
            );
        }
    }
}
