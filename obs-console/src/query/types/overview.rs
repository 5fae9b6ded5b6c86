//! The overview, and one endpoint.

use super::{
    alerts::AlertRow,
    common::Label,
    rows::RecordSummary,
    schema::{Time, objects, words},
};

words! {
    /// Which side of a request an endpoint is on.
    pub enum Side {
        /// Requests that the service answers.
        Server = "server",
        /// Outgoing requests.
        Client = "client",
    }
}

objects! {
    /// The service at a glance.
    pub struct Overview {
        /// Its endpoints.
        pub endpoints: Vec<EndpointRow>,
        /// All endpoints of the server together.
        pub totals: Totals,
        /// The alerts that fire.
        pub alerts: Vec<AlertRow>,
        /// How full pools, queues and the like are.
        pub saturation: Vec<Saturation>,
        /// The telemetry's own health.
        pub telemetry: Telemetry,
    }

    /// All requests that the service answers.
    pub struct Totals {
        /// Requests per second over the window.
        pub rate: f64,
        /// The share of those that failed, 0 to 1.
        pub error_ratio: Option<f64>,
        /// Requests that are being worked on.
        pub in_flight: u64,
        /// Requests within the window.
        pub requests: u64,
    }

    /// An endpoint over the window.
    pub struct EndpointRow {
        /// Which side of its requests it is.
        pub kind: Side,
        /// The method, from a closed set.
        pub method: String,
        /// The template of the route; of a client the target, else the host.
        pub endpoint: String,
        /// Requests within the window.
        pub requests: u64,
        /// Requests per second over the window.
        pub rate: f64,
        /// Requests that failed: server errors, panics, broken bodies; of a client also those answered with a 4xx.
        pub errors: u64,
        /// Their share of those that were not abandoned, 0 to 1.
        pub error_ratio: Option<f64>,
        /// The median of the durations in seconds.
        pub p50: Option<f64>,
        /// The 95th percentile of the durations in seconds.
        pub p95: Option<f64>,
        /// The 99th percentile of the durations in seconds.
        pub p99: Option<f64>,
        /// Requests that are being worked on; 0 where the convention's gauge has no endpoint.
        pub in_flight: u64,
        /// The share of the error budget that is left of the objective for this endpoint: 1 is whole.
        pub budget_left: Option<f64>,
        /// Its course over the window.
        pub spark: Spark,
    }

    /// The course of an endpoint.
    pub struct Spark {
        /// The time at which the first value begins.
        pub from: Time,
        /// The seconds from one value to the next.
        pub step: f64,
        /// Requests per second.
        pub rate: Vec<Option<f64>>,
        /// Errors per second.
        pub errors: Vec<Option<f64>>,
    }

    /// How full something is.
    pub struct Saturation {
        /// What is full: the name of a metric.
        pub name: String,
        /// The labels of its series.
        pub labels: Vec<Label>,
        /// How much of it is taken.
        pub value: f64,
        /// How much there is; `null` if there is no limit.
        pub limit: Option<f64>,
        /// The unit of both; empty for counts.
        pub unit: String,
    }

    /// The telemetry's own health. What is not measured is `null`.
    pub struct Telemetry {
        /// Log lines that were written.
        pub lines_written: Option<f64>,
        /// Log lines that were dropped.
        pub lines_dropped: Option<f64>,
        /// Spans that were exported.
        pub spans_exported: Option<f64>,
        /// Spans that were dropped.
        pub spans_dropped: Option<f64>,
        /// Spans that wait for their export.
        pub spans_queued: Option<f64>,
        /// Bytes in the flight recorder.
        pub recorder_bytes: Option<f64>,
        /// The most bytes of the flight recorder.
        pub recorder_limit: Option<f64>,
        /// Records that have given way in the flight recorder.
        pub recorder_evicted: Option<f64>,
        /// Scrapes of the metrics page.
        pub scrapes: Option<f64>,
        /// Series in the registry.
        pub series: Option<f64>,
        /// Series that were refused.
        pub series_dropped: Option<f64>,
    }

    /// One endpoint.
    pub struct Endpoint {
        /// The same as in the overview.
        pub row: EndpointRow,
        /// Its durations over time.
        pub heatmap: Heatmap,
        /// Its course.
        pub series: EndpointSeries,
        /// The percentiles of the time to the head of the response, of the records that are kept; `null` without any.
        pub head: Option<Percentiles>,
        /// Its requests by status.
        pub statuses: Vec<StatusCount>,
        /// Its requests by outcome; of the records that are kept, where the metrics have no outcome.
        pub outcomes: Vec<OutcomeCount>,
        /// The slowest records that are kept.
        pub slowest: Vec<RecordSummary>,
        /// The newest records that failed.
        pub errors: Vec<RecordSummary>,
    }

    /// Durations over time: how many requests each column has in each bucket.
    pub struct Heatmap {
        /// The time at which the first column begins.
        pub from: Time,
        /// The seconds of a column.
        pub step: f64,
        /// The upper bounds of the buckets in seconds; `null` for the last one, which has none.
        pub bounds: Vec<Option<f64>>,
        /// A list for each column with a count for each bucket.
        pub counts: Vec<Vec<u64>>,
        /// Single requests whose trace can be opened.
        pub exemplars: Vec<Exemplar>,
    }

    /// A request in a heatmap.
    pub struct Exemplar {
        /// When it ended.
        pub at: Time,
        /// Its duration in seconds.
        pub value: f64,
        /// Its trace.
        pub trace_id: String,
        /// Its span.
        pub span_id: String,
    }

    /// The course of an endpoint with its percentiles.
    pub struct EndpointSeries {
        /// The time at which the first value begins.
        pub from: Time,
        /// The seconds from one value to the next.
        pub step: f64,
        /// Requests per second.
        pub rate: Vec<Option<f64>>,
        /// Errors per second.
        pub errors: Vec<Option<f64>>,
        /// The median in seconds.
        pub p50: Vec<Option<f64>>,
        /// The 95th percentile in seconds.
        pub p95: Vec<Option<f64>>,
        /// The 99th percentile in seconds.
        pub p99: Vec<Option<f64>>,
    }

    /// Percentiles in seconds.
    pub struct Percentiles {
        /// The median.
        pub p50: Option<f64>,
        /// The 95th percentile.
        pub p95: Option<f64>,
        /// The 99th percentile.
        pub p99: Option<f64>,
    }

    /// Requests with one status.
    pub struct StatusCount {
        /// The status; empty where none was sent.
        pub status: String,
        /// How many.
        pub count: u64,
    }

    /// Requests with one outcome.
    pub struct OutcomeCount {
        /// The outcome.
        pub outcome: String,
        /// How many.
        pub count: u64,
    }
}
