//! Log records at a collector.

use std::{
    env, fmt, iter,
    process::Command,
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, routing::get};
use obs_axum::{ObsLayer, WithError};
use obs_core::{Obs, ObsBuilder, context};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    otlp::{Answer, ReceivedLog, Receiver, Transport},
    scenario::Failing,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tracing::{Instrument as _, debug_span, error, info, info_span, warn};

use crate::app::{count, get as send, run};

/// The variable that says how records are sent, and its value for gRPC.
const OVER_GRPC: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");

/// What is no attribute of a record: it has a place of its own there.
const STRUCTURAL: [&str; 10] = [
    "timestamp",
    "level",
    "severity",
    "message",
    "target",
    "service",
    "version",
    "env",
    "trace_id",
    "span_id",
];

fn builder(buffer: &LogBuffer, receiver: &Receiver) -> ObsBuilder {
    Obs::builder("shop")
        .version("1.4.2")
        .environment("staging")
        .attribute("service.namespace", "retail")
        .log_writer(buffer.clone())
        .otlp_endpoint(receiver.endpoint())
        .otlp_logs(true)
}

/// A service whose handler logs in each way there is.
fn app(obs: &Obs) -> Router {
    async fn login() -> &'static str {
        context::set_field("user_id", "user-456");
        context::set_field("attempt", 2);
        context::set_field("big", u64::MAX);
        let span = info_span!(
            "check",
            stage = "password",
            user_id = "of the span",
            pin.secret = "s3cret"
        );
        async {
            info!(action = "login", ratio = 0.5, ok = true, attempt = 3_u64, "User action");
            warn!(target: "shop::audit", level = "taken", token = "s3cret", debug = ?Some(1), r#type = -1, "odd");
        }
        .instrument(span)
        .await;
        error!("no fields");
        "welcome"
    }
    Router::new()
        .route("/login/{id}", get(login))
        .layer(ObsLayer::new().obs(obs))
}

fn alike(json: &serde_json::Value, value: &Value) -> bool {
    match value {
        Value::StringValue(text) => json.as_str().map_or_else(|| json.to_string(), str::to_owned) == *text,
        Value::IntValue(value) => json.as_i64() == Some(*value),
        Value::DoubleValue(value) => json.as_f64().is_some_and(|json| (json - value).abs() < 1e-6),
        Value::BoolValue(value) => json.as_bool() == Some(*value),
        _ => false,
    }
}

/// A record says what the line says.
#[track_caller]
fn check(line: &LogLine, record: &ReceivedLog) {
    assert_eq!(record.body(), line.str("message"));
    assert_eq!(record.record.severity_text, line.str("severity"));
    assert_eq!(record.scope.name, line.str("target"));
    assert_eq!(
        (record.trace_id(), record.span_id()),
        (line.str("trace_id").into(), line.str("span_id").into())
    );
    assert!(record.record.time_unix_nano > 0 && record.record.time_unix_nano == record.record.observed_time_unix_nano);
    let mut keys: Vec<_> = line.keys().filter(|key| !STRUCTURAL.contains(key)).collect();
    keys.sort_unstable();
    assert_eq!(record.keys(), keys);
    for key in keys {
        let (json, value) = (line.get(key).unwrap(), record.attribute(key).unwrap());
        assert!(alike(json, value), "{key}: {json} and {value:?}");
    }
    let resource = [
        "service.name",
        "service.version",
        "deployment.environment.name",
        "service.namespace",
    ];
    assert_eq!(
        resource.map(|key| record.resource(key).unwrap()),
        ["shop", "1.4.2", "staging", "retail"]
    );
}

#[test]
fn the_error_of_a_failed_request_reaches_the_collector_as_its_line_says() {
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    let obs = builder(&buffer, &receiver).build().unwrap();
    let order = async || WithError::new(StatusCode::INTERNAL_SERVER_ERROR, Failing::Chained);
    let app = Router::new()
        .route("/order", get(order))
        .layer(ObsLayer::new().obs(&obs));
    assert_eq!(run(&obs, send(&app, "/order", "req-7")), 500);
    obs.shutdown(DEADLINE).unwrap();
    let (lines, records) = (buffer.json_lines(), receiver.logs());
    let ([line], [record]) = (&lines[..], &records[..]) else {
        panic!("{lines:?} {records:?}")
    };
    check(line, record);
    assert_eq!(record.str("error"), Some("order not placed"));
    assert_eq!(record.str("error_chain"), Some("payment failed: no answer within 2 s"));
}

/// Over HTTP/protobuf, or as the environment says.
#[test]
fn events_and_requests_reach_the_collector_as_their_lines_say() {
    let is_grpc = env::var(OVER_GRPC.0).is_ok_and(|value| value == OVER_GRPC.1);
    for ratio in [1.0, 0.0] {
        let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
        let obs = builder(&buffer, &receiver).sample_ratio(ratio).build().unwrap();
        let app = app(&obs);
        assert_eq!(run(&obs, send(&app, "/login/7?x=1", "req-7")), 200);
        obs.shutdown(DEADLINE).unwrap();

        let (lines, records) = (buffer.json_lines(), receiver.logs());
        assert_eq!((lines.len(), records.len()), (4, 4));
        for line in &lines {
            let record = records
                .iter()
                .find(|record| record.body() == line.str("message"))
                .unwrap();
            check(line, record);
            assert_eq!(record.str("request_id"), Some("req-7"));
            assert_eq!(record.record.flags & 1 == 1, ratio > 0.0);
            let transport = if is_grpc { Transport::Grpc } else { Transport::Http };
            assert_eq!(record.transport, transport);
            assert!(!format!("{record:?}{}", line.raw()).contains("s3cret"));
        }
        // The event's own field goes before that of the context, and that before the span's.
        assert_eq!((records_named(&records, "User action").int("attempt")), Some(3));
        assert_eq!(records_named(&records, "User action").str("user_id"), Some("user-456"));
        let spans = receiver.spans();
        assert_eq!(spans.len(), if ratio > 0.0 { 2 } else { 0 });
    }
}

fn records_named<'a>(records: &'a [ReceivedLog], body: &str) -> &'a ReceivedLog {
    records.iter().find(|record| record.body() == body).unwrap()
}

/// The environment belongs to a whole process, so this is one of its own.
#[test]
fn events_and_requests_reach_the_collector_over_grpc() {
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "otlp::events_and_requests_reach_the_collector_as_their_lines_say",
        ])
        .env(OVER_GRPC.0, OVER_GRPC.1)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn an_endpoint_alone_sends_no_records() {
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    let obs = Obs::builder("shop")
        .log_writer(buffer.clone())
        .otlp_endpoint(receiver.endpoint())
        .build()
        .unwrap();
    let app = app(&obs);
    run(&obs, send(&app, "/login/7", "req-7"));
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!((buffer.lines().len(), receiver.spans().len()), (4, 2));
    assert!(receiver.requests().iter().all(|request| request.path == "/v1/traces"));
}

#[test]
fn what_sampling_and_the_filter_leave_out_is_not_sent() {
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    let obs = builder(&buffer, &receiver)
        .request_log_sample_ratio(0.0)
        .log_filter("info,shop::audit=off");
    let obs = obs.build().unwrap();
    let app = app(&obs);
    run(&obs, async {
        send(&app, "/login/7", "req-7").await;
        obs.set_log_filter("off").unwrap();
        send(&app, "/login/8", "req-8").await;
        obs.set_log_filter("error").unwrap();
        send(&app, "/nowhere", "req-9").await;
        send(&app, "/login/9", "req-9").await;
    });
    obs.shutdown(DEADLINE).unwrap();
    let bodies: Vec<_> = receiver.logs().iter().map(|record| record.body().to_owned()).collect();
    assert_eq!(bodies, ["User action", "no fields", "no fields"]);
    assert_eq!(count(&obs, "obs_log_lines_sampled_out_total", &[]), 1);
}

/// Panics when it is formatted.
struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

#[test]
fn records_are_whole_whatever_is_logged() {
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    // Spans of DEBUG level are for the lines alone: what the bridge to traces does is its own affair.
    let obs = builder(&buffer, &receiver).log_filter("debug").build().unwrap();
    run(&obs, async {
        info!(bad = ?Panics, "unreadable");
        info!(long = %"ä".repeat(100_000), "long");
        let _span = debug_span!("s", bad = ?Panics).entered();
        info!(after = 1, "still here");
        let record = tracing_log::log::Record::builder()
            .args(format_args!("from a library"))
            .level(tracing_log::log::Level::Warn)
            .target("hyper::client")
            .file(Some("client.rs"))
            .build();
        tracing_log::format_trace(&record).unwrap();
    });
    obs.shutdown(DEADLINE).unwrap();
    let records = receiver.logs();
    assert_eq!(records.len(), 4);
    assert_eq!(
        records_named(&records, "unreadable").str("bad"),
        Some("<panicked while formatting>")
    );
    let long = records_named(&records, "long");
    assert!((30_000..=64 * 1024).contains(&long.str("long").unwrap().len()));
    assert_eq!(long.keys(), ["long", "truncated"]);
    assert_eq!(records_named(&records, "still here").int("after"), Some(1));
    let of_library = records_named(&records, "from a library");
    assert_eq!(
        (of_library.scope.name.as_str(), of_library.record.severity_text.as_str()),
        ("hyper::client", "WARN")
    );
    assert_eq!(of_library.keys(), ["bad"], "the field of its span");
}

/// What was not exported, for whatever reason.
fn dropped(obs: &Obs) -> u64 {
    ["queue_full", "export_failed", "export_timeout", "shutdown"]
        .map(|reason| count(obs, "obs_log_records_dropped_total", &[("reason", reason)]))
        .iter()
        .sum()
}

#[test]
fn a_collector_that_never_answers_costs_records_only() {
    const RECORDS: usize = 10_000;
    const PATIENCE: Duration = Duration::from_millis(500);
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    receiver.answer(Answer::Hang);
    let obs = builder(&buffer, &receiver).build().unwrap();
    run(&obs, async { iter::repeat_n((), RECORDS).for_each(|()| info!("x")) });
    let began = Instant::now();
    let unfinished = obs.shutdown(PATIENCE).unwrap_err().unfinished;
    assert!(
        began.elapsed() < PATIENCE + Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(unfinished, ["log export"]);
    assert_eq!(buffer.lines().len(), RECORDS, "lines don't wait for the collector");
    assert!(count(&obs, "obs_log_records_dropped_total", &[("reason", "queue_full")]) > 7_000);
    assert_eq!(dropped(&obs), RECORDS as u64);
}

#[test]
fn records_that_a_collector_rejects_are_counted() {
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    receiver.answer(Answer::Partial(2));
    let obs = builder(&buffer, &receiver).build().unwrap();
    run(&obs, async { iter::repeat_n((), 5).for_each(|()| info!("x")) });
    assert_eq!(obs.shutdown(DEADLINE).unwrap_err().unfinished, ["log export"]);
    assert_eq!((dropped(&obs), receiver.logs().len()), (2, 5));
}

#[test]
fn a_collector_that_comes_back_gets_the_next_records() {
    let (buffer, receiver) = (LogBuffer::new(), Receiver::start());
    receiver.answer(Answer::Status(400));
    let obs = builder(&buffer, &receiver).build().unwrap();
    run(&obs, async { info!("refused") });
    obs_tests::until(DEADLINE, || dropped(&obs) == 1);
    assert_eq!(
        count(&obs, "obs_log_records_dropped_total", &[("reason", "export_failed")]),
        1
    );
    receiver.answer(Answer::Accept);
    run(&obs, async { info!("taken") });
    receiver.wait_for_logs(DEADLINE, |records| records.len() == 1 && records[0].body() == "taken");
    obs.shutdown(DEADLINE).unwrap();
    run(&obs, async { info!("late") });
    assert_eq!(
        count(&obs, "obs_log_records_dropped_total", &[("reason", "shutdown")]),
        1
    );
}
