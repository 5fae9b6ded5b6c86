use std::{
    sync::{Mutex, OnceLock},
    time::{Instant, SystemTime},
};

use opentelemetry::{
    Context,
    trace::{SpanKind, TraceContextExt, TracerProvider},
};
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Sampler as SdkSamplers, Span, SpanData, SpanProcessor},
};

use super::*;
use crate::{
    context::TraceFlags,
    headers::TraceParent,
    trace::{
        ids,
        testing::{Collected, attribute, collecting, config},
    },
};

const SAMPLED: &[u8] = b"00-12345678901234567890123456789012-1234567890123456-01";
const UNSAMPLED: &[u8] = b"00-12345678901234567890123456789012-1234567890123456-02";

fn start(parent: Option<&TraceParent>) -> SpanStart<'_> {
    SpanStart {
        parent,
        tracestate: None,
        trusted: true,
        route: None,
        name: "GET /x".into(),
        start: SystemTime::now(),
    }
}

fn parent(header: &[u8]) -> TraceParent {
    TraceParent::parse(header).unwrap()
}

fn one_attribute() -> Vec<KeyValue> {
    vec![KeyValue::new("n", 1)]
}

fn no_attributes() -> Vec<KeyValue> {
    panic!("attributes were built for a span that isn't recorded")
}

/// A user's processor, for a user's provider.
#[derive(Clone, Debug, Default)]
struct Theirs {
    ended: Arc<Mutex<Vec<SpanData>>>,
    hangs: bool,
}

impl SpanProcessor for Theirs {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.ended.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        if self.hangs {
            loop {
                std::thread::park();
            }
        }
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("a user's own provider is not ours to shut down")
    }
}

fn users(sampler: SdkSamplers, hangs: bool) -> (Tracing, Theirs) {
    let theirs = Theirs {
        hangs,
        ..Theirs::default()
    };
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_processor(theirs.clone())
        .build();
    // The user keeps it, beyond the test: dropping the last one shuts it down.
    Box::leak(Box::new(provider.clone()));
    (
        Tracing::start(
            TracingConfig {
                provider: Some(provider),
                ..config(&|_| None)
            },
            Vec::new(),
        )
        .unwrap(),
        theirs,
    )
}

/// A reader of spans that ends one of its own, and then panics.
#[derive(Clone, Debug, Default)]
struct Hostile {
    tracing: Arc<OnceLock<Tracing>>,
    calls: Arc<AtomicU64>,
}

impl SpanReader for Hostile {
    fn read(&self, _: &SpanData) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let tracing = self.tracing.get().unwrap();
        drop(tracing.start_server_span(start(None), Vec::new));
        panic!("on purpose")
    }
}

#[test]
fn a_span_reader_that_makes_spans_and_panics_is_not_called_for_them_and_breaks_nothing() {
    let (hostile, ended) = (Hostile::default(), Collected::default());
    let readers: Vec<Box<Guarded<dyn SpanReader>>> = vec![
        Box::new(Guarded::new("a hostile reader", hostile.clone())),
        Box::new(Guarded::new("a reader", ended.clone())),
    ];
    let tracing = Tracing::start(config(&|_| None), readers).unwrap();
    hostile.tracing.set(tracing.clone()).unwrap();
    for _ in 0..2 {
        drop(tracing.start_server_span(start(None), Vec::new));
    }
    assert_eq!(hostile.calls.load(Ordering::Relaxed), 2);
    assert_eq!(
        ended.take().len(),
        4,
        "the other reader sees the hostile one's spans too"
    );
}

/// A processor of the user's that panics.
#[derive(Debug)]
struct Panicking;

impl SpanProcessor for Panicking {
    fn on_start(&self, _: &mut Span, _: &Context) {
        panic!("on purpose")
    }

    fn on_end(&self, _: SpanData) {
        // The span that on_start has broken is dropped within the SDK, while the thread unwinds.
        assert!(std::thread::panicking(), "on purpose");
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn a_processor_of_the_users_that_panics_costs_its_span_and_nothing_else() {
    let provider = SdkTracerProvider::builder().with_span_processor(Panicking).build();
    let tracing = Tracing::start(
        TracingConfig {
            provider: Some(provider),
            ..config(&|_| None)
        },
        Vec::new(),
    )
    .unwrap();
    let span = tracing.start_server_span(start(None), one_attribute);
    assert!(!span.flags.is_sampled() && span.otel.is_none());
    let job = crate::trace::testing::job(&tracing);
    assert_eq!(
        crate::context::run_in(job, || crate::trace::in_span_blocking("x", || 7)),
        7
    );
}

// === our own provider ===

#[test]
fn a_recorded_request_has_one_span_with_its_own_ids() {
    let (tracing, ended) = collecting(None);
    let started = SystemTime::now();
    let span = tracing.start_server_span(
        SpanStart {
            start: started,
            ..start(None)
        },
        one_attribute,
    );
    assert!(span.flags.is_sampled() && span.flags.is_random());
    span.otel.unwrap().span().end();
    let ended = ended.one();
    assert_eq!(ids::trace_id(ended.span_context.trace_id()), Some(span.trace_id));
    assert_eq!(ids::span_id(ended.span_context.span_id()), Some(span.span_id));
    assert_eq!(
        (ended.name.as_ref(), ended.span_kind.clone()),
        ("GET /x", SpanKind::Server)
    );
    assert_eq!((ended.start_time, attribute(&ended, "n")), (started, Some(&1.into())));
    assert_eq!(ended.parent_span_id, opentelemetry::trace::SpanId::INVALID);
}

#[test]
fn a_request_continues_the_trace_of_its_caller() {
    let (tracing, ended) = collecting(Some(0.0));
    let caller = parent(SAMPLED);
    let start = SpanStart {
        tracestate: Some("foo=1,bar=2"),
        ..start(Some(&caller))
    };
    let span = tracing.start_server_span(start, one_attribute);
    assert_eq!(span.trace_id, caller.trace_id);
    assert_ne!(span.span_id, caller.span_id);
    assert_eq!(span.flags.bits(), 1, "the caller's id is not known to be random");
    span.otel.unwrap().span().end();
    let ended = ended.one();
    assert_eq!(ids::span_id(ended.parent_span_id), Some(caller.span_id));
    assert!(ended.parent_span_is_remote);
    assert_eq!(ended.span_context.trace_state().header(), "foo=1,bar=2");
}

#[test]
fn a_request_that_its_caller_left_out_has_ids_and_no_span() {
    let (tracing, ended) = collecting(None);
    let caller = parent(UNSAMPLED);
    let span = tracing.start_server_span(start(Some(&caller)), no_attributes);
    assert_eq!((span.trace_id, span.flags.bits()), (caller.trace_id, 2));
    assert!(!span.is_recorded);
    let otel = span.otel.unwrap();
    let (active, ids) = (otel.span(), ids::otel_span_id(span.span_id));
    assert_eq!(
        (active.span_context().span_id(), active.span_context().is_sampled()),
        (ids, false)
    );
    assert!(ended.take().is_empty());
}

#[test]
fn a_ratio_of_zero_leaves_new_traces_out_before_anything_is_built() {
    let (tracing, _) = collecting(Some(0.0));
    let span = tracing.start_server_span(start(None), no_attributes);
    assert_eq!(span.flags, TraceFlags::new_root(false));
    assert!(!tracing.samples_root(span.trace_id));
}

#[test]
fn an_untrusted_caller_decides_nothing_and_is_linked() {
    let (tracing, ended) = collecting(None);
    let caller = parent(UNSAMPLED);
    let span = tracing.start_server_span(
        SpanStart {
            trusted: false,
            ..start(Some(&caller))
        },
        one_attribute,
    );
    assert_ne!(span.trace_id, caller.trace_id);
    assert!(span.flags.is_sampled());
    span.otel.unwrap().span().end();
    let ended = ended.one();
    assert_eq!(ended.parent_span_id, opentelemetry::trace::SpanId::INVALID);
    let link = &ended.links.links[0].span_context;
    assert_eq!(
        (ids::trace_id(link.trace_id()), link.is_remote()),
        (Some(caller.trace_id), true)
    );
}

#[test]
fn what_is_in_the_current_context_stays_in_it() {
    #[derive(Debug, PartialEq)]
    struct Mark;
    let (tracing, _) = collecting(None);
    let _outer = Context::new().with_value(Mark).attach();
    let span = tracing.start_server_span(start(None), Vec::new);
    assert_eq!(span.otel.unwrap().get::<Mark>(), Some(&Mark));
}

#[test]
fn a_span_that_was_active_before_is_no_parent() {
    let (tracing, ended) = collecting(None);
    let outer = tracing.start_server_span(start(None), Vec::new);
    let _attached = outer.otel.unwrap().attach();
    let inner = tracing.start_server_span(start(None), Vec::new);
    assert_ne!(inner.trace_id, outer.trace_id);
    inner.otel.unwrap().span().end();
    assert_eq!(ended.one().parent_span_id, opentelemetry::trace::SpanId::INVALID);
}

#[test]
fn after_shutdown_there_are_ids_and_no_spans() {
    let (tracing, ended) = collecting(None);
    assert!(tracing.shutdown(Duration::from_secs(1)));
    assert!(tracing.shutdown(Duration::from_secs(1)), "a second time does no harm");
    let span = tracing.start_server_span(start(None), Vec::new);
    assert!(span.otel.is_none() && span.flags.is_sampled());
    assert!(ended.take().is_empty());
}

// === no provider ===

#[test]
fn without_an_exporter_the_sampler_still_decides() {
    let tracing = Tracing::start(config(&|_| None), Vec::new()).unwrap();
    assert!(tracing.provider().is_none());
    let span = tracing.start_server_span(start(None), no_attributes);
    assert!(span.flags.is_sampled() && span.otel.is_none());
    assert!(tracing.flush(Duration::ZERO) && tracing.shutdown(Duration::ZERO));
}

#[test]
fn a_bad_setting_is_refused_even_if_nothing_is_exported() {
    let ratio = TracingConfig {
        sample_ratio: Some(2.0),
        ..config(&|_| None)
    };
    assert!(Tracing::start(ratio, Vec::new()).is_err());
}

// === the user's own provider ===

#[test]
fn a_users_provider_decides_and_gives_the_ids() {
    let (tracing, theirs) = users(SdkSamplers::AlwaysOn, false);
    let span = tracing.start_server_span(start(None), one_attribute);
    assert!(span.flags.is_sampled() && span.flags.is_random());
    span.otel.unwrap().span().end();
    let ended = theirs.ended.lock().unwrap().remove(0);
    assert_eq!(ids::trace_id(ended.span_context.trace_id()), Some(span.trace_id));
    assert_eq!(ids::span_id(ended.span_context.span_id()), Some(span.span_id));
    assert_eq!(attribute(&ended, "n"), Some(&1.into()));
}

#[test]
fn a_users_provider_that_drops_leaves_ids() {
    let (tracing, _) = users(SdkSamplers::AlwaysOff, false);
    let span = tracing.start_server_span(start(None), one_attribute);
    assert!(!span.flags.is_sampled() && !span.is_recorded);
}

#[test]
fn a_users_provider_is_asked_without_attributes_where_the_caller_left_the_trace_out() {
    let (tracing, _) = users(SdkSamplers::ParentBased(Box::new(SdkSamplers::AlwaysOn)), false);
    let caller = parent(UNSAMPLED);
    let span = tracing.start_server_span(start(Some(&caller)), no_attributes);
    assert_eq!((span.trace_id, span.flags.bits()), (caller.trace_id, 2));
}

#[test]
fn a_users_provider_that_records_all_the_same_gets_the_attributes() {
    let (tracing, theirs) = users(SdkSamplers::AlwaysOn, false);
    let span = tracing.start_server_span(start(Some(&parent(UNSAMPLED))), one_attribute);
    assert_eq!(span.flags.bits(), 3);
    span.otel.unwrap().span().end();
    assert_eq!(attribute(&theirs.ended.lock().unwrap()[0], "n"), Some(&1.into()));
}

#[test]
fn a_users_provider_is_flushed_and_lives_on() {
    let (tracing, theirs) = users(SdkSamplers::AlwaysOn, false);
    assert!(tracing.shutdown(Duration::from_secs(10)));
    tracing
        .start_server_span(start(None), Vec::new)
        .otel
        .unwrap()
        .span()
        .end();
    assert_eq!(theirs.ended.lock().unwrap().len(), 1);
}

#[test]
fn a_users_provider_that_hangs_does_not_hold_us() {
    let (tracing, _) = users(SdkSamplers::AlwaysOn, true);
    let began = Instant::now();
    assert!(!tracing.shutdown(Duration::from_millis(20)));
    assert!(began.elapsed() < Duration::from_secs(5));
}

// === spans that others make with our provider ===

#[test]
fn a_span_of_our_provider_outside_requests_follows_the_sampler() {
    for (ratio, expected) in [(1.0, 1), (0.0, 0)] {
        let (tracing, ended) = collecting(Some(ratio));
        let tracer = TracerProvider::tracer(tracing.provider().unwrap(), "theirs");
        drop(opentelemetry::trace::Tracer::start(&tracer, "span"));
        assert_eq!(ended.take().len(), expected);
    }
}

#[test]
fn each_span_gets_an_id_of_its_own() {
    let (tracing, ended) = collecting(None);
    let span = tracing.start_server_span(start(None), Vec::new);
    let tracer = tracing.tracer().unwrap();
    let otel = span.otel.unwrap();
    drop(opentelemetry::trace::Tracer::start_with_context(tracer, "child", &otel));
    otel.span().end();
    let spans = ended.take();
    let (child, server) = (Collected::named(&spans, "child"), Collected::named(&spans, "GET /x"));
    assert_eq!(child.parent_span_id, server.span_context.span_id());
    assert_ne!(child.span_context.span_id(), server.span_context.span_id());
}
