use serde_json::json;

use super::*;
use crate::text::plain;

fn text(opened: &Opened) -> String {
    let lines: Vec<_> = rows(opened, 80).iter().map(plain).collect();
    lines.join("\n")
}

fn span(id: &str, parent: &str, name: &str, from: u64, to: u64) -> Value {
    json!({ "traceId": "AB", "spanId": id, "parentSpanId": parent, "name": name,
            "startTimeUnixNano": (1_700_000_000_000_000_000 + from * 1_000_000).to_string(),
            "endTimeUnixNano": (1_700_000_000_000_000_000 + to * 1_000_000).to_string() })
}

fn export(spans: &[Value]) -> String {
    let service = json!([{ "key": "service.name", "value": { "stringValue": "shop" } }]);
    json!({ "resourceSpans": [{ "resource": { "attributes": service }, "scopeSpans": [{ "spans": spans }] }] })
        .to_string()
}

#[test]
fn an_exported_trace_is_shown_in_order() {
    let mut failed = span("c", "a", "pay", 20, 90);
    failed["status"] = json!({ "code": 2, "message": "card declined" });
    let spans = [
        failed,
        span("a", "", "POST /checkout", 0, 100),
        span("b", "a", "load", 5, 20),
    ];
    let opened = open(&export(&spans)).unwrap();
    assert_eq!(
        text(&opened),
        "\
trace ab  22:13:20.000  100ms  shop
POST /checkout ==========================   100ms
  load         ·====·····················    15ms
  pay          ·····==================···    70ms card declined"
    );
    assert_eq!(opened.rows.len(), 3);
    assert_eq!(ask::verdict_of(&opened.traces[0]), Verdict::Wrong);
}

#[test]
fn a_file_may_have_several_messages() {
    let text = format!(
        "{}\n{}\n",
        export(&[span("a", "", "one", 0, 1)]),
        export(&[span("b", "a", "two", 0, 1)])
    );
    let opened = open(&text).unwrap();
    assert_eq!((opened.traces.len(), opened.traces[0].spans.len()), (1, 2));
}

#[test]
fn circles_of_parents_and_odd_times_are_shown_once() {
    let mut odd = span("e", "e", "own parent", 0, 1);
    odd["startTimeUnixNano"] = json!("not a number");
    let spans = [
        span("a", "b", "x", 5, 1),
        span("b", "a", "y", 0, 1),
        span("c", "gone", "z", 0, 1),
        odd,
    ];
    let opened = open(&export(&spans)).unwrap();
    let shown = text(&opened);
    for name in ["x ", "y ", "z ", "own parent "] {
        let rows = shown.lines().filter(|line| line.trim_start().starts_with(name));
        assert_eq!(rows.count(), 1, "{name}: {shown}");
    }
}

#[test]
fn a_saved_view_shows_its_trace() {
    let trace = json!({ "trace_id": "ab", "started": "2026-12-01T17:29:54.750Z", "duration": 0.1, "services": ["shop"],
                        "spans": [{ "span_id": "a", "name": "GET </script>", "duration": 0.1 }], "lines": [] });
    let view = json!({ "obs": 1, "path": "/trace/ab", "saved": "2026-12-01T17:30:00.000Z",
                       "answers": { "traces/ab": { "api": 1, "data": trace }, "session": { "api": 1, "data": {} } } });
    let data = view.to_string().replace('<', "\\u003c");
    let html = format!("<!doctype html>\n<script type=\"application/json\" id=\"obs-data\">{data}</script>\n<p>");
    let opened = open(&html).unwrap();
    let shown = text(&opened);
    assert!(
        shown.starts_with("/trace/ab, saved at 2026-12-01T17:30:00.000Z\ntrace ab"),
        "{shown}"
    );
    assert!(shown.contains("GET </script>"), "{shown}");
}

#[test]
fn what_has_no_trace_is_said() {
    for (text, why) in [
        ("", "no trace"),
        ("{}", "not OTLP JSON"),
        ("hello", "not OTLP JSON"),
        ("{\"resourceSpans\":[]}", "no trace"),
        ("<html></html>", "not saved by a console"),
        ("<script id=\"obs-data\">{\"obs\":1", "ends within the data"),
        (
            "<script id=\"obs-data\">{\"obs\":2,\"answers\":{}}</script>",
            "version 2",
        ),
        (
            "<script id=\"obs-data\">{\"obs\":1,\"path\":\"/logs\",\"answers\":{}}</script>",
            "of the page /logs",
        ),
    ] {
        let error = open(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}
