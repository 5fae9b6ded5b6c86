use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use obs_core::request::Outcome;
use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _},
};

use super::*;
use crate::{logs::LogBuffer, spans::SpanBuffer};

/// A service that records by hand, one known kind of request, so that tests can make it err.
struct Toy {
    requests: Arc<Mutex<u32>>,
    logs: LogBuffer,
    spans: SpanBuffer,
}

impl Toy {
    fn new() -> Self {
        Self { requests: Arc::default(), logs: LogBuffer::new(), spans: SpanBuffer::new() }
    }

    fn observer(&self) -> Observer {
        let requests = Arc::clone(&self.requests);
        Observer::new(move || page(*requests.lock().unwrap())).logs(&self.logs).spans(&self.spans)
    }

    fn count(&self) {
        *self.requests.lock().unwrap() += 1;
    }

    /// A 502 of `/o/{id}` that took 200 ms and sent 7 bytes; the line goes by the span's ids.
    fn span(&self, status: i64) -> (String, String) {
        let provider = self.spans.provider();
        let tracer = provider.tracer("toy");
        let start = SystemTime::now();
        let mut span =
            tracer.span_builder("GET /o/{id}").with_kind(SpanKind::Server).with_start_time(start).start(&tracer);
        span.set_attributes([
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("http.route", "/o/{id}"),
            KeyValue::new("url.path", "/o/7"),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("http.response.status_code", status),
            KeyValue::new("error.type", "502"),
        ]);
        span.set_status(Status::error(""));
        let context = span.span_context().clone();
        span.end_with_timestamp(start + Duration::from_millis(200));
        (context.trace_id().to_string(), context.span_id().to_string())
    }

    fn line(&self, (trace_id, span_id): (String, String), duration_ms: f64) {
        writeln!(
            self.logs.clone(),
            r#"{{"level":"error","target":"obs::request","request_id":"r","trace_id":"{trace_id}","span_id":"{span_id}","method":"GET","endpoint":"/o/{{id}}","path":"/o/7","status":502,"outcome":"server_error","error_type":"502","duration":"0.2000s","duration_ms":{duration_ms},"head_ms":1.5,"response_bytes":7}}"#
        )
        .unwrap();
    }

    fn request(&self) {
        self.count();
        self.line(self.span(502), 200.0);
    }
}

fn page(requests: u32) -> String {
    let (seconds, bytes) = (f64::from(requests) * 0.2, requests * 7);
    let (pair, labels) = ("method=\"GET\",endpoint=\"/o/{id}\"", "method=\"GET\",endpoint=\"/o/{id}\",status=\"502\"");
    format!(
        "# HELP http_requests_total x\n# TYPE http_requests_total counter\n\
         http_requests_total{{{labels},outcome=\"server_error\"}} {requests}\n\
         # HELP http_errors_total x\n# TYPE http_errors_total counter\n\
         http_errors_total{{{pair},error_type=\"502\"}} {requests}\n\
         # HELP http_requests_in_flight x\n# TYPE http_requests_in_flight gauge\nhttp_requests_in_flight{{{pair}}} 0\n\
         # HELP http_request_duration_seconds x\n# TYPE http_request_duration_seconds histogram\n\
         http_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} {requests}\n\
         http_request_duration_seconds_sum{{{labels}}} {seconds}\n\
         http_request_duration_seconds_count{{{labels}}} {requests}\n\
         # HELP http_response_size_bytes x\n# TYPE http_response_size_bytes histogram\n\
         http_response_size_bytes_bucket{{{pair},le=\"+Inf\"}} {requests}\n\
         http_response_size_bytes_sum{{{pair}}} {bytes}\nhttp_response_size_bytes_count{{{pair}}} {requests}\n"
    )
}

fn expected() -> Expected {
    Expected::new("GET", "/o/{id}", 502, Outcome::ServerError).response_bytes(7).at_least(Duration::from_millis(200))
}

/// The panic's message of a check that must fail.
#[track_caller]
fn refused(toy: &Toy, requests: impl FnOnce(), row: Expected) -> String {
    let mut observer = toy.observer();
    let mark = observer.mark();
    requests();
    let failure = catch_unwind(AssertUnwindSafe(|| observer.check(&mark, &[row]))).expect_err("a row that must fail");
    failure.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn requests_seen_once_by_every_signal_pass() {
    let toy = Toy::new();
    let mut observer = toy.observer();
    for times in [1, 3] {
        let mark = observer.mark();
        (0..times).for_each(|_| toy.request());
        let page = observer.check(&mark, &[expected().times(times)]);
        assert!(page.family("http_requests_total").is_some());
    }
    observer.finish();
}

#[test]
fn what_is_recorded_twice_is_refused() {
    let toy = Toy::new();
    assert!(refused(&toy, || (0..2).for_each(|_| toy.request()), expected()).contains("counts"));
    let twice_logged = || {
        toy.count();
        let ids = toy.span(502);
        toy.line(ids.clone(), 200.0);
        toy.line(ids, 200.0);
    };
    assert!(refused(&toy, twice_logged, expected()).contains("request lines"));
    let twice_traced = || {
        toy.request();
        toy.span(502);
    };
    assert!(refused(&toy, twice_traced, expected()).contains("server spans"));
}

#[test]
fn what_is_recorded_late_and_twice_is_found_at_the_end() {
    let toy = Toy::new();
    let mut observer = toy.observer();
    let mark = observer.mark();
    toy.request();
    observer.check(&mark, &[expected()]);
    toy.span(502);
    let failure = catch_unwind(AssertUnwindSafe(|| observer.finish())).unwrap_err();
    assert!(failure.downcast_ref::<String>().unwrap().contains("server spans"));
}

#[test]
fn a_signal_that_says_something_else_is_refused() {
    let toy = Toy::new();
    assert!(refused(&toy, || toy.request(), expected().response_bytes(8)).contains("bytes in"));
    assert!(refused(&toy, || toy.request(), expected().error_type("card")).contains("counts"));
    assert!(refused(&toy, || toy.request(), expected().level("warn")).contains("level"));
    assert!(refused(&toy, || toy.request(), expected().at_least(Duration::from_secs(1))).contains("histogram"));
    assert!(refused(&toy, || toy.request(), expected().at_most(Duration::from_millis(1))).contains("histogram"));
    assert!(refused(&toy, || toy.request(), expected().stream()).contains("counts"));
    let wrong_span = || {
        toy.count();
        toy.line(toy.span(200), 200.0);
    };
    assert!(refused(&toy, wrong_span, expected()).contains("status_code"));
    let wrong_duration = || {
        toy.count();
        toy.line(toy.span(502), 250.0);
    };
    assert!(refused(&toy, wrong_duration, expected()).contains("two durations"));
    let foreign_span = || {
        toy.count();
        toy.span(502);
        toy.line(("0".repeat(32), "0".repeat(16)), 200.0);
    };
    assert!(refused(&toy, foreign_span, expected()).contains("no span of"));
}

#[test]
fn span_names_follow_the_conventions() {
    let name = |method, endpoint| Expected::new(method, endpoint, 200, Outcome::Ok).span_name();
    assert_eq!(name("GET", "/o/{id}"), "GET /o/{id}");
    assert_eq!(name("GET", "unmatched"), "GET");
    assert_eq!(name("BREW", "/o/{id}"), "HTTP /o/{id}");
    assert_eq!(name("BREW", "unmatched"), "HTTP");
}
