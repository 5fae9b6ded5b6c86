//! Every name that leaves a service: metrics, labels, span attributes, log keys.
//!
//! Adapters, generators, dashboards, documentation and tests read them from here, so a name is
//! written once.
//!
//! ```
//! use obs_core::names::metric;
//! assert_eq!(metric::REQUESTS.name("http"), "http_requests_total");
//! assert_eq!(metric::REQUESTS.name("payment"), "payment_requests_total");
//! assert_eq!(metric::REQUESTS.name(""), "requests_total");
//! ```

/// How a metric behaves, in the words of the Prometheus data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricType {
    /// Only grows, restarts at zero.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution in buckets.
    Histogram,
    /// Distribution as quantiles that the process computes.
    Summary,
    /// Constant 1 whose labels are the message.
    Info,
}

/// One metric that obs emits: what it is called, what it measures, what it is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricDef {
    /// The name without its namespace.
    base: &'static str,
    /// Whether the layer's namespace stands before the base name.
    namespaced: bool,
    /// How it behaves.
    pub metric_type: MetricType,
    /// The unit in the singular of the data model (`seconds`, `bytes`), empty for plain counts.
    pub unit: &'static str,
    /// Label keys, in the order in which they are exposed.
    pub labels: &'static [&'static str],
    /// One sentence for `# HELP`.
    pub help: &'static str,
}

impl MetricDef {
    const fn red(
        base: &'static str,
        metric_type: MetricType,
        unit: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { base, namespaced: true, metric_type, unit, labels, help }
    }

    const fn fixed(
        base: &'static str,
        metric_type: MetricType,
        unit: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self { base, namespaced: false, metric_type, unit, labels, help }
    }

    /// The full name under `namespace`; an empty namespace gives the bare name.
    #[must_use]
    pub fn name(&self, namespace: &str) -> String {
        if self.namespaced && !namespace.is_empty() {
            format!("{namespace}_{}", self.base)
        } else {
            self.base.to_owned()
        }
    }

    /// The name without a namespace.
    #[must_use]
    pub const fn base(&self) -> &'static str {
        self.base
    }

    /// Whether the layer's namespace stands before [`base`](Self::base).
    #[must_use]
    pub const fn is_namespaced(&self) -> bool {
        self.namespaced
    }
}

/// The metrics, by what they are about.
pub mod metric {
    use super::{
        MetricDef,
        MetricType::{Counter, Gauge, Histogram, Info},
        label,
    };

    /// The namespace of a layer that was given none.
    pub const DEFAULT_NAMESPACE: &str = "http";

    /// Requests that were answered or given up, each counted once.
    pub const REQUESTS: MetricDef = MetricDef::red(
        "requests_total",
        Counter,
        "",
        &[label::METHOD, label::ENDPOINT, label::STATUS, label::OUTCOME],
        "Requests by how they ended.",
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
        "Outgoing requests by how they ended.",
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

    /// Constant 1: what runs.
    pub const BUILD_INFO: MetricDef = MetricDef::fixed(
        "obs_build_info",
        Gauge,
        "",
        &["service", "version", "revision"],
        "Constant 1 with the service's name, version and revision.",
    );
    /// Constant 1: the resource attributes.
    pub const TARGET_INFO: MetricDef =
        MetricDef::fixed("target_info", Info, "", &[], "Constant 1 with the resource attributes of the service.");
    /// How long a page takes to write.
    pub const SCRAPE_DURATION: MetricDef =
        MetricDef::fixed("obs_scrape_duration_seconds", Histogram, "seconds", &[], "Time to write a metrics page.");
    /// Series that the cap refused.
    pub const SERIES_OVERFLOW: MetricDef = MetricDef::fixed(
        "obs_series_overflow_total",
        Counter,
        "",
        &["metric"],
        "Registrations of new series that the cap of their metric sent to the overflow series.",
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
    pub const LOG_LINES: MetricDef =
        MetricDef::fixed("obs_log_lines_total", Counter, "", &["level"], "Log lines that were accepted for writing.");
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
        "Log records that were made for the collector but not exported.",
    );
    /// Spans lost.
    pub const SPANS_DROPPED: MetricDef = MetricDef::fixed(
        "obs_spans_dropped_total",
        Counter,
        "",
        &["reason"],
        "Spans that were ended but not exported.",
    );
    /// What a health check found when it was last asked.
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
    pub const PROCESS_MAX_FDS: MetricDef =
        MetricDef::fixed("process_max_fds", Gauge, "", &[], "Maximum number of open file descriptors.");
    /// Address space in use.
    pub const PROCESS_VIRTUAL_MEMORY: MetricDef =
        MetricDef::fixed("process_virtual_memory_bytes", Gauge, "bytes", &[], "Virtual memory size in bytes.");
    /// Address space that the process may use.
    pub const PROCESS_VIRTUAL_MEMORY_MAX: MetricDef = MetricDef::fixed(
        "process_virtual_memory_max_bytes",
        Gauge,
        "bytes",
        &[],
        "Maximum amount of virtual memory available in bytes.",
    );
    /// Memory in use.
    pub const PROCESS_RESIDENT_MEMORY: MetricDef =
        MetricDef::fixed("process_resident_memory_bytes", Gauge, "bytes", &[], "Resident memory size in bytes.");
    /// When the process started.
    pub const PROCESS_START_TIME: MetricDef = MetricDef::fixed(
        "process_start_time_seconds",
        Gauge,
        "seconds",
        &[],
        "Start time of the process since unix epoch in seconds.",
    );
    /// Threads of the process.
    pub const PROCESS_THREADS: MetricDef =
        MetricDef::fixed("process_threads", Gauge, "", &[], "Number of OS threads in the process.");
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
    pub const TOKIO_WORKERS: MetricDef =
        MetricDef::fixed("tokio_workers", Gauge, "", &[label::RUNTIME], "Worker threads of the runtime.");
    /// Tasks of a tokio runtime.
    pub const TOKIO_LIVE_TASKS: MetricDef =
        MetricDef::fixed("tokio_live_tasks", Gauge, "", &[label::RUNTIME], "Tasks of the runtime that have not ended.");
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
        "How often the workers of the runtime have gone to sleep for want of work.",
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
    pub const TOKIO: [MetricDef; 5] =
        [TOKIO_WORKERS, TOKIO_LIVE_TASKS, TOKIO_GLOBAL_QUEUE_DEPTH, TOKIO_WORKER_PARKS, TOKIO_WORKER_BUSY];

    /// The RED metrics of a server, in the order of the documentation.
    pub const SERVER: [MetricDef; 8] =
        [REQUESTS, REQUEST_DURATION, ERRORS, IN_FLIGHT, IN_FLIGHT_MAX, REQUEST_SIZE, RESPONSE_SIZE, STREAM_DURATION];
    /// The RED metrics of a client.
    pub const CLIENT: [MetricDef; 4] = [CLIENT_REQUESTS, CLIENT_REQUEST_DURATION, CLIENT_ERRORS, CLIENT_IN_FLIGHT];
}

/// The metrics of [`Database`](crate::instruments::Database).
pub mod database {
    use super::{
        MetricDef,
        MetricType::{Counter, Gauge, Histogram},
        label,
    };

    /// The namespace of databases that were given none.
    pub const DEFAULT_NAMESPACE: &str = "db";

    /// Connections that are in use.
    pub const CONNECTIONS_ACTIVE: MetricDef =
        MetricDef::red("connections_active", Gauge, "", &[label::POOL], "Database connections in use.");
    /// Connections that there may be.
    pub const CONNECTIONS_MAX: MetricDef = MetricDef::red(
        "connections_max",
        Gauge,
        "",
        &[label::POOL],
        "Database connections that the pool may have open at once.",
    );
    /// From the start of a query to its result.
    pub const QUERY_DURATION: MetricDef = MetricDef::red(
        "query_duration_seconds",
        Histogram,
        "seconds",
        &[label::POOL, label::OPERATION],
        "Time from the start of a database query to its result.",
    );
    /// Queries that have ended, each counted once.
    pub const QUERIES: MetricDef = MetricDef::red(
        "queries_total",
        Counter,
        "",
        &[label::POOL, label::OPERATION, label::OUTCOME],
        "Database queries by how they ended.",
    );

    /// All of them, in the order of the documentation.
    pub const ALL: [MetricDef; 4] = [CONNECTIONS_ACTIVE, CONNECTIONS_MAX, QUERY_DURATION, QUERIES];
}

/// The metrics of [`Cache`](crate::instruments::Cache).
pub mod cache {
    use super::{MetricDef, MetricType::Counter, label};

    /// The namespace of caches that were given none.
    pub const DEFAULT_NAMESPACE: &str = "cache";

    /// Look-ups that found something.
    pub const HITS: MetricDef =
        MetricDef::red("hits_total", Counter, "", &[label::CACHE], "Look-ups that the cache could answer.");
    /// Look-ups that found nothing.
    pub const MISSES: MetricDef =
        MetricDef::red("misses_total", Counter, "", &[label::CACHE], "Look-ups that the cache could not answer.");
    /// Entries that made room for others.
    pub const EVICTIONS: MetricDef = MetricDef::red(
        "evictions_total",
        Counter,
        "",
        &[label::CACHE],
        "Entries that the cache let go to make room or because they were too old.",
    );
    /// Look-ups that failed.
    pub const ERRORS: MetricDef =
        MetricDef::red("errors_total", Counter, "", &[label::CACHE], "Look-ups that failed, neither hits nor misses.");

    /// All of them, in the order of the documentation.
    pub const ALL: [MetricDef; 4] = [HITS, MISSES, EVICTIONS, ERRORS];
}

/// The metrics of a layer with [`Convention::OpenTelemetry`](crate::metrics::Convention::OpenTelemetry):
/// names and labels of the
/// [HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) 1.44 as Prometheus
/// spells them.
///
/// The durations are stable, their counts are the rate of requests and, by `error_type`, of errors.
/// The others are in development there, and the duration of streams is ours.
pub mod semconv {
    use super::{
        MetricDef,
        MetricType::{Gauge, Histogram},
        label,
    };

    const SERVER: &[&str] = &[
        label::HTTP_REQUEST_METHOD,
        label::HTTP_ROUTE,
        label::URL_SCHEME,
        label::NETWORK_PROTOCOL_VERSION,
        label::HTTP_RESPONSE_STATUS_CODE,
        label::ERROR_TYPE,
    ];
    const SERVER_ROUTE: &[&str] =
        &[label::HTTP_REQUEST_METHOD, label::HTTP_ROUTE, label::URL_SCHEME, label::NETWORK_PROTOCOL_VERSION];
    const CLIENT: &[&str] = &[
        label::HTTP_REQUEST_METHOD,
        label::SERVER_ADDRESS,
        label::SERVER_PORT,
        label::URL_TEMPLATE,
        label::URL_SCHEME,
        label::NETWORK_PROTOCOL_VERSION,
        label::HTTP_RESPONSE_STATUS_CODE,
        label::ERROR_TYPE,
    ];

    /// `http.server.request.duration`
    pub const SERVER_REQUEST_DURATION: MetricDef = MetricDef::fixed(
        "http_server_request_duration_seconds",
        Histogram,
        "seconds",
        SERVER,
        "Duration of HTTP server requests.",
    );
    /// `http.server.active_requests`
    pub const SERVER_ACTIVE_REQUESTS: MetricDef = MetricDef::fixed(
        "http_server_active_requests",
        Gauge,
        "",
        &[label::HTTP_REQUEST_METHOD, label::URL_SCHEME],
        "Number of active HTTP server requests.",
    );
    /// `http.server.request.body.size`
    pub const SERVER_REQUEST_BODY_SIZE: MetricDef = MetricDef::fixed(
        "http_server_request_body_size_bytes",
        Histogram,
        "bytes",
        SERVER_ROUTE,
        "Size of HTTP server request bodies.",
    );
    /// `http.server.response.body.size`
    pub const SERVER_RESPONSE_BODY_SIZE: MetricDef = MetricDef::fixed(
        "http_server_response_body_size_bytes",
        Histogram,
        "bytes",
        SERVER_ROUTE,
        "Size of HTTP server response bodies.",
    );
    /// Lifetime of responses that are streams by nature; no convention has a name for it.
    pub const SERVER_STREAM_DURATION: MetricDef = MetricDef::fixed(
        "http_server_stream_duration_seconds",
        Histogram,
        "seconds",
        SERVER_ROUTE,
        "Lifetime of event streams, upgraded connections and other answers without a natural end.",
    );
    /// `http.client.request.duration`
    pub const CLIENT_REQUEST_DURATION: MetricDef = MetricDef::fixed(
        "http_client_request_duration_seconds",
        Histogram,
        "seconds",
        CLIENT,
        "Duration of HTTP client requests.",
    );
    /// `http.client.active_requests`
    pub const CLIENT_ACTIVE_REQUESTS: MetricDef = MetricDef::fixed(
        "http_client_active_requests",
        Gauge,
        "",
        &[
            label::HTTP_REQUEST_METHOD,
            label::SERVER_ADDRESS,
            label::SERVER_PORT,
            label::URL_TEMPLATE,
            label::URL_SCHEME,
        ],
        "Number of active HTTP client requests.",
    );
}

/// Label keys of metrics.
pub mod label {
    /// Request method from a closed set, else `_OTHER`.
    pub const METHOD: &str = "method";
    /// Template of the matched route, else `unmatched`.
    pub const ENDPOINT: &str = "endpoint";
    /// Status code of the answer; `499` for a request that was given up before its head; for a gRPC
    /// call one of [`grpc_status::NAMES`](super::grpc_status::NAMES).
    pub const STATUS: &str = "status";
    /// How the request ended, see [`Outcome`](crate::request::Outcome).
    pub const OUTCOME: &str = "outcome";
    /// What went wrong, from a closed set.
    pub const ERROR_TYPE: &str = "error_type";
    /// Host of an outgoing request.
    pub const HOST: &str = "host";
    /// URL template of an outgoing request, empty if none was given.
    pub const TARGET: &str = "target";
    /// [`METHOD`] in the OpenTelemetry conventions.
    pub const HTTP_REQUEST_METHOD: &str = "http_request_method";
    /// [`ENDPOINT`] in the OpenTelemetry conventions, empty if no route matched.
    pub const HTTP_ROUTE: &str = "http_route";
    /// [`STATUS`] in the OpenTelemetry conventions, empty if none was sent.
    pub const HTTP_RESPONSE_STATUS_CODE: &str = "http_response_status_code";
    /// `http`, `https`.
    pub const URL_SCHEME: &str = "url_scheme";
    /// `1.0`, `1.1`, `2`, `3`.
    pub const NETWORK_PROTOCOL_VERSION: &str = "network_protocol_version";
    /// [`HOST`] in the OpenTelemetry conventions, without the port.
    pub const SERVER_ADDRESS: &str = "server_address";
    /// The port of [`SERVER_ADDRESS`].
    pub const SERVER_PORT: &str = "server_port";
    /// [`TARGET`] in the OpenTelemetry conventions.
    pub const URL_TEMPLATE: &str = "url_template";
    /// Upper bound of a bucket.
    pub const LE: &str = "le";
    /// Which metric a metric about metrics speaks of.
    pub const METRIC: &str = "metric";
    /// Name of a health check.
    pub const CHECK: &str = "check";
    /// Quantile of a summary.
    pub const QUANTILE: &str = "quantile";
    /// Which pool of database connections.
    pub const POOL: &str = "pool";
    /// What a database query is for, from a closed set.
    pub const OPERATION: &str = "operation";
    /// Which cache.
    pub const CACHE: &str = "cache";
    /// Which runtime of tokio, where a process has several.
    pub const RUNTIME: &str = "runtime";
}

/// Label values that stand for something else.
pub mod value {
    /// A method outside the known set, or a value outside a closed list
    /// ([HTTP conventions](https://opentelemetry.io/docs/specs/semconv/http/)).
    pub const OTHER: &str = "_OTHER";
    /// `runtime` of the one that the service was started in.
    pub const MAIN_RUNTIME: &str = "main";
    /// No route matched.
    pub const UNMATCHED: &str = "unmatched";
    /// The series that takes what the cap refuses.
    pub const OVERFLOW: &str = "_overflow";
    /// What a redacted value is replaced by.
    pub const REDACTED: &str = "REDACTED";
}

/// Values of the `status` label and of `rpc.response.status_code` of gRPC calls.
pub mod grpc_status {
    /// The [codes](https://grpc.io/docs/guides/status-codes/) in the order of their numbers; any other
    /// number counts as `UNKNOWN`.
    pub const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
}

/// Values of attributes of remote procedure calls.
pub mod rpc {
    /// `rpc.system.name` of gRPC.
    pub const SYSTEM_GRPC: &str = "grpc";
}

/// Values of the `error_type` label and the `error.type` attribute that are not status codes.
pub mod error_type {
    /// The handler or its body panicked.
    pub const PANIC: &str = "panic";
    /// The body failed after the head was sent.
    pub const BODY_ERROR: &str = "body_error";

    /// A client could not connect.
    pub const CONNECT: &str = "connect";
    /// A client waited too long, for the connection or for the answer.
    pub const TIMEOUT: &str = "timeout";
    /// A client and a server could not agree on TLS, or one does not trust the other.
    pub const TLS: &str = "tls";
    /// The name of a server could not be resolved.
    pub const DNS: &str = "dns";
    /// The body of an outgoing request failed.
    pub const BODY: &str = "body";
    /// A client was redirected too often, or to where it must not go.
    pub const REDIRECT: &str = "redirect";
    /// The connection failed between the request and the head of its answer, or the request could
    /// not be sent at all.
    pub const REQUEST: &str = "request";
    /// Any other error.
    pub const OTHER: &str = super::value::OTHER;

    /// Why a client's attempt has no answer.
    pub const TRANSPORT: [&str; 8] = [CONNECT, TIMEOUT, TLS, DNS, BODY, REDIRECT, REQUEST, OTHER];
}

/// Values of the `outcome` label of [`database::QUERIES`].
pub mod query_outcome {
    /// There was a result.
    pub const OK: &str = "ok";
    /// The query failed.
    pub const ERROR: &str = "error";
    /// Nobody waited for the result any more.
    pub const CANCELLED: &str = "cancelled";
    /// The code of the query panicked.
    pub const PANIC: &str = "panic";
}

/// Values of the `reason` label of `obs_spans_dropped_total` and `obs_log_records_dropped_total`.
pub mod drop_reason {
    /// More came than could be sent.
    pub const QUEUE_FULL: &str = "queue_full";
    /// The collector refused them or could not be reached.
    pub const EXPORT_FAILED: &str = "export_failed";
    /// The collector did not answer in time.
    pub const EXPORT_TIMEOUT: &str = "export_timeout";
    /// They were not sent before the end of the shutdown, or ended after it.
    pub const SHUTDOWN: &str = "shutdown";
}

/// Values of the `obs.kept` attribute: why the span of a request that was not sampled is there.
pub mod kept {
    /// It ended in an error.
    pub const ERROR: &str = "error";
    /// It took longer than the threshold.
    pub const SLOW: &str = "slow";
}

/// Keys of a log line.
pub mod log {
    /// RFC 3339, UTC, microseconds.
    pub const TIMESTAMP: &str = "timestamp";
    /// Lower-case level.
    pub const LEVEL: &str = "level";
    /// Upper-case level, as the OpenTelemetry log model calls it.
    pub const SEVERITY: &str = "severity";
    /// The event's message.
    pub const MESSAGE: &str = "message";
    /// Module path or given target.
    pub const TARGET: &str = "target";
    /// Name of the service.
    pub const SERVICE: &str = "service";
    /// Version of the service.
    pub const VERSION: &str = "version";
    /// Deployment environment.
    pub const ENV: &str = "env";
    /// Id of the request.
    pub const REQUEST_ID: &str = "request_id";
    /// 32 lower-case hex digits.
    pub const TRACE_ID: &str = "trace_id";
    /// 16 lower-case hex digits.
    pub const SPAN_ID: &str = "span_id";
    /// Set on a line that was cut at the size limit.
    pub const TRUNCATED: &str = "truncated";
    /// Prefix of a field whose own name is reserved.
    pub const FIELDS_PREFIX: &str = "fields.";

    /// Target of the one line that each request writes.
    pub const REQUEST_TARGET: &str = "obs::request";
    /// Target of the line of an outgoing request, where clients write one.
    pub const CLIENT_TARGET: &str = "obs::client";
    /// Request method.
    pub const METHOD: &str = "method";
    /// Template of the matched route.
    pub const ENDPOINT: &str = "endpoint";
    /// Path as it was asked for.
    pub const PATH: &str = "path";
    /// Status code.
    pub const STATUS: &str = "status";
    /// Name of the status of a gRPC call.
    pub const GRPC_STATUS: &str = "grpc_status";
    /// How the request ended.
    pub const OUTCOME: &str = "outcome";
    /// Time to the last byte with a unit (`0.0123s`), for `LogQL` comparisons.
    pub const DURATION: &str = "duration";
    /// Time to the last byte in milliseconds.
    pub const DURATION_MS: &str = "duration_ms";
    /// Time to the response head in milliseconds.
    pub const HEAD_MS: &str = "head_ms";
    /// Bytes of the request body.
    pub const REQUEST_BYTES: &str = "request_bytes";
    /// Bytes of the response body.
    pub const RESPONSE_BYTES: &str = "response_bytes";
    /// `HTTP/1.1`, `HTTP/2`.
    pub const PROTOCOL: &str = "protocol";
    /// Address of the peer.
    pub const CLIENT_ADDRESS: &str = "client_address";
    /// User-Agent header.
    pub const USER_AGENT: &str = "user_agent";
    /// What went wrong.
    pub const ERROR_TYPE: &str = "error_type";
    /// Host of an outgoing request.
    pub const HOST: &str = "host";
    /// URL template of an outgoing request.
    pub const URL_TEMPLATE: &str = "url_template";
    /// How often an outgoing request had been sent before.
    pub const RESEND_COUNT: &str = "resend_count";
    /// Message of a panic.
    pub const PANIC_MESSAGE: &str = "panic_message";
    /// Place of a panic, `file:line:column`.
    pub const PANIC_LOCATION: &str = "panic_location";

    /// Keys that an event's or a span's own fields can't take.
    pub const RESERVED: [&str; 12] =
        [TIMESTAMP, LEVEL, SEVERITY, MESSAGE, TARGET, SERVICE, VERSION, ENV, REQUEST_ID, TRACE_ID, SPAN_ID, TRUNCATED];
}

/// Header names.
pub mod header {
    /// [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
    pub const TRACEPARENT: &str = "traceparent";
    /// [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
    pub const TRACESTATE: &str = "tracestate";
    /// [W3C Baggage](https://www.w3.org/TR/baggage/).
    pub const BAGGAGE: &str = "baggage";
    /// The trace of an answer, drafted for [W3C Trace Context](https://www.w3.org/TR/trace-context-2/).
    pub const TRACERESPONSE: &str = "traceresponse";
    /// [W3C Server Timing](https://www.w3.org/TR/server-timing/).
    pub const SERVER_TIMING: &str = "server-timing";
    /// De-facto standard request id.
    pub const REQUEST_ID: &str = "x-request-id";
    /// RFC 9110, 10.1.5.
    pub const USER_AGENT: &str = "user-agent";
    /// RFC 9110, 7.2.
    pub const HOST: &str = "host";
    /// RFC 7239.
    pub const FORWARDED: &str = "forwarded";
    /// De-facto standard list of clients and proxies.
    pub const X_FORWARDED_FOR: &str = "x-forwarded-for";
    /// De-facto standard scheme that a proxy was asked by.
    pub const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
    /// De-facto standard host that a proxy was asked for.
    pub const X_FORWARDED_HOST: &str = "x-forwarded-host";
    /// RFC 9110, 8.6.
    pub const CONTENT_LENGTH: &str = "content-length";
    /// RFC 9110, 8.3.
    pub const CONTENT_TYPE: &str = "content-type";
    /// [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).
    pub const GRPC_STATUS: &str = "grpc-status";
}

/// Span attributes of the [HTTP semantic conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/) 1.44.
pub mod attribute {
    /// `http.request.method`
    pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
    /// `http.request.method_original`
    pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
    /// `http.request.header.`: followed by the lower-case header name.
    pub const HTTP_REQUEST_HEADER_PREFIX: &str = "http.request.header.";
    /// `http.request.body.size`
    pub const HTTP_REQUEST_BODY_SIZE: &str = "http.request.body.size";
    /// `http.response.body.size`
    pub const HTTP_RESPONSE_BODY_SIZE: &str = "http.response.body.size";
    /// `http.request.resend_count`
    pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
    /// `http.response.header.`: followed by the lower-case header name.
    pub const HTTP_RESPONSE_HEADER_PREFIX: &str = "http.response.header.";
    /// `http.response.status_code`
    pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
    /// `http.route`
    pub const HTTP_ROUTE: &str = "http.route";
    /// `url.path`
    pub const URL_PATH: &str = "url.path";
    /// `url.query`
    pub const URL_QUERY: &str = "url.query";
    /// `url.scheme`
    pub const URL_SCHEME: &str = "url.scheme";
    /// `url.full`
    pub const URL_FULL: &str = "url.full";
    /// `url.template`
    pub const URL_TEMPLATE: &str = "url.template";
    /// `network.protocol.version`
    pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
    /// `network.peer.address`
    pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
    /// `network.peer.port`
    pub const NETWORK_PEER_PORT: &str = "network.peer.port";
    /// `client.address`
    pub const CLIENT_ADDRESS: &str = "client.address";
    /// `server.address`
    pub const SERVER_ADDRESS: &str = "server.address";
    /// `server.port`
    pub const SERVER_PORT: &str = "server.port";
    /// `user_agent.original`
    pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
    /// `rpc.system.name` ([RPC conventions](https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/) 1.44,
    /// release candidate, like the next two)
    pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
    /// `rpc.method`: `package.Service/Method`
    pub const RPC_METHOD: &str = "rpc.method";
    /// `rpc.response.status_code`: a name from [`grpc_status`](super::grpc_status)
    pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
    /// `error.type`
    pub const ERROR_TYPE: &str = "error.type";
    /// `exception.type`
    pub const EXCEPTION_TYPE: &str = "exception.type";
    /// `exception.message`
    pub const EXCEPTION_MESSAGE: &str = "exception.message";
    /// `exception.stacktrace`: the error and its sources, a line each.
    pub const EXCEPTION_STACKTRACE: &str = "exception.stacktrace";
    /// Name of the span event that tells of an exception or panic.
    pub const EXCEPTION_EVENT: &str = "exception";
    /// `code.file.path`
    pub const CODE_FILE_PATH: &str = "code.file.path";
    /// `code.line.number`
    pub const CODE_LINE_NUMBER: &str = "code.line.number";
    /// On the span of a request that was not sampled and is exported all the same, without its
    /// children: why, see [`kept`](super::kept).
    pub const OBS_KEPT: &str = "obs.kept";
    /// `service.name`
    pub const SERVICE_NAME: &str = "service.name";
    /// `service.version`
    pub const SERVICE_VERSION: &str = "service.version";
    /// `deployment.environment.name`
    pub const DEPLOYMENT_ENVIRONMENT: &str = "deployment.environment.name";
}

/// Targets of the library's own `tracing` events.
pub mod target {
    /// Warnings about obs itself.
    pub const OBS: &str = "obs";
}
