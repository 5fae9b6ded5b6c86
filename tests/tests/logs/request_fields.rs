//! Fields that handlers record on `tracing` spans, as they do with tracing-actix-web and tower-http.

use std::fmt;

use axum::{Router, routing::get};
use obs_axum::ObsLayer;
use obs_core::{Obs, ObsBuilder, context};
use obs_tests::{
    DEADLINE,
    logs::{LogBuffer, LogLine},
    spans::{SpanBuffer, value},
};
use opentelemetry_sdk::trace::SpanData;
use tracing::{Span, debug_span, field, info, info_span, instrument};
use tracing_subscriber::prelude::*;

use crate::app;

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

/// Logs and records itself whenever it is formatted.
struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span::current().record("endless", field::debug(self));
        f.write_str("endless")
    }
}

#[instrument(skip_all, fields(tenant))]
async fn charge(order: u64) {
    info!(order, "charging");
    Span::current().record("tenant", "blue");
    Span::current().record("undeclared", "x");
}

#[instrument]
async fn load(cart_items: u64) {}

async fn order() -> &'static str {
    let span = Span::current();
    span.record("user_id", "user-1");
    span.record("user_id", "user-456");
    span.record("reset_token", "5ecr3t");
    span.record("panics", field::debug(Panics));
    span.record("endless", field::debug(Endless));
    span.record("long", "x".repeat(100_000));
    span.record("undeclared", "x");
    charge(7).await;
    load(3).await;
    debug_span!("below", below = 1);
    "done"
}

/// The lines and spans of one request.
fn seen(names: &[&str], set: impl FnOnce(ObsBuilder) -> ObsBuilder) -> (Vec<LogLine>, Vec<SpanData>) {
    let (lines, spans) = (LogBuffer::new(), SpanBuffer::new());
    let builder = Obs::builder("shop")
        .log_writer(lines.clone())
        .tracer_provider(spans.provider())
        .request_fields(names.iter().copied());
    let obs = set(builder).build().unwrap();
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .layer(ObsLayer::new().obs(&obs));
    app::run(&obs, async {
        assert_eq!(app::get(&app, "/orders/7", "req-7").await, 200);
    });
    obs.shutdown(DEADLINE).unwrap();
    (lines.json_lines(), spans.ended())
}

const NAMES: [&str; 8] = [
    "user_id",
    "tenant",
    "reset_token",
    "panics",
    "endless",
    "long",
    "cart_items",
    "below",
];

#[test]
fn what_is_recorded_on_spans_of_a_request_is_on_its_line_and_its_span() {
    for filter in ["info", "error,obs::request=info"] {
        let (lines, spans) = seen(&NAMES, |builder| builder.log_filter(filter));
        let line = lines.iter().find(|line| line.is_request_line()).unwrap();
        let server = spans.iter().find(|span| span.name == "GET /orders/{id}").unwrap();
        for (key, expected) in [
            ("user_id", "user-456"),
            ("tenant", "blue"),
            ("reset_token", "REDACTED"),
            ("panics", "<panicked while formatting>"),
        ] {
            assert_eq!(line.str(key), expected);
            assert_eq!(value(server, key), Some(&expected.into()));
        }
        assert!((line.number("cart_items") - 3.0).abs() < f64::EPSILON);
        assert_eq!(value(server, "cart_items"), Some(&3.into()));
        assert!(line.str("endless").contains("endless"));
        assert!((10_000..20_000).contains(&line.str("long").len()));
        assert!(line.get("undeclared").is_none() && line.get("below").is_none() && line.get("order").is_none());
        let names: Vec<_> = spans.iter().map(|span| span.name.as_ref()).collect();
        assert_eq!(names, ["charge", "load", "GET /orders/{id}"]);
    }
}

#[test]
fn without_the_names_nothing_of_spans_is_on_the_line() {
    let (lines, spans) = seen(&[], |builder| builder);
    let line = lines.iter().find(|line| line.is_request_line()).unwrap();
    assert!(NAMES.iter().all(|name| line.get(name).is_none()), "{line:?}");
    let server = spans.iter().find(|span| span.name == "GET /orders/{id}").unwrap();
    assert!(NAMES.iter().all(|name| value(server, name).is_none()));
}

#[test]
fn a_span_around_the_layer_and_one_that_lives_on_belong_to_the_request_they_are_recorded_in() {
    let lines = LogBuffer::new();
    let obs = Obs::builder("shop")
        .log_writer(lines.clone())
        .request_fields(["user_id", "late"])
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    let _default = subscriber.set_default();
    let first = context::current();
    assert!(first.is_none());
    let around = info_span!("around", user_id = field::Empty);
    let one = obs.start_context();
    let (inner, other) = (one.clone(), obs.start_context());
    let within = context::run_in(one, || {
        around.record("user_id", "user-1");
        info_span!("within", late = field::Empty)
    });
    context::run_in(other.clone(), || {
        within.record("late", true);
        around.record("user_id", "user-2");
    });
    let fields = |request: &context::RequestContext| format!("{:?}", request.fields());
    assert!(
        fields(&inner).contains("user-1") && fields(&inner).contains("Bool(true)"),
        "{}",
        fields(&inner)
    );
    assert!(
        fields(&other).contains("user-2") && !fields(&other).contains("late"),
        "{}",
        fields(&other)
    );
}

#[test]
fn names_that_can_not_be_are_errors() {
    for (name, expected) in [
        ("", "request_fields is \"\""),
        ("endpoint", "\"endpoint\""),
        ("trace_id", "\"trace_id\""),
    ] {
        let error = Obs::builder("shop")
            .request_fields([name])
            .build()
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    let many = (0..17).map(|n| format!("field_{n}"));
    let error = Obs::builder("shop")
        .request_fields(many)
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.contains("at most 16 names"), "{error}");
}
