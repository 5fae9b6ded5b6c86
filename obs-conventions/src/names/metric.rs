//! The metrics, by what they are about.

use super::{
    MetricDef,
    MetricType::{Counter, Gauge, Histogram, Info},
    label,
};

/// The default namespace of a layer.
pub const DEFAULT_NAMESPACE: &str = "http";

/// Requests that were answered, or cancelled by their client, each counted once.
pub const REQUESTS: MetricDef = MetricDef::red(
    "requests_total",
    Counter,
    "",
    &[label::METHOD, label::ENDPOINT, label::STATUS, label::OUTCOME],
    "Requests by outcome.",
);
/// From arrival to the last byte.
pub const REQUEST_DURATION: MetricDef = MetricDef::red(
    "request_duration_seconds",
    Histogram,
    "seconds",
    &[label::METHOD, label::ENDPOINT, label::STATUS],
    "Time from the arrival of a request to the last byte of its answer.",
);
/// Requests that ended in an error of the service.
pub const ERRORS: MetricDef = MetricDef::red(
    "errors_total",
    Counter,
    "",
    &[label::METHOD, label::ENDPOINT, label::ERROR_TYPE],
    "Requests that ended in an error, by its type.",
);
/// Requests that are being worked on.
pub const IN_FLIGHT: MetricDef = MetricDef::red(
    "requests_in_flight",
    Gauge,
    "",
    &[label::METHOD, label::ENDPOINT],
    "Requests that have arrived and not ended.",
);
/// The peak of [`IN_FLIGHT`].
pub const IN_FLIGHT_MAX: MetricDef = MetricDef::red(
    "concurrent_requests_max",
    Gauge,
    "",
    &[label::METHOD, label::ENDPOINT],
    "Most requests in flight at once within the last 60 seconds.",
);
/// Bytes of the request body that were read.
pub const REQUEST_SIZE: MetricDef = MetricDef::red(
    "request_size_bytes",
    Histogram,
    "bytes",
    &[label::METHOD, label::ENDPOINT],
    "Bytes of request bodies.",
);
/// Bytes of the response body that were sent.
pub const RESPONSE_SIZE: MetricDef = MetricDef::red(
    "response_size_bytes",
    Histogram,
    "bytes",
    &[label::METHOD, label::ENDPOINT],
    "Bytes of response bodies.",
);
/// Lifetime of responses that are streams by nature.
pub const STREAM_DURATION: MetricDef = MetricDef::red(
    "stream_duration_seconds",
    Histogram,
    "seconds",
    &[label::METHOD, label::ENDPOINT],
    "Lifetime of event streams, upgraded connections and other answers without a natural end.",
);

/// Attempts of a client, each counted once.
pub const CLIENT_REQUESTS: MetricDef = MetricDef::red(
    "client_requests_total",
    Counter,
    "",
    &[label::METHOD, label::HOST, label::TARGET, label::STATUS, label::OUTCOME],
    "Outgoing requests by outcome.",
);
/// From the start of an attempt to its response head.
pub const CLIENT_REQUEST_DURATION: MetricDef = MetricDef::red(
    "client_request_duration_seconds",
    Histogram,
    "seconds",
    &[label::METHOD, label::HOST, label::TARGET, label::STATUS],
    "Time from the start of an outgoing request to its answer.",
);
/// Outgoing requests that ended in an error.
pub const CLIENT_ERRORS: MetricDef = MetricDef::red(
    "client_errors_total",
    Counter,
    "",
    &[label::METHOD, label::HOST, label::TARGET, label::ERROR_TYPE],
    "Outgoing requests that ended in an error, by its type.",
);
/// Outgoing requests that wait for their answer.
pub const CLIENT_IN_FLIGHT: MetricDef = MetricDef::red(
    "client_requests_in_flight",
    Gauge,
    "",
    &[label::METHOD, label::HOST, label::TARGET],
    "Outgoing requests that have not been answered yet.",
);

/// Constant 1, with the build as labels.
pub const BUILD_INFO: MetricDef = MetricDef::fixed(
    "obs_build_info",
    Gauge,
    "",
    &["service", "version", "revision"],
    "Constant 1 with the service's name, version and revision.",
);
/// Constant 1: the resource attributes.
pub const TARGET_INFO: MetricDef = MetricDef::fixed(
    "target_info",
    Info,
    "",
    &[],
    "Constant 1 with the resource attributes of the service.",
);
/// How long a page takes to write.
pub const SCRAPE_DURATION: MetricDef = MetricDef::fixed(
    "obs_scrape_duration_seconds",
    Histogram,
    "seconds",
    &[],
    "Time to write a metrics page.",
);
/// Series that the cap refused.
pub const SERIES_OVERFLOW: MetricDef = MetricDef::fixed(
    "obs_series_overflow_total",
    Counter,
    "",
    &["metric"],
    "New series that were recorded in the overflow series, because of the cap of their metric.",
);
/// Names and labels that had to be repaired.
pub const NAME_CLASHES: MetricDef = MetricDef::fixed(
    "obs_metric_clashes_total",
    Counter,
    "",
    &["metric"],
    "Metrics that were refused or repaired because their name or labels clash with another.",
);
/// Log lines written.
pub const LOG_LINES: MetricDef = MetricDef::fixed(
    "obs_log_lines_total",
    Counter,
    "",
    &["level"],
    "Log lines that were accepted for writing.",
);
/// Log lines lost to overload.
pub const LOG_LINES_DROPPED: MetricDef = MetricDef::fixed(
    "obs_log_lines_dropped_total",
    Counter,
    "",
    &[],
    "Log lines that were dropped because the writer could not keep up or failed.",
);
/// Canonical lines that sampling left out.
pub const LOG_LINES_SAMPLED_OUT: MetricDef = MetricDef::fixed(
    "obs_log_lines_sampled_out_total",
    Counter,
    "",
    &[],
    "Requests whose log line was left out by sampling.",
);
/// Log records lost on their way to the collector.
pub const LOG_RECORDS_DROPPED: MetricDef = MetricDef::fixed(
    "obs_log_records_dropped_total",
    Counter,
    "",
    &["reason"],
    "Log records that were queued for the collector but not exported.",
);
/// Spans lost.
pub const SPANS_DROPPED: MetricDef = MetricDef::fixed(
    "obs_spans_dropped_total",
    Counter,
    "",
    &["reason"],
    "Spans that were ended but not exported.",
);
/// What the flight recorder holds.
pub const RECORDER_BYTES: MetricDef = MetricDef::fixed(
    "obs_recorder_bytes",
    Gauge,
    "bytes",
    &[],
    "Bytes that the flight recorder holds.",
);
/// Records that were removed from the flight recorder.
pub const RECORDER_EVICTED: MetricDef = MetricDef::fixed(
    "obs_recorder_evicted_total",
    Counter,
    "",
    &[],
    "Records of the flight recorder that have given way to newer ones, and requests without a record for want of room.",
);
/// Pushes of metrics that the collector did not take. Nothing is lost: the next one has the totals.
pub const METRIC_PUSHES_FAILED: MetricDef = MetricDef::fixed(
    "obs_metric_pushes_failed_total",
    Counter,
    "",
    &["reason"],
    "Pushes of metrics that did not arrive at the collector.",
);
/// The result of the last run of a health check.
pub const HEALTH_CHECK_UP: MetricDef = MetricDef::fixed(
    "obs_health_check_up",
    Gauge,
    "",
    &[label::CHECK],
    "Whether a health check passed when it ran last: 1 or 0.",
);

/// Processor time of the process.
pub const PROCESS_CPU: MetricDef = MetricDef::fixed(
    "process_cpu_seconds_total",
    Counter,
    "seconds",
    &[],
    "Total user and system CPU time spent in seconds.",
);
/// File descriptors in use.
pub const PROCESS_OPEN_FDS: MetricDef =
    MetricDef::fixed("process_open_fds", Gauge, "", &[], "Number of open file descriptors.");
/// File descriptors that the process may use.
pub const PROCESS_MAX_FDS: MetricDef = MetricDef::fixed(
    "process_max_fds",
    Gauge,
    "",
    &[],
    "Maximum number of open file descriptors.",
);
/// Address space in use.
pub const PROCESS_VIRTUAL_MEMORY: MetricDef = MetricDef::fixed(
    "process_virtual_memory_bytes",
    Gauge,
    "bytes",
    &[],
    "Virtual memory size in bytes.",
);
/// Address space that the process may use.
pub const PROCESS_VIRTUAL_MEMORY_MAX: MetricDef = MetricDef::fixed(
    "process_virtual_memory_max_bytes",
    Gauge,
    "bytes",
    &[],
    "Maximum amount of virtual memory available in bytes.",
);
/// Memory in use.
pub const PROCESS_RESIDENT_MEMORY: MetricDef = MetricDef::fixed(
    "process_resident_memory_bytes",
    Gauge,
    "bytes",
    &[],
    "Resident memory size in bytes.",
);
/// When the process started.
pub const PROCESS_START_TIME: MetricDef = MetricDef::fixed(
    "process_start_time_seconds",
    Gauge,
    "seconds",
    &[],
    "Start time of the process since unix epoch in seconds.",
);
/// Threads of the process.
pub const PROCESS_THREADS: MetricDef = MetricDef::fixed(
    "process_threads",
    Gauge,
    "",
    &[],
    "Number of OS threads in the process.",
);
/// The metrics of the process, in the order of the documentation.
pub const PROCESS: [MetricDef; 8] = [
    PROCESS_CPU,
    PROCESS_RESIDENT_MEMORY,
    PROCESS_VIRTUAL_MEMORY,
    PROCESS_VIRTUAL_MEMORY_MAX,
    PROCESS_OPEN_FDS,
    PROCESS_MAX_FDS,
    PROCESS_THREADS,
    PROCESS_START_TIME,
];

/// Worker threads of a tokio runtime.
pub const TOKIO_WORKERS: MetricDef = MetricDef::fixed(
    "tokio_workers",
    Gauge,
    "",
    &[label::RUNTIME],
    "Worker threads of the runtime.",
);
/// Tasks of a tokio runtime.
pub const TOKIO_LIVE_TASKS: MetricDef = MetricDef::fixed(
    "tokio_live_tasks",
    Gauge,
    "",
    &[label::RUNTIME],
    "Tasks of the runtime that have not ended.",
);
/// Tasks that wait for a worker.
pub const TOKIO_GLOBAL_QUEUE_DEPTH: MetricDef = MetricDef::fixed(
    "tokio_global_queue_depth",
    Gauge,
    "",
    &[label::RUNTIME],
    "Tasks in the runtime's global queue: above 0 for long, its workers are too few.",
);
/// How often workers had nothing to do.
pub const TOKIO_WORKER_PARKS: MetricDef = MetricDef::fixed(
    "tokio_worker_parks_total",
    Counter,
    "",
    &[label::RUNTIME],
    "Number of times that workers of the runtime were parked because there was no work.",
);
/// How long workers were busy.
pub const TOKIO_WORKER_BUSY: MetricDef = MetricDef::fixed(
    "tokio_worker_busy_seconds_total",
    Counter,
    "seconds",
    &[label::RUNTIME],
    "Time that the workers of the runtime were busy; its rate by tokio_workers is their utilization.",
);
/// The metrics of a tokio runtime, in the order of the documentation.
pub const TOKIO: [MetricDef; 5] = [
    TOKIO_WORKERS,
    TOKIO_LIVE_TASKS,
    TOKIO_GLOBAL_QUEUE_DEPTH,
    TOKIO_WORKER_PARKS,
    TOKIO_WORKER_BUSY,
];

/// The RED metrics of a server, in the order of the documentation.
pub const SERVER: [MetricDef; 8] = [
    REQUESTS,
    REQUEST_DURATION,
    ERRORS,
    IN_FLIGHT,
    IN_FLIGHT_MAX,
    REQUEST_SIZE,
    RESPONSE_SIZE,
    STREAM_DURATION,
];
/// The RED metrics of a client.
pub const CLIENT: [MetricDef; 4] = [
    CLIENT_REQUESTS,
    CLIENT_REQUEST_DURATION,
    CLIENT_ERRORS,
    CLIENT_IN_FLIGHT,
];
