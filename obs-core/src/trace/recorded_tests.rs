//! Child spans in the flight recorder, and those that are exported with an unsampled request.

use std::{
    io::sink,
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{SpanReader, in_span_blocking, span};
use crate::{
    Obs, ObsBuilder,
    context::{FieldValue, run_in},
    recorder::{Filter, Record, SpanStatus},
    request::{BodySize, LayerState, Observation, RequestHead, ResponseHead},
};

/// The spans that are exported.
#[derive(Clone, Debug, Default)]
struct Exported(Arc<Mutex<Vec<SpanData>>>);

impl SpanReader for Exported {
    fn read(&self, span: &SpanData) {
        self.0.lock().unwrap().push(span.clone());
    }
}

fn builder() -> ObsBuilder {
    Obs::builder("test").log_writer(sink()).redact_fields(["tenant"])
}

fn subscribed(obs: &Obs, work: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, work);
}

fn record(obs: &Obs) -> Record {
    let mut records = obs.recorder().recent(&Filter::new());
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

/// Spans of each kind within each other.
fn work() {
    let outer = tracing::info_span!(
        "outer",
        items = 3,
        tenant = "secret",
        otel.kind = "client",
        late = tracing::field::Empty
    );
    outer.in_scope(|| {
        outer.record("late", "value");
        let _ = span("charge")
            .attribute("amount", 7)
            .attribute("password", "hunter2")
            .try_run_blocking(|| Err::<(), _>("refused"));
        tracing::debug_span!("too verbose").in_scope(|| ());
        tracing::info_span!("inner").in_scope(|| in_span_blocking("innermost", || ()));
    });
    drop(outer);
    in_span_blocking("last", || ());
}

fn check_children(record: &Record) {
    let find = |name: &str| record.spans.iter().find(|span| span.name == name).unwrap();
    let names: Vec<_> = record.spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["charge", "innermost", "inner", "outer", "last"]);
    let (outer, charge) = (find("outer"), find("charge"));
    for (name, parent) in [
        ("outer", record.span_id),
        ("last", record.span_id),
        ("charge", outer.span_id),
        ("inner", outer.span_id),
        ("innermost", find("inner").span_id),
    ] {
        assert_eq!(find(name).parent_id, Some(parent), "{name}");
    }
    assert_eq!((outer.kind, charge.kind), ("client", "internal"));
    assert_eq!(
        (charge.status, find("last").status),
        (SpanStatus::Error, SpanStatus::Ok)
    );
    let value = |span: &crate::recorder::SpanRecord, key: &str| {
        let found = span.attributes.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.clone())
    };
    assert_eq!(value(charge, "amount"), Some(FieldValue::I64(7)));
    assert_eq!(value(outer, "late"), Some("value".into()));
    assert_eq!(value(outer, "items"), Some(FieldValue::I64(3)));
    for (span, key) in [(charge, "password"), (outer, "tenant")] {
        assert_eq!(value(span, key), Some("REDACTED".into()), "{key}");
    }
}

#[test]
fn spans_of_a_job_that_is_not_sampled_are_recorded_alone() {
    let exported = Exported::default();
    let obs = builder()
        .sample_ratio(0.0)
        .span_reader(exported.clone())
        .build()
        .unwrap();
    subscribed(&obs, || run_in(obs.start_context(), work));
    check_children(&record(&obs));
    assert!(exported.0.lock().unwrap().is_empty());
}

#[test]
fn spans_of_a_job_that_is_sampled_are_recorded_as_they_are_exported() {
    let exported = Exported::default();
    let obs = builder()
        .sample_ratio(1.0)
        .span_reader(exported.clone())
        .build()
        .unwrap();
    let context = obs.start_context();
    // A job has no span of its own: its spans have no parent.
    subscribed(&obs, || run_in(context, || in_span_blocking("job", work)));
    let record = record(&obs);
    let exported = exported.0.lock().unwrap();
    assert_eq!(record.spans.len(), 6);
    for span in &record.spans {
        let id = span.span_id.get().to_be_bytes();
        let found = exported
            .iter()
            .find(|found| found.span_context.span_id().to_bytes() == id)
            .unwrap();
        let parent = span.parent_id.map_or([0; 8], |id| id.get().to_be_bytes());
        assert_eq!((&*found.name, found.parent_span_id.to_bytes()), (&*span.name, parent));
    }
}

#[test]
fn names_of_spans_have_no_secrets_sampled_or_not() {
    for ratio in [0.0, 1.0] {
        let obs = builder()
            .sample_ratio(ratio)
            .span_reader(Exported::default())
            .build()
            .unwrap();
        let name = "GET https://shop:hunter2@example.com/?token=hunter2".to_owned();
        subscribed(&obs, || run_in(obs.start_context(), || in_span_blocking(name, || ())));
        let spans = record(&obs).spans;
        assert!(
            spans.len() == 1 && !spans[0].name.contains("hunter2"),
            "{ratio}: {spans:?}"
        );
    }
}

#[test]
fn spans_of_an_instance_without_an_export_are_recorded() {
    let obs = builder().sample_ratio(1.0).build().unwrap();
    subscribed(&obs, || run_in(obs.start_context(), work));
    check_children(&record(&obs));
}

/// A request that is not sampled, and ends with this status.
fn request(obs: &Obs, status: u16) {
    let layer = LayerState::default().with(|options| options.common.record_into(obs));
    let head = RequestHead {
        method: "GET",
        path: "/orders/7",
        endpoint: Some("/orders/{id}"),
        ..RequestHead::default()
    };
    let mut observation = Observation::start(layer.instrument(), &head, &());
    observation.run(work);
    observation.head(&ResponseHead {
        status,
        headers: &(),
        body: BodySize::Empty,
        endpoint: None,
    });
}

#[test]
fn a_request_that_fails_is_exported_with_its_children_and_one_that_succeeds_is_not() {
    let exported = Exported::default();
    let obs = builder()
        .sample_ratio(0.0)
        .keep_errors(true)
        .span_reader(exported.clone())
        .build()
        .unwrap();
    subscribed(&obs, || request(&obs, 200));
    assert!(exported.0.lock().unwrap().is_empty());
    subscribed(&obs, || request(&obs, 503));
    let spans = exported.0.lock().unwrap();
    let server = spans.iter().find(|span| span.span_kind == SpanKind::Server).unwrap();
    assert_eq!(spans.len(), 6);
    let ids: Vec<_> = spans.iter().map(|span| span.span_context.span_id()).collect();
    for span in spans.iter().filter(|span| span.span_kind != SpanKind::Server) {
        assert_eq!(span.span_context.trace_id(), server.span_context.trace_id());
        assert!(
            span.span_context.is_sampled() && ids.contains(&span.parent_span_id),
            "{}",
            span.name
        );
        assert!(span.start_time >= server.start_time - Duration::from_millis(5));
        assert_eq!(span.instrumentation_scope.name(), server.instrumentation_scope.name());
    }
    let charge = spans.iter().find(|span| span.name == "charge").unwrap();
    let has = |key: &str, value: &str| {
        let mut attributes = charge.attributes.iter();
        attributes.any(|attribute| attribute.key.as_str() == key && attribute.value.as_str() == value)
    };
    assert!(has("password", "REDACTED") && has("amount", "7") && has("exception.message", "refused"));
    let page = String::from_utf8(obs.registry().render(crate::metrics::Format::OpenMetrics)).unwrap();
    let exemplar = format!("span_id=\"{}\"", server.span_context.span_id());
    assert!(page.contains(&exemplar), "{page}");
}
