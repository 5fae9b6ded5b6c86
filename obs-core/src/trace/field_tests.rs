//! Fields of `tracing` and attributes of OpenTelemetry on their way to spans: what code of others does,
//! secrets, limits.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use opentelemetry::{
    Array, Context as OtelContext, KeyValue, Value,
    trace::{Span as _, Status, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanProcessor},
};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt;

use super::{SpanReader, Tracing, TracingConfig, testing::*};
use crate::{context::run_in, guard::Guarded, names::attribute as names, redact::Redactor, trace};

struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("on purpose")
    }
}

/// Logs and opens spans with itself in them whenever it is formatted.
struct Endless;

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::info!(me = ?self, "again");
        let _span = tracing::info_span!("again", me = ?self).entered();
        f.write_str("endless")
    }
}

/// Is its own source.
#[derive(Debug)]
struct Ring;

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("can't reach https://u:p@h/?token=s3cret")
    }
}

impl Error for Ring {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[derive(Clone, Debug, Default)]
struct Theirs(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Theirs {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &OtelContext) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// The spans that `work` makes in a request: on our own provider, then on a user's.
fn spans_of(work: impl Fn()) -> Vec<Vec<SpanData>> {
    let (ours, ended) = collecting_with(|_| {});
    let theirs = Theirs::default();
    let provider = SdkTracerProvider::builder().with_span_processor(theirs.clone()).build();
    let redactor = Arc::new(Redactor::with(["iban"]));
    let config = TracingConfig {
        provider: Some(provider.clone()),
        redactor,
        ..config(&|_| None)
    };
    let users = Tracing::start(config, Vec::new()).unwrap();
    for tracing in [&ours, &users] {
        let request = arrived(tracing);
        let subscriber = tracing_subscriber::registry().with(tracing.layer());
        tracing::subscriber::with_default(subscriber, || run_in(request.clone(), &work));
        finish(&request);
    }
    let theirs = std::mem::take(&mut *theirs.0.lock().unwrap());
    vec![ended.take(), theirs]
}

fn reader(collected: Collected) -> Box<Guarded<dyn SpanReader>> {
    Box::new(Guarded::new("a reader", collected))
}

fn collecting_with(change: impl FnOnce(&mut TracingConfig<'_>)) -> (Tracing, Collected) {
    let collected = Collected::default();
    let mut config = TracingConfig {
        redactor: Arc::new(Redactor::with(["iban"])),
        ..config(&|_| None)
    };
    change(&mut config);
    (
        Tracing::start(config, vec![reader(collected.clone())]).unwrap(),
        collected,
    )
}

fn values<'a>(attributes: &'a [KeyValue], key: &str) -> Vec<&'a Value> {
    attributes
        .iter()
        .filter(|attribute| attribute.key.as_str() == key)
        .map(|attribute| &attribute.value)
        .collect()
}

// === code of others ===

#[test]
fn a_field_whose_debug_panics_breaks_nothing_and_the_others_stay() {
    for spans in spans_of(|| {
        tracing::info!(before = 1, bad = ?Panics, after = 2, "m");
        tracing::info!("{Panics}");
        let span = tracing::info_span!("s", bad = ?Panics, after = 3, late = tracing::field::Empty);
        span.record("late", tracing::field::display(Panics));
        span.in_scope(|| tracing::info!(bad = %Panics, after = 4, "inside"));
        trace::set_attribute("still", "alive");
    }) {
        let (server, span) = (Collected::named(&spans, "server"), Collected::named(&spans, "s"));
        let [first, second] = &server.events.events[..] else {
            panic!("{server:?}")
        };
        assert_eq!(
            values(&first.attributes, "bad"),
            [&"<panicked while formatting>".into()]
        );
        assert_eq!(values(&first.attributes, "after"), [&Value::I64(2)]);
        assert_eq!(second.name, "<panicked while formatting>");
        assert_eq!(values(&server.attributes, "still"), [&"alive".into()]);
        assert_eq!(values(&span.attributes, "after"), [&Value::I64(3)]);
        for key in ["bad", "late"] {
            assert_eq!(values(&span.attributes, key), [&"<panicked while formatting>".into()]);
        }
        assert_eq!(values(&span.events.events[0].attributes, "after"), [&Value::I64(4)]);
    }
}

#[test]
fn a_debug_that_logs_itself_comes_to_an_end() {
    for spans in spans_of(|| {
        tracing::info!(endless = ?Endless, "m");
        let _span = tracing::info_span!("s", endless = ?Endless).entered();
    }) {
        assert_eq!(
            values(&Collected::named(&spans, "s").attributes, "endless"),
            [&"endless".into()]
        );
    }
}

#[test]
fn an_error_that_is_its_own_source_is_recorded_and_ends() {
    for spans in spans_of(|| {
        trace::record_error(&Ring);
        let span = tracing::info_span!("s", error = tracing::field::Empty);
        span.record("error", &Ring as &(dyn Error + 'static));
        span.in_scope(|| tracing::error!(error = &Ring as &(dyn Error + 'static), "failed"));
    }) {
        let span = Collected::named(&spans, "s");
        let message = "can't reach https://REDACTED@h/?token=REDACTED";
        assert_eq!(
            values(&span.events.events[0].attributes, names::EXCEPTION_MESSAGE),
            [&message.into()]
        );
        assert_eq!(values(&span.attributes, "error"), [&message.into()]);
        let server = Collected::named(&spans, "server");
        assert_eq!(
            values(&server.events.events[0].attributes, names::EXCEPTION_MESSAGE),
            [&message.into()]
        );
    }
}

#[test]
fn the_extension_trait_of_the_library_finds_its_layer() {
    for spans in spans_of(|| {
        let span = tracing::info_span!("s");
        span.set_attribute("by.trait", 1);
        assert!(span.context().span().span_context().is_valid());
        span.add_event("event", vec![KeyValue::new("password", "s3cret")]);
        span.in_scope(|| ());
    }) {
        let span = Collected::named(&spans, "s");
        assert_eq!(values(&span.attributes, "by.trait"), [&Value::I64(1)]);
        assert_eq!(
            values(&span.events.events[0].attributes, "password"),
            [&"REDACTED".into()]
        );
    }
}

// === secrets ===

#[test]
fn secrets_in_fields_attributes_events_and_errors_reach_no_span() {
    #[tracing::instrument]
    fn login(user: &str, password: &str) {}

    let spans = spans_of(|| {
        tracing::info!(password = "s3cret", Authorization = ?"s3cret", iban = "s3cret", csrf_token = 7, "at s3cret=1");
        tracing::info!("GET https://bob:s3cret@h/p?reset_token=s3cret");
        login("bob", "s3cret");
        let span = tracing::info_span!("s", DBPassword = "s3cret", late.token = tracing::field::Empty);
        span.record("late.token", "s3cret");
        span.in_scope(|| tracing::error!(error = "no https://h/?sig=s3cret", CSRFToken = "s3cret"));
        trace::set_attribute("api_key", "s3cret");
        trace::set_attribute("url.full", "https://h/?code=s3cret");
        let error = std::io::Error::other("no answer from https://h/?access_token=s3cret");
        trace::record_error(&error);
        let _ = trace::span("own")
            .attribute("client_secret", "s3cret")
            .try_run_blocking(|| Err::<(), _>(error));
        OtelContext::current()
            .span()
            .set_attribute(KeyValue::new("passphrase", "s3cret"));
    });
    for spans in spans {
        let shown = format!("{spans:?}").replace("at s3cret=1", "");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(matches!(Collected::named(&spans, "own").status, Status::Error { .. }));
        assert_eq!(
            values(&Collected::named(&spans, "login").attributes, "user"),
            [&"bob".into()]
        );
    }
}

// === limits ===

#[test]
fn long_values_are_cut_wherever_they_are_set() {
    let long = "ä".repeat(100_000);
    for spans in spans_of(|| {
        trace::set_attribute("long", long.clone());
        tracing::info!(long = %long, "{long}");
        let _span = tracing::info_span!("s", long = ?long).entered();
        let texts = vec![opentelemetry::StringValue::from(long.clone()); 3];
        let list = KeyValue::new("list", Value::Array(Array::String(texts)));
        OtelContext::current().span().set_attribute(list);
        let _ = trace::try_in_span_blocking("own", || Err::<(), _>(std::io::Error::other(long.clone())));
    }) {
        for span in &spans {
            assert_eq!(
                values(&span.attributes, names::OBS_TRUNCATED),
                [&Value::Bool(true)],
                "{}",
                span.name
            );
            assert!(format!("{span:?}").len() < 60_000, "{}", span.name);
        }
        let server = Collected::named(&spans, "server");
        assert_eq!(values(&server.attributes, "long")[0].as_str().len(), 4_096);
        assert_eq!(server.events.events[0].name.len(), 4_096);
    }
}

#[test]
fn an_attribute_that_is_set_again_is_overwritten_and_the_closing_ones_have_room() {
    let (tracing, ended) = collecting_with(|_| {});
    let request = arrived(&tracing);
    run_in(request.clone(), || {
        for n in 0..10_000 {
            trace::set_attribute("repeated", n);
            trace::set_attribute("kind", "first");
        }
        (0..500).for_each(|n| trace::set_attribute(format!("many.{n}"), n));
        trace::set_attribute("kind", "last");
    });
    let otel = request.parts().recorded().unwrap();
    otel.span().set_attributes([
        KeyValue::new(names::HTTP_RESPONSE_STATUS_CODE, 200),
        KeyValue::new(names::ERROR_TYPE, "x"),
        KeyValue::new(names::HTTP_ROUTE, "/x"),
    ]);
    finish(&request);
    let span = ended.one();
    assert_eq!(values(&span.attributes, "repeated"), [&Value::I64(9_999)]);
    assert_eq!(values(&span.attributes, "kind"), [&"last".into()]);
    assert_eq!(
        values(&span.attributes, names::HTTP_RESPONSE_STATUS_CODE),
        [&Value::I64(200)]
    );
    assert_eq!(values(&span.attributes, names::ERROR_TYPE), [&"x".into()]);
    assert_eq!(values(&span.attributes, names::HTTP_ROUTE), [&"/x".into()]);
    assert_eq!(span.attributes.len(), 128);
    assert!(span.dropped_attributes_count > 300, "{}", span.dropped_attributes_count);
}

#[test]
fn on_a_provider_of_the_users_own_repeated_attributes_leave_room_too() {
    for spans in spans_of(|| {
        (0..1_000).for_each(|n| trace::set_attribute("repeated", n));
        let span = OtelContext::current();
        span.span()
            .set_attribute(KeyValue::new(names::HTTP_RESPONSE_STATUS_CODE, 200));
    }) {
        let span = Collected::named(&spans, "server");
        assert_eq!(values(&span.attributes, "repeated"), [&Value::I64(999)]);
        assert_eq!(
            values(&span.attributes, names::HTTP_RESPONSE_STATUS_CODE),
            [&Value::I64(200)]
        );
    }
}

#[test]
fn events_and_their_attributes_are_bounded_and_exceptions_have_room() {
    let env = |name: &str| (name == "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT").then(|| "3".to_owned());
    let (tracing, ended) = collecting_with(|_| {});
    let (limited, of_limited) = {
        let collected = Collected::default();
        let tracing = Tracing::start(config(&env), vec![reader(collected.clone())]).unwrap();
        (tracing, collected)
    };
    let request = arrived(&tracing);
    run_in(request.clone(), || {
        let otel = OtelContext::current();
        (0..1_000).for_each(|n| otel.span().add_event("e", vec![KeyValue::new("n", n)]));
        trace::record_error(&std::io::Error::other("at the end"));
    });
    finish(&request);
    let span = ended.one();
    assert_eq!((span.events.events.len(), span.events.dropped_count), (129, 872));
    assert_eq!(span.events.events.last().unwrap().name, "exception");
    let request = arrived(&limited);
    run_in(request.clone(), || {
        let attributes = ["a", "b", "a", "c", "d"].map(|key| KeyValue::new(key, 1));
        OtelContext::current().span().add_event("e", attributes.to_vec());
    });
    finish(&request);
    assert_eq!(of_limited.one().events.events[0].attributes.len(), 3);
}

#[test]
fn spans_made_past_our_tracer_keep_to_the_rules_too() {
    let (tracing, ended) = collecting_with(|config| config.value_limit = Some(10));
    let tracer = tracing.provider().unwrap().tracer("theirs");
    let mut span = tracer.start("a name that is long");
    (0..300).for_each(|n| span.set_attribute(KeyValue::new("repeated", n)));
    span.set_attribute(KeyValue::new("password", "s3cret"));
    span.set_attribute(KeyValue::new("long", "x".repeat(100)));
    span.add_event("failed", vec![KeyValue::new("exception.message", "?token=s3cret")]);
    (0..200).for_each(|n| span.add_event("e", vec![KeyValue::new("n", n)]));
    span.set_status(Status::error("?token=s3cret"));
    span.end();
    let span = ended.one();
    assert_eq!(values(&span.attributes, "repeated"), [&Value::I64(299)]);
    assert_eq!(values(&span.attributes, "password"), [&"REDACTED".into()]);
    assert_eq!(values(&span.attributes, "long")[0].as_str().len(), 10);
    assert_eq!(values(&span.attributes, names::OBS_TRUNCATED), [&Value::Bool(true)]);
    assert_eq!((span.events.events.len(), span.events.dropped_count), (128, 73));
    assert!(!format!("{span:?}").contains("s3cret"), "{span:?}");
}

#[test]
fn a_limit_of_nothing_leaves_nothing() {
    let env = |name: &str| name.ends_with("COUNT_LIMIT").then(|| "0".to_owned());
    let collected = Collected::default();
    let tracing = Tracing::start(config(&env), vec![reader(collected.clone())]).unwrap();
    let request = arrived(&tracing);
    run_in(request.clone(), || {
        trace::set_attribute("a", 1);
        tracing::info!("x");
    });
    finish(&request);
    let span = collected.one();
    assert!(span.attributes.is_empty() && span.events.events.is_empty(), "{span:?}");
}

#[test]
fn a_value_that_is_recorded_goes_to_the_span_of_the_request_or_to_the_active_one_of_a_job() {
    let (tracing, collected) = collecting(None);
    let request = arrived(&tracing);
    let elsewhere = request.clone();
    run_in(request.clone(), || {
        trace::in_span_blocking("inner", || crate::context::record("user_id", u64::MAX));
    });
    run_in(job(&tracing), || {
        trace::in_span_blocking("root", || {
            crate::context::record("job", "nightly");
            elsewhere.record("late", true);
        });
    });
    finish(&request);
    let spans = collected.take();
    let [inner, root, server] = ["inner", "root", "server"].map(|name| Collected::named(&spans, name));
    assert_eq!(attribute(&inner, "user_id"), None);
    assert_eq!(attribute(&server, "user_id"), Some(&u64::MAX.to_string().into()));
    assert_eq!(attribute(&server, "late"), Some(&true.into()));
    assert_eq!(
        (attribute(&root, "job"), attribute(&root, "late")),
        (Some(&"nightly".into()), None)
    );
    assert_eq!(request.fields().len(), 2);
}
