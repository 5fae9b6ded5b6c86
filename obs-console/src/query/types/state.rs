//! Metrics, the runtime, the session and what is different.

use super::{
    common::{Label, Points, Window},
    overview::Side,
    schema::{Time, objects},
};

objects! {
    /// A metric in the list of all.
    pub struct MetricRow {
        /// Its name.
        pub name: String,
        /// `counter`, `gauge`, `histogram`, `summary` or `info`.
        pub r#type: String,
        /// Its unit; empty for counts.
        pub unit: String,
        /// What it measures.
        pub help: String,
        /// The number of its series.
        pub series: usize,
    }

    /// A metric with its series.
    pub struct Metric {
        /// Its name.
        pub name: String,
        /// `counter`, `gauge`, `histogram`, `summary` or `info`.
        pub r#type: String,
        /// Its unit; empty for counts.
        pub unit: String,
        /// What it measures.
        pub help: String,
        /// Queries of Prometheus for it.
        pub promql: Vec<String>,
        /// Its series.
        pub series: Vec<Series>,
    }

    /// A series.
    pub struct Series {
        /// Its labels.
        pub labels: Vec<Label>,
        /// Its value; `null` for histograms and summaries.
        pub value: Option<f64>,
        /// The number of its observations; `null` for counters and gauges.
        pub count: Option<u64>,
        /// Their sum; `null` for counters and gauges.
        pub sum: Option<f64>,
        /// Its quantiles: those of a histogram are estimated from all of its observations.
        pub quantiles: Vec<Quantile>,
        /// Its course: of a gauge the value, of a counter the growth per second, of others the observations per second.
        pub history: Points,
        /// Its selector in Prometheus.
        pub promql: String,
    }

    /// A quantile.
    pub struct Quantile {
        /// The share of the observations that do not exceed it, 0 to 1.
        pub quantile: f64,
        /// The value.
        pub value: Option<f64>,
    }

    /// The process and what is in it.
    pub struct Runtime {
        /// The process: memory, processor time, files.
        pub process: Vec<Fact>,
        /// Its tokio runtimes.
        pub runtimes: Vec<TokioRuntime>,
        /// What the build can do.
        pub features: Vec<Feature>,
        /// The settings of the environment, without secrets.
        pub configuration: Vec<Setting>,
        /// The health checks; empty without any.
        pub health: Vec<HealthCheck>,
        /// Versions.
        pub versions: Vec<Version>,
        /// The console itself.
        pub console: ConsoleState,
    }

    /// A measured value.
    pub struct Fact {
        /// Its name.
        pub key: String,
        /// The value.
        pub value: Option<f64>,
        /// Its unit; empty for counts.
        pub unit: String,
    }

    /// A tokio runtime.
    pub struct TokioRuntime {
        /// Its name.
        pub name: String,
        /// Its worker threads.
        pub workers: Option<f64>,
        /// The share of time in which they were busy over the last minute, 0 to 1.
        pub busy: Option<f64>,
        /// Tasks that have not ended.
        pub live_tasks: Option<f64>,
        /// Tasks that wait in the queue that all workers share.
        pub global_queue: Option<f64>,
    }

    /// A part of the build.
    pub struct Feature {
        /// Its name.
        pub name: String,
        /// Whether it is there.
        pub enabled: bool,
    }

    /// A setting.
    pub struct Setting {
        /// Its name.
        pub key: String,
        /// Its value; that of a secret is cut.
        pub value: String,
        /// Where it comes from: `environment`, `console`, `override`.
        pub source: String,
    }

    /// A health check.
    pub struct HealthCheck {
        /// Its name.
        pub name: String,
        /// `pass`, `warn` or `fail`.
        pub status: String,
        /// Why it does not pass.
        pub reason: Option<String>,
        /// Whether the service can't do without; `null` while it passes.
        pub required: Option<bool>,
    }

    /// A version.
    pub struct Version {
        /// Of what.
        pub name: String,
        /// The version.
        pub version: String,
    }

    /// The console.
    pub struct ConsoleState {
        /// Clients that follow.
        pub followers: usize,
        /// The most clients that follow.
        pub followers_limit: usize,
        /// Bytes of the history of metrics.
        pub history_bytes: usize,
        /// The most bytes of the history of metrics.
        pub history_limit: usize,
        /// Series that the history has no room for.
        pub history_left_out: usize,
        /// Bytes that other services have sent, as far as they are held.
        pub intake_bytes: usize,
    }

    /// What the client may do, and how far back there is something to see.
    pub struct Session {
        /// What the client may do.
        pub rights: SessionRights,
        /// Whether the console has controls.
        pub controls: bool,
        /// Whether the console has alerts.
        pub alerts: bool,
        /// The version of the console.
        pub console_version: String,
        /// What is kept.
        pub retention: Retention,
    }

    /// What a client may do.
    pub struct SessionRights {
        /// See.
        pub see: bool,
        /// See what is sensitive.
        pub sensitive: bool,
        /// Change.
        pub change: bool,
    }

    /// What is kept.
    pub struct Retention {
        /// Where the history of metrics begins.
        pub history_from: Option<Time>,
        /// When the oldest record ended.
        pub oldest_record: Option<Time>,
        /// Bytes in the flight recorder.
        pub recorder_bytes: usize,
        /// The most bytes of the flight recorder.
        pub recorder_limit: usize,
        /// The seconds between two samples of the newest part of the history.
        pub history_step: f64,
    }

    /// What was changed in the service.
    pub struct Controls {
        /// Whether the console has controls.
        pub enabled: bool,
        /// The changes that hold.
        pub active: Vec<ControlRow>,
        /// The changes that were made, the newest first.
        pub audit: Vec<AuditRow>,
    }

    /// A change that holds until its time.
    pub struct ControlRow {
        /// Its id, to end it.
        pub id: String,
        /// What kind: `log-filter`, `sampling`, `silence`, `setting`.
        pub kind: String,
        /// What is changed.
        pub text: String,
        /// When it ends by itself.
        pub until: Time,
        /// Who has made it.
        pub by: String,
    }

    /// A change that was made.
    pub struct AuditRow {
        /// When.
        pub at: Time,
        /// By whom.
        pub by: String,
        /// What.
        pub text: String,
    }

    /// Completions of a filter.
    pub struct Suggestions {
        /// Keys.
        pub keys: Vec<String>,
        /// Values of the key that the text ends with.
        pub values: Vec<String>,
    }

    /// What differs between two groups of requests.
    pub struct Difference {
        /// `windows`, or `slow`: the slowest twentieth of each endpoint against the rest.
        pub mode: String,
        /// The first group: the window, or the slow ones.
        pub a: Window,
        /// The second group: the window to compare with, or the rest.
        pub b: Window,
        /// The records of the first group.
        pub a_records: u64,
        /// The records of the second group.
        pub b_records: u64,
        /// Endpoints, the most different first.
        pub endpoints: Vec<EndpointDifference>,
        /// Values of attributes, the most different first.
        pub attributes: Vec<AttributeDifference>,
        /// Versions of services, the most different first.
        pub versions: Vec<AttributeDifference>,
    }

    /// How an endpoint differs.
    pub struct EndpointDifference {
        /// Which side of its requests it is.
        pub kind: Side,
        /// The method.
        pub method: String,
        /// The endpoint.
        pub endpoint: String,
        /// In the first group.
        pub a: Red,
        /// In the second group.
        pub b: Red,
        /// How much it differs, 0 to 1.
        pub score: f64,
    }

    /// Rate, errors and duration.
    pub struct Red {
        /// Requests.
        pub requests: u64,
        /// Requests per second.
        pub rate: f64,
        /// The share of errors, 0 to 1.
        pub error_ratio: Option<f64>,
        /// The median in seconds.
        pub p50: Option<f64>,
        /// The 99th percentile in seconds.
        pub p99: Option<f64>,
    }

    /// How a value of an attribute differs.
    pub struct AttributeDifference {
        /// The attribute.
        pub key: String,
        /// The value.
        pub value: String,
        /// Its share of the first group, 0 to 1.
        pub a_share: f64,
        /// Its share of the second group, 0 to 1.
        pub b_share: f64,
        /// Its records in the first group.
        pub a_count: u64,
        /// Its records in the second group.
        pub b_count: u64,
        /// How much it differs, 0 to 1.
        pub score: f64,
    }
}
