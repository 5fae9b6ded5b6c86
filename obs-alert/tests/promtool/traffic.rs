//! Traffic: what a service counts, step by step.

use metrics::{Label, counter, gauge, histogram, with_local_recorder};
use obs_alert::Naming;
use obs_core::metrics::{Convention, DURATION_BUCKETS, Registry};

use crate::replay::{Replay, STEP};

/// What happens within one step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Step {
    /// Requests that were answered well.
    pub(crate) ok: u64,
    /// Requests that failed.
    pub(crate) failed: u64,
    /// Requests that panicked.
    pub(crate) panics: u64,
    /// How long an answer took, in seconds.
    pub(crate) seconds: f64,
    /// Calls of other services, and those that failed.
    pub(crate) calls: (u64, u64),
    /// Database queries, and those that failed.
    pub(crate) queries: (u64, u64),
    /// Look-ups that were hits and misses.
    pub(crate) cache: (u64, u64),
    /// Connections in use, of 10.
    pub(crate) connections: u32,
    /// File descriptors in use, of 1 000.
    pub(crate) files: u32,
    /// Tasks that wait.
    pub(crate) queued: u32,
    /// Lines, spans and log records that are lost, series that overflow.
    pub(crate) lost: u64,
    /// The process starts anew before.
    pub(crate) restarts: bool,
}

/// A service under observation.
struct Service {
    registry: Registry,
    convention: Convention,
}

/// Records what happens at each step.
pub(crate) fn record(naming: &Naming, steps: usize, at: impl Fn(u64) -> Step) -> Replay {
    let mut replay = Replay::default();
    let mut service = Service::start(naming.convention());
    for (step, seconds) in (0..steps).zip((0..).step_by(usize::try_from(STEP).unwrap())) {
        let happened = at(seconds);
        if happened.restarts && step > 0 {
            service = Service::start(naming.convention());
        }
        with_local_recorder(&service.registry, || service.live(happened));
        replay.pages.push(service.registry.snapshot());
    }
    replay
}

// === impl Service ===

impl Service {
    fn start(convention: Convention) -> Self {
        let durations = ["http_request_duration_seconds", "http_server_request_duration_seconds"];
        let builder = durations.into_iter().fold(Registry::builder(), |builder, name| {
            builder.buckets(name, DURATION_BUCKETS)
        });
        Self {
            registry: builder.build().unwrap(),
            convention,
        }
    }

    fn live(&self, happened: Step) {
        let Step {
            ok,
            failed,
            panics,
            seconds,
            calls,
            queries,
            cache,
            connections,
            files,
            queued,
            lost,
            ..
        } = happened;
        self.answer("200", "ok", "", ok, seconds);
        self.answer("500", "server_error", "500", failed, seconds);
        match self.convention {
            Convention::Prometheus => self.answer("500", "panic", "panic", panics, seconds),
            Convention::OpenTelemetry => self.answer("", "panic", "panic", panics, seconds),
        }
        // Some clients always leave before the end: they count for nothing.
        self.answer("499", "cancelled", "", ok.min(1), 30.0);
        self.call("200", "ok", "", calls.0 - calls.1);
        self.call("503", "server_error", "503", calls.1);
        count(
            "db_queries_total",
            &[("pool", "orders"), ("operation", "find"), ("outcome", "ok")],
            queries.0 - queries.1,
        );
        count(
            "db_queries_total",
            &[("pool", "orders"), ("operation", "find"), ("outcome", "error")],
            queries.1,
        );
        count("cache_hits_total", &[("cache", "products")], cache.0);
        count("cache_misses_total", &[("cache", "products")], cache.1);
        gauge!("db_connections_active", "pool" => "orders").set(connections);
        gauge!("db_connections_max", "pool" => "orders").set(10);
        gauge!("process_open_fds").set(files);
        gauge!("process_max_fds").set(1_000);
        gauge!("tokio_global_queue_depth", "runtime" => "main").set(queued);
        gauge!("obs_build_info", "service" => "shop").set(1);
        for name in [
            "obs_log_lines_dropped_total",
            "obs_log_records_dropped_total",
            "obs_spans_dropped_total",
        ] {
            count(name, &[], lost);
        }
        count("obs_series_overflow_total", &[("metric", "jobs_total")], lost);
    }

    fn answer(&self, status: &str, outcome: &str, error_type: &str, times: u64, seconds: f64) {
        if times == 0 {
            return;
        }
        let path = [("method", "POST"), ("endpoint", "/checkout")];
        match self.convention {
            Convention::Prometheus => {
                count(
                    "http_requests_total",
                    &[path[0], path[1], ("status", status), ("outcome", outcome)],
                    times,
                );
                observe(
                    "http_request_duration_seconds",
                    &[path[0], path[1], ("status", status)],
                    times,
                    seconds,
                );
                if !error_type.is_empty() {
                    count(
                        "http_errors_total",
                        &[path[0], path[1], ("error_type", error_type)],
                        times,
                    );
                }
            }
            Convention::OpenTelemetry => {
                let status = if outcome == "cancelled" { "" } else { status };
                let labels = [
                    ("http_request_method", "POST"),
                    ("http_route", "/checkout"),
                    ("http_response_status_code", status),
                    ("error_type", error_type),
                ];
                observe("http_server_request_duration_seconds", &labels, times, seconds);
            }
        }
    }

    fn call(&self, status: &str, outcome: &str, error_type: &str, times: u64) {
        if times == 0 {
            return;
        }
        let host = [("method", "GET"), ("host", "bank")];
        match self.convention {
            Convention::Prometheus => {
                count(
                    "http_client_requests_total",
                    &[host[0], host[1], ("status", status), ("outcome", outcome)],
                    times,
                );
                if !error_type.is_empty() {
                    count(
                        "http_client_errors_total",
                        &[host[0], host[1], ("error_type", error_type)],
                        times,
                    );
                }
            }
            Convention::OpenTelemetry => {
                let labels = [
                    ("server_address", "bank"),
                    ("http_response_status_code", status),
                    ("error_type", error_type),
                ];
                observe("http_client_request_duration_seconds", &labels, times, 0.1);
            }
        }
    }
}

fn count(name: &'static str, labels: &[(&'static str, &str)], times: u64) {
    if times > 0 {
        counter!(name, of(labels)).increment(times);
    }
}

fn observe(name: &'static str, labels: &[(&'static str, &str)], times: u64, seconds: f64) {
    let histogram = histogram!(name, of(labels));
    for _ in 0..times {
        histogram.record(seconds);
    }
}

fn of(labels: &[(&'static str, &str)]) -> Vec<Label> {
    labels
        .iter()
        .map(|(key, value)| Label::new(*key, (*value).to_owned()))
        .collect()
}
