//! Every way in which a request can end, in every signal.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use serde_json::Value;

use super::*;
use crate::{Obs, context, logs::LogFormat, metrics::Format};

/// One instance with all signals captured.
struct Bench {
    obs: Obs,
    layer: LayerState,
    spans: InMemorySpanExporter,
    lines: Lines,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bench {
    fn new(change: impl FnOnce(&mut Options)) -> Self {
        let spans = InMemorySpanExporter::default();
        let lines = Lines::default();
        let obs = Obs::builder("test")
            .log_format(LogFormat::Json)
            .log_writer(lines.clone())
            .log_filter("info")
            .tracer_provider(SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build())
            .build()
            .unwrap();
        let layer = LayerState::default().with(|options| {
            options.common.record_into(&obs);
            change(options);
        });
        Self {
            obs,
            layer,
            spans,
            lines,
        }
    }

    fn start(&self, method: &str, endpoint: Option<&str>) -> Observation {
        let head = RequestHead {
            method,
            path: "/users/7",
            endpoint,
            ..Default::default()
        };
        Observation::start(self.layer.instrument(), &head, &())
    }

    /// The one line and the one span that a request has left.
    fn record(&self) -> (Value, SpanData) {
        let spans = self.spans.get_finished_spans().unwrap();
        let lines = self.lines();
        assert_eq!((lines.len(), spans.len()), (1, 1), "{lines:?} {spans:?}");
        assert!(
            self.page()
                .contains("http_requests_in_flight{method=\"GET\",endpoint=\"/users/{id}\"} 0\n")
        );
        (lines.into_iter().next().unwrap(), spans.into_iter().next().unwrap())
    }

    fn lines(&self) -> Vec<Value> {
        self.obs.shutdown(Duration::from_secs(5)).unwrap();
        let text = String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        // Without those that say that there is no subscriber.
        lines.filter(|line| line["target"] != "obs").collect()
    }

    fn page(&self) -> String {
        String::from_utf8(self.obs.registry().render(Format::Text)).unwrap()
    }

    /// The lines of the page that tell of requests and errors.
    fn counters(&self) -> Vec<String> {
        let page = self.page();
        let wanted = |line: &&str| line.starts_with("http_requests_total") || line.starts_with("http_errors_total");
        page.lines().filter(wanted).map(str::to_owned).collect()
    }
}

fn default_bench() -> Bench {
    Bench::new(|_| ())
}

fn head(status: u16, body: BodySize) -> ResponseHead<'static> {
    ResponseHead {
        status,
        headers: &(),
        body,
        endpoint: None,
    }
}

fn total(status: &str, outcome: &str) -> String {
    format!(
        "http_requests_total{{method=\"GET\",endpoint=\"/users/{{id}}\",status=\"{status}\",outcome=\"{outcome}\"}} 1"
    )
}

fn error(error_type: &str) -> String {
    format!("http_errors_total{{method=\"GET\",endpoint=\"/users/{{id}}\",error_type=\"{error_type}\"}} 1")
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    span.attributes
        .iter()
        .find(|known| known.key.as_str() == key)
        .map(|known| known.value.to_string())
}

#[test]
fn an_answer_is_ok_after_its_last_byte_and_not_before() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    observation.head(&head(200, BodySize::Exact(10)));
    observation.body_bytes(4, false);
    assert_eq!(bench.counters(), [""; 0]);
    observation.body_bytes(6, false);
    assert_eq!(bench.counters(), [total("200", "ok")]);
    drop(observation);
    let (line, span) = bench.record();
    assert_eq!(
        (line["outcome"].as_str(), line["response_bytes"].as_u64()),
        (Some("ok"), Some(10))
    );
    assert_eq!(
        line["trace_id"].as_str(),
        Some(span.span_context.trace_id().to_string().as_str())
    );
    assert_eq!(attribute(&span, "http.response.status_code").as_deref(), Some("200"));
    assert_eq!(span.name, "GET /users/{id}");
    assert_eq!(bench.counters(), [total("200", "ok")]);
}

#[test]
fn while_it_runs_a_request_shows_the_bytes_of_both_bodies() {
    let bench = default_bench();
    let shown = || {
        let [running] = <[_; 1]>::try_from(bench.obs.recorder().running()).unwrap();
        (running.request_bytes, running.response_bytes)
    };
    let mut announced = bench.start("GET", None);
    assert_eq!(shown(), (None, 0));
    announced.request_size(12);
    assert_eq!(shown(), (Some(12), 0));
    drop(announced);
    let mut counted = bench.start("GET", None);
    let counter = counted.count_request_body().unwrap();
    counted.run(|| counter.add(5));
    assert_eq!(shown(), (Some(5), 0));
    counted.run(|| counter.add(2));
    counted.head(&head(200, BodySize::Exact(9)));
    counted.body_bytes(4, false);
    assert_eq!(shown(), (Some(7), 4));
    drop(counted);
    let record = bench.obs.recorder().recent(&crate::recorder::Filter::new()).remove(0);
    assert_eq!((record.request_bytes, record.response_bytes), (Some(7), 4));
}

#[test]
fn a_request_dropped_before_its_head_is_cancelled_with_499_and_no_error() {
    let bench = default_bench();
    drop(bench.start("GET", Some("/users/{id}")));
    assert_eq!(bench.counters(), [total("499", "cancelled")]);
    let (line, span) = bench.record();
    assert_eq!(
        (line["status"].as_u64(), line["level"].as_str()),
        (Some(499), Some("info"))
    );
    assert_eq!(
        (span.status.clone(), attribute(&span, "http.response.status_code")),
        (Status::Unset, None)
    );
}

#[test]
fn a_body_dropped_half_way_is_aborted_with_the_status_that_was_sent() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    observation.head(&head(200, BodySize::Unknown));
    observation.body_bytes(4, false);
    drop(observation);
    assert_eq!(bench.counters(), [total("200", "aborted")]);
    assert_eq!(bench.record().0["response_bytes"].as_u64(), Some(4));
}

#[test]
fn a_body_that_ends_before_its_size_is_a_body_error_with_a_word_of_its_own() {
    for is_last in [true, false] {
        let bench = default_bench();
        let mut observation = bench.start("GET", Some("/users/{id}"));
        observation.head(&head(200, BodySize::Exact(10)));
        observation.body_bytes(4, is_last);
        observation.end();
        assert_eq!(bench.counters(), [error("incomplete_body"), total("200", "body_error")]);
        let (line, span) = bench.record();
        assert_eq!(
            (line["error_type"].as_str(), line["level"].as_str()),
            (Some("incomplete_body"), Some("error"))
        );
        assert_eq!(attribute(&span, "error.type").as_deref(), Some("incomplete_body"));
        assert_eq!(span.status, Status::error(""));
    }
}

#[test]
fn a_body_of_another_size_than_its_content_length_is_an_error_although_it_ends() {
    for (declared, exact, word) in [
        (10, 5, "incomplete_body"),
        (5, 10, "oversized_body"),
        (10, 0, "incomplete_body"),
    ] {
        let bench = default_bench();
        let mut observation = bench.start("GET", Some("/users/{id}"));
        observation.head(&head(200, BodySize::Contradicted { declared, exact }));
        observation.body_bytes(exact, false);
        assert_eq!(bench.counters(), [error(word), total("200", "body_error")]);
    }
}

#[test]
fn a_5xx_is_an_error_of_the_server_whatever_becomes_of_its_body() {
    type End = fn(Observation);
    let ends: [(&str, End); 5] = [
        ("dropped unread", drop),
        ("left half-way", |mut observation| {
            observation.enter_body().leave();
            observation.body_bytes(4, false);
        }),
        ("failed", |mut observation| observation.body_error()),
        ("short", |mut observation| observation.end()),
        ("whole", |mut observation| observation.body_bytes(10, true)),
    ];
    for (what, end) in ends {
        let bench = default_bench();
        let mut observation = bench.start("GET", Some("/users/{id}"));
        observation.head(&head(503, BodySize::Exact(10)));
        end(observation);
        assert_eq!(bench.counters(), [error("503"), total("503", "server_error")], "{what}");
        let (line, span) = bench.record();
        assert_eq!(
            (line["error_type"].as_str(), line["level"].as_str()),
            (Some("503"), Some("error"))
        );
        assert_eq!(
            (span.status.clone(), attribute(&span, "error.type").as_deref()),
            (Status::error(""), Some("503"))
        );
    }
}

#[test]
fn a_body_that_nobody_asked_for_counts_by_the_status_and_one_that_was_left_is_aborted() {
    for (status, outcome) in [(200, "ok"), (302, "ok"), (404, "client_error")] {
        for (is_asked_for, expected) in [(false, outcome), (true, "aborted")] {
            let bench = default_bench();
            let mut observation = bench.start("GET", Some("/users/{id}"));
            observation.head(&head(status, BodySize::Unknown));
            if is_asked_for {
                observation.enter_body().leave();
            }
            // What the body drops runs in the context of the request, which asks for nothing.
            observation.enter().leave();
            drop(observation);
            assert_eq!(bench.counters(), [total(&status.to_string(), expected)]);
        }
    }
}

#[test]
fn a_failing_body_is_an_error_of_its_own_type() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    observation.head(&head(200, BodySize::Unknown));
    observation.body_error();
    assert_eq!(bench.counters(), [error("body_error"), total("200", "body_error")]);
    let (line, span) = bench.record();
    assert_eq!(line["level"].as_str(), Some("error"));
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("body_error"));
}

#[test]
fn a_panic_is_told_from_a_cancellation_even_when_it_is_caught_outside() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let polling = observation.enter();
        assert!(context::current().is_none(), "on purpose");
        polling.leave();
    }));
    assert!(caught.is_err() && context::current().is_none());
    drop(observation);
    assert_eq!(bench.counters(), [error("panic"), total("500", "panic")]);
    let (line, span) = bench.record();
    assert_eq!(
        (line["error_type"].as_str(), line["level"].as_str()),
        (Some("panic"), Some("error"))
    );
    assert_eq!(
        (span.status.clone(), attribute(&span, "http.response.status_code")),
        (Status::error(""), None)
    );
}

#[test]
fn an_error_of_the_service_counts_as_500() {
    let bench = default_bench();
    bench.start("GET", Some("/users/{id}")).service_error();
    assert_eq!(bench.counters(), [error("500"), total("500", "server_error")]);
    assert_eq!(bench.record().0["error_type"].as_str(), Some("500"));
}

#[test]
fn a_classifier_names_errors_and_may_panic() {
    let bench = Bench::new(|options| {
        options.classify(|head| match head.status {
            503 => Some("overload"),
            _ => panic!("on purpose"),
        });
    });
    for status in [503, 502] {
        bench
            .start("GET", Some("/users/{id}"))
            .head(&head(status, BodySize::Empty));
    }
    let errors: Vec<_> = bench
        .counters()
        .into_iter()
        .filter(|line| line.contains("error_type"))
        .collect();
    assert_eq!(errors, [error("502"), error("overload")]);
}

#[test]
fn a_stream_by_nature_is_counted_at_its_head_and_its_life_elsewhere() {
    let bench = Bench::new(|options| options.streaming.push("/users/{id}".into()));
    let mut observation = bench.start("GET", Some("/users/{id}"));
    observation.head(&head(200, BodySize::Unknown));
    assert_eq!(bench.counters(), [total("200", "ok")]);
    drop(observation);
    assert_eq!(bench.counters(), [total("200", "ok")]);
    assert!(
        bench
            .page()
            .contains("http_stream_duration_seconds_count{method=\"GET\",endpoint=\"/users/{id}\"} 1\n")
    );
    assert_eq!(bench.record().0["outcome"].as_str(), Some("ok"));
}

#[test]
fn a_stream_guard_records_the_life_of_an_upgraded_connection() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    let polling = observation.enter();
    let guard = StreamGuard::start();
    polling.leave();
    observation.head(&head(101, BodySize::Empty));
    assert_eq!(bench.counters(), [total("101", "ok")]);
    let lifetimes = "http_stream_duration_seconds_count{method=\"GET\",endpoint=\"/users/{id}\"} 1\n";
    assert!(!bench.page().contains(lifetimes));
    drop(guard);
    assert!(bench.page().contains(lifetimes));
}

#[test]
fn a_stream_guard_outside_of_any_request_records_nothing() {
    drop(StreamGuard::start());
    let bench = default_bench();
    bench
        .start("GET", Some("/users/{id}"))
        .head(&head(200, BodySize::Empty));
    assert!(!bench.page().contains("http_stream_duration_seconds_count{"));
}

#[test]
fn each_of_two_nested_observations_has_its_own_streams() {
    let bench = default_bench();
    let (mut outer, mut inner) = (bench.start("GET", Some("/outer")), bench.start("GET", Some("/inner")));
    let around = outer.enter();
    let guard_of_outer = StreamGuard::start();
    let within = inner.enter();
    // Of two, the last one counts.
    drop((StreamGuard::start(), StreamGuard::start()));
    let guard_of_inner = StreamGuard::start();
    within.leave();
    around.leave();
    inner.head(&head(101, BodySize::Empty));
    outer.head(&head(101, BodySize::Empty));
    let lifetimes = |endpoint: &str| {
        let series = format!("http_stream_duration_seconds_count{{method=\"GET\",endpoint=\"{endpoint}\"}} 1\n");
        bench.page().contains(&series)
    };
    drop(guard_of_inner);
    assert_eq!((lifetimes("/outer"), lifetimes("/inner")), (false, true));
    drop(guard_of_outer);
    assert!(lifetimes("/outer"));
}

#[test]
fn a_skipped_route_leaves_no_signal_but_has_ids_to_pass_on() {
    let bench = Bench::new(|options| options.skip.template("/users/{id}"));
    let mut observation = bench.start("GET", Some("/users/{id}"));
    assert!(observation.context().is_some());
    observation.head(&head(200, BodySize::Empty));
    assert_eq!((bench.counters().len(), bench.lines().len()), (0, 0));
    assert!(bench.spans.get_finished_spans().unwrap().is_empty());
}

#[test]
fn without_logs_and_traces_there_is_no_context() {
    let bench = Bench::new(|options| {
        options.common.logs = false;
        options.common.traces = false;
    });
    let mut observation = bench.start("GET", Some("/users/{id}"));
    assert!(observation.context().is_none());
    observation.head(&head(200, BodySize::Empty));
    assert_eq!(bench.counters(), [total("200", "ok")]);
}

#[test]
fn the_hook_sees_every_end_and_may_panic() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&seen);
    let bench = Bench::new(|options| {
        options.on_finish(move |finished| {
            hook.lock()
                .unwrap()
                .push((finished.endpoint.to_owned(), finished.status, finished.outcome));
            panic!("on purpose");
        });
    });
    bench.start("GET", None).head(&head(404, BodySize::Empty));
    drop(bench.start("GET", Some("/users/{id}")));
    let expected = [
        ("unmatched".to_owned(), 404, Outcome::ClientError),
        ("/users/{id}".to_owned(), 499, Outcome::Cancelled),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn the_route_that_the_head_tells_is_that_of_every_signal() {
    for metrics in [true, false] {
        let bench = Bench::new(|options| options.common.metrics = metrics);
        let mut observation = bench.start("GET", Some("/items/{id}"));
        observation.head(&ResponseHead {
            endpoint: Some("/users/{id}"),
            ..head(200, BodySize::Empty)
        });
        if metrics {
            assert_eq!(bench.counters(), [total("200", "ok")]);
        }
        let (lines, spans) = (bench.lines(), bench.spans.get_finished_spans().unwrap());
        assert_eq!(lines[0]["endpoint"].as_str(), Some("/users/{id}"));
        let routes: Vec<_> = spans[0]
            .attributes
            .iter()
            .filter(|known| known.key.as_str() == "http.route")
            .collect();
        assert_eq!((&*spans[0].name, routes.len()), ("GET /users/{id}", 1));
        assert_eq!(routes[0].value.as_str(), "/users/{id}");
    }
}

#[test]
fn a_route_that_the_head_takes_back_is_on_no_span() {
    let bench = default_bench();
    let mut observation = bench.start("GET", Some("/users/{id}"));
    observation.head(&ResponseHead {
        endpoint: Some("unmatched"),
        ..head(404, BodySize::Empty)
    });
    let span = bench.spans.get_finished_spans().unwrap().remove(0);
    assert_eq!((&*span.name, attribute(&span, "http.route")), ("GET", None));
    assert_eq!(bench.lines()[0]["endpoint"].as_str(), Some("unmatched"));
}

#[test]
fn an_error_that_is_answered_out_of_sight_has_its_status_and_no_size() {
    for (status, outcome) in [(401, "client_error"), (503, "server_error")] {
        let bench = default_bench();
        bench
            .start("GET", Some("/users/{id}"))
            .service_error_with_status(status);
        assert!(bench.counters().contains(&total(&status.to_string(), outcome)));
        assert!(!bench.page().contains("http_response_size_bytes_count{"));
        let (line, span) = bench.record();
        assert_eq!(
            (line["status"].as_u64(), line.get("response_bytes")),
            (Some(status.into()), None)
        );
        assert_eq!(attribute(&span, "http.response.status_code"), Some(status.to_string()));
    }
}

#[path = "failure_tests.rs"]
mod failures;
