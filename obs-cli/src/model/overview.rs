//! The overview and one endpoint.

use super::{AlertRow, Label, RecordSummary, objects};

objects! {
    /// A service at a glance.
    Overview {
        endpoints: Vec<EndpointRow>,
        totals: Totals,
        alerts: Vec<AlertRow>,
        saturation: Vec<Saturation>,
        telemetry: Telemetry,
    }

    /// All requests.
    Totals {
        rate: Option<f64>,
        error_ratio: Option<f64>,
        in_flight: Option<f64>,
        requests: Option<f64>,
    }

    /// An endpoint over the window.
    EndpointRow {
        kind: String,
        method: String,
        endpoint: String,
        requests: Option<f64>,
        rate: Option<f64>,
        errors: Option<f64>,
        error_ratio: Option<f64>,
        p50: Option<f64>,
        p95: Option<f64>,
        p99: Option<f64>,
        in_flight: Option<f64>,
        budget_left: Option<f64>,
    }

    /// How full something is.
    Saturation {
        name: String,
        labels: Vec<Label>,
        value: Option<f64>,
        limit: Option<f64>,
        unit: String,
    }

    /// The telemetry's own health.
    Telemetry {
        lines_dropped: Option<f64>,
        spans_dropped: Option<f64>,
        series_dropped: Option<f64>,
        recorder_bytes: Option<f64>,
        recorder_limit: Option<f64>,
    }

    /// One endpoint.
    Endpoint {
        row: EndpointRow,
        head: Option<Percentiles>,
        statuses: Vec<StatusCount>,
        outcomes: Vec<OutcomeCount>,
        slowest: Vec<RecordSummary>,
        errors: Vec<RecordSummary>,
    }

    /// Percentiles in seconds.
    Percentiles {
        p50: Option<f64>,
        p95: Option<f64>,
        p99: Option<f64>,
    }

    /// Requests with one status.
    StatusCount {
        status: String,
        count: u64,
    }

    /// Requests with one outcome.
    OutcomeCount {
        outcome: String,
        count: u64,
    }
}
