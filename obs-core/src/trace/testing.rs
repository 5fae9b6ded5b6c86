//! What the tests of this module share.

use std::{
    sync::{Arc, Mutex},
    time::SystemTime,
};

use obs_otlp::Budget;
use opentelemetry::{Value, trace::TraceContextExt};
use opentelemetry_sdk::trace::SpanData;

use super::{Keep, Sampling, Tracing, TracingConfig, pipeline::SpanReader};
use crate::{
    context::{Instance as _, Parts, RequestContext, RequestId, SpanId, TraceFlags, TraceId},
    environment::Env,
    guard::Guarded,
    recorder::FlightRecorder,
    trace::{SpanStart, server_span::ServerSpan},
};

/// The spans that have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Collected(Arc<Mutex<Vec<SpanData>>>);

/// A configuration that exports nothing.
pub(super) fn config(env: &dyn Fn(&str) -> Option<String>) -> TracingConfig<'_> {
    TracingConfig {
        service: Arc::default(),
        otlp: obs_otlp::OtlpSettings::default(),
        budget: Budget::default(),
        sample_ratio: None,
        sampling: Sampling::new(),
        keep: Keep::default(),
        propagator: None,
        span_filter: None,
        request_fields: Vec::new(),
        request_id_header: None,
        value_limit: None,
        redactor: Arc::default(),
        provider: None,
        flight_recorder: FlightRecorder::off(),
        env: Env::without_notices(env),
        recorder: Arc::new(metrics::NoopRecorder),
    }
}

/// A pipeline of our own that ends in a list.
pub(super) fn collecting(ratio: Option<f64>) -> (Tracing, Collected) {
    let collected = Collected::default();
    let config = TracingConfig {
        sample_ratio: ratio,
        ..config(&|_| None)
    };
    let tracing = Tracing::start(config, vec![Box::new(Guarded::new("a reader", collected.clone()))]).unwrap();
    (tracing, collected)
}

/// The context of a request with this span.
pub(super) fn request(tracing: &Tracing, span: &ServerSpan) -> RequestContext {
    RequestContext::from_parts(Parts {
        request_id: RequestId::new(),
        trace_id: span.trace_id,
        span_id: span.span_id,
        flags: span.flags,
        tracestate: None,
        baggage: None,
        otel: span.otel.clone(),
        otel_baggage: None,
        instance: Some(tracing.counted()),
        records_spans: span.flags.is_sampled(),
        entry: None,
    })
}

/// The context of a job, which has ids and no span.
pub(super) fn job(tracing: &Tracing) -> RequestContext {
    let trace_id = TraceId::random();
    let flags = TraceFlags::new_root(tracing.samples_root(trace_id));
    request(
        tracing,
        &ServerSpan {
            trace_id,
            span_id: SpanId::random(),
            flags,
            otel: None,
            is_recorded: false,
        },
    )
}

/// A request that has arrived, and its context.
pub(super) fn arrived(tracing: &Tracing) -> RequestContext {
    let start = SpanStart {
        parent: None,
        tracestate: None,
        trusted: true,
        route: None,
        name: "server".into(),
        start: SystemTime::now(),
    };
    request(tracing, &tracing.start_server_span(start, Vec::new))
}

/// Ends the span of a request.
pub(super) fn finish(request: &RequestContext) {
    if let Some(otel) = request.parts().recorded() {
        otel.span().end();
    }
}

pub(super) fn attribute<'a>(span: &'a SpanData, key: &str) -> Option<&'a Value> {
    span.attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| &attribute.value)
}

// === impl Collected ===

impl Collected {
    pub(super) fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The one span that has ended.
    pub(super) fn one(&self) -> SpanData {
        let mut spans = self.take();
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans.remove(0)
    }

    /// The span of this name among those that have ended.
    pub(super) fn named(spans: &[SpanData], name: &str) -> SpanData {
        spans
            .iter()
            .find(|span| span.name == name)
            .unwrap_or_else(|| panic!("no span {name} in {spans:?}"))
            .clone()
    }
}

impl SpanReader for Collected {
    fn read(&self, span: &SpanData) {
        self.0.lock().unwrap().push(span.clone());
    }
}
