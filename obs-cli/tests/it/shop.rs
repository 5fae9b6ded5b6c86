//! A shop whose checkout fails, as its console describes it.

use serde_json::{Value, json};

use crate::mock::Mock;

pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The console of the shop.
pub(crate) fn console() -> Mock {
    Mock::console(|path| {
        let answer = match path.split('?').next().unwrap_or_default() {
            "overview" => json!({ "endpoints": [row("GET", "/", 50.0, 0.0), row("POST", "/checkout", 2.0, 0.5)],
                "totals": { "rate": 52.0, "error_ratio": 0.02, "in_flight": 3, "requests": 100 },
                "alerts": [], "saturation": [], "telemetry": {} }),
            "running" => json!({ "running": [], "stuck": 0, "total": 0 }),
            "errors" => json!([error()]),
            "diff" => json!({ "mode": "windows", "a": window(), "b": window(), "attributes": [], "versions": [],
                "endpoints": [{ "kind": "server", "method": "POST", "endpoint": "/checkout", "score": 0.9,
                                "a": { "rate": 1.0, "error_ratio": 0.5 }, "b": { "rate": 1.0, "error_ratio": 0.0 } }] }),
            path if path == format!("traces/{TRACE}") => trace(),
            _ => return None,
        };
        Some(answer.to_string())
    })
}

fn row(method: &str, endpoint: &str, rate: f64, error_ratio: f64) -> Value {
    json!({ "kind": "server", "method": method, "endpoint": endpoint, "rate": rate, "error_ratio": error_ratio,
            "errors": error_ratio * 10.0, "requests": 10, "p50": 0.01, "p95": 0.1, "p99": 0.2, "in_flight": 1 })
}

fn window() -> Value {
    json!({ "from": "2026-12-01T17:00:00.000Z", "to": "2026-12-01T17:10:00.000Z" })
}

fn record() -> Value {
    json!({ "kind": "request", "service": "shop", "request_id": "req-7", "trace_id": TRACE, "span_id": "a",
            "method": "POST", "endpoint": "/checkout", "ended": "2026-12-01T17:29:55.000Z", "duration": 0.25,
            "outcome": "server_error", "status": 500, "error_type": "CardError", "error": "card declined" })
}

fn error() -> Value {
    json!({ "fingerprint": "00000000000000ff", "kind": "request", "method": "POST", "endpoint": "/checkout",
            "error_type": "CardError", "error": "card \u{1b}[31mdeclined", "error_source": "timed out", "count": 3,
            "first": "2026-12-01T17:20:00.000Z", "last": "2026-12-01T17:29:55.000Z", "example": record() })
}

fn trace() -> Value {
    json!({ "trace_id": TRACE, "started": "2026-12-01T17:29:54.750Z", "duration": 0.25, "services": ["shop"],
            "records": [record()], "critical_path": ["a"], "unaccounted": 0.0, "open": [],
            "spans": [{ "service": "shop", "span_id": "a", "name": "POST /checkout", "offset": 0.0, "duration": 0.25,
                        "status": "error", "error": "card declined" }],
            "lines": [{ "at": "2026-12-01T17:29:54.990Z", "level": "WARN", "service": "shop", "target": "shop::pay",
                        "message": "the bank did not answer", "fields": [] }] })
}
