//! A trace.

use super::{Field, Line, RecordSummary, Running, objects};

objects! {
    /// A trace, as far as it is known.
    Trace {
        trace_id: String,
        started: String,
        duration: f64,
        services: Vec<String>,
        records: Vec<RecordSummary>,
        spans: Vec<Span>,
        lines: Vec<Line>,
        critical_path: Vec<String>,
        unaccounted: Option<f64>,
        open: Vec<Running>,
    }

    /// A span.
    Span {
        service: String,
        span_id: String,
        parent_id: Option<String>,
        name: String,
        kind: String,
        offset: f64,
        duration: f64,
        self_time: Option<f64>,
        status: String,
        outcome: Option<String>,
        error: Option<String>,
        attributes: Vec<Field>,
        events: Vec<SpanEvent>,
        is_running: bool,
    }

    /// An event of a span.
    SpanEvent {
        at: String,
        name: String,
        attributes: Vec<Field>,
    }
}

// === impl Span ===

impl Span {
    /// Whether the work has failed.
    pub(crate) fn has_failed(&self) -> bool {
        let failed = ["server_error", "panic", "body_error"];
        self.status == "error" || self.outcome.as_deref().is_some_and(|outcome| failed.contains(&outcome))
    }
}
