//! What runs, what has ended, lines, errors.

use serde_json::Value;

use super::objects;

objects! {
    /// What is running.
    RunningList {
        running: Vec<Running>,
        stuck: usize,
        total: usize,
    }

    /// A request, call, upgrade or job that is running.
    Running {
        kind: String,
        request_id: String,
        trace_id: String,
        span_id: String,
        method: String,
        endpoint: String,
        path: String,
        started: String,
        age: Option<f64>,
        p99: Option<f64>,
        stuck: bool,
        phase: String,
        status: Option<u16>,
        since_poll: Option<f64>,
        open_spans: Vec<String>,
        last_line: Option<Line>,
    }

    /// A request, call, upgrade or job that has ended.
    RecordSummary {
        kind: String,
        service: String,
        request_id: String,
        trace_id: String,
        span_id: String,
        parent_id: Option<String>,
        method: String,
        endpoint: String,
        path: String,
        started: String,
        ended: String,
        duration: Option<f64>,
        outcome: String,
        status: Option<u16>,
        error_type: Option<String>,
        error: Option<String>,
        error_source: Option<String>,
        fingerprint: Option<String>,
    }

    /// A log line.
    Line {
        seq: Option<u64>,
        at: String,
        level: String,
        service: String,
        target: String,
        message: String,
        fields: Vec<Field>,
        request_id: Option<String>,
        trace_id: Option<String>,
        span_id: Option<String>,
        held: bool,
        text: String,
    }

    /// A field of a line, or an attribute of a span.
    Field {
        key: String,
        value: Value,
    }

    /// Errors of one kind.
    ErrorRow {
        fingerprint: String,
        kind: String,
        method: String,
        endpoint: String,
        error_type: String,
        error: Option<String>,
        error_source: Option<String>,
        count: u64,
        first: String,
        last: String,
        example: RecordSummary,
    }
}
