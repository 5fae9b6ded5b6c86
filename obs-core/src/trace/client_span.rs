//! Starting the span of an outgoing request.

use std::{borrow::Cow, time::SystemTime};

use opentelemetry::{
    Context, KeyValue,
    trace::{Span, SpanBuilder, SpanKind, TraceContextExt},
};

use super::{handle::Tracing, ids, limited_span::LimitedTracer};
use crate::{
    context::{RequestContext, SpanId, TraceFlags, TraceId},
    guard::guarded,
    headers::TraceParent,
};

/// What is known when a client sends a request.
#[derive(Debug)]
pub(crate) struct ClientSpanStart<'a> {
    /// Holds the span to be a child of, if there is one.
    pub(crate) parent: &'a Context,
    /// The request or job that it is sent for.
    pub(crate) request: Option<&'a RequestContext>,
    /// The trace that it belongs to.
    pub(crate) trace_id: TraceId,
    /// Whether that trace is recorded.
    pub(crate) flags: TraceFlags,
    pub(crate) name: Cow<'static, str>,
    pub(crate) start: SystemTime,
}

/// An outgoing request's ids, and its span if one is recorded.
#[derive(Debug)]
pub(crate) struct ClientSpan {
    /// As they are sent on.
    pub(crate) ids: TraceParent,
    /// The context to attach whenever the client is polled; none if nothing is recorded.
    pub(crate) otel: Option<Context>,
}

// === impl Tracing ===

impl Tracing {
    /// Gives an outgoing request a span id of its own and, if its trace is recorded, a span.
    ///
    /// `attributes` is called for spans that are recorded, and for those on which the user's own
    /// provider decides with them at hand.
    pub(crate) fn start_client_span(
        &self,
        start: ClientSpanStart<'_>,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> ClientSpan {
        let ids = TraceParent {
            trace_id: start.trace_id,
            span_id: SpanId::random(),
            flags: start.flags,
        };
        match self.tracer() {
            Some(tracer) if !self.is_own() => {
                // Its sampler and its processors are the user's own code.
                guarded(|| ask(tracer, ids, start, attributes)).unwrap_or(ClientSpan { ids, otel: None })
            }
            Some(tracer) if ids.flags.is_sampled() => record(tracer, ids, start, attributes),
            _ => ClientSpan { ids, otel: None },
        }
    }
}

// === impl ClientSpanStart ===

impl ClientSpanStart<'_> {
    fn into_builder(self, attributes: Option<Vec<KeyValue>>) -> SpanBuilder {
        SpanBuilder {
            span_kind: Some(SpanKind::Client),
            links: None,
            name: self.name,
            start_time: Some(self.start),
            attributes,
            events: None,
        }
    }
}

/// By our own provider, which takes our ids and our decision.
fn record(
    tracer: &LimitedTracer,
    ids: TraceParent,
    start: ClientSpanStart<'_>,
    attributes: impl FnOnce() -> Vec<KeyValue>,
) -> ClientSpan {
    let parent = start.parent;
    let builder = start.into_builder(Some(attributes()));
    let span = ids::hand_over(ids.trace_id, ids.span_id, || tracer.build_own(builder, parent));
    ClientSpan {
        ids,
        otel: span.is_recording().then(|| parent.with_span(span)),
    }
}

/// By the user's own provider, which decides and gives the ids.
fn ask(
    tracer: &LimitedTracer,
    ids: TraceParent,
    start: ClientSpanStart<'_>,
    attributes: impl FnOnce() -> Vec<KeyValue>,
) -> ClientSpan {
    // A request without a span still has ids: the provider gets them as those of a parent.
    let known = start.request.filter(|_| !start.parent.has_active_span());
    let parent = known.map_or_else(
        || start.parent.clone(),
        |request| start.parent.with_remote_span_context(ids::span_context(request)),
    );
    // Where the trace is left out, hardly any sampler takes it up again.
    let span = if ids.flags.is_sampled() {
        tracer.build_own(start.into_builder(Some(attributes())), &parent)
    } else {
        let mut span = tracer.build_own(start.into_builder(None), &parent);
        if span.is_recording() {
            span.set_attributes(attributes());
        }
        span
    };
    let made = span.span_context();
    let (Some(trace_id), Some(span_id)) = (ids::trace_id(made.trace_id()), ids::span_id(made.span_id())) else {
        // A provider that was shut down makes spans without ids.
        return ClientSpan { ids, otel: None };
    };
    let ids = TraceParent {
        trace_id,
        span_id,
        flags: ids.flags.with_sampled(made.is_sampled()),
    };
    ClientSpan {
        ids,
        otel: span.is_recording().then(|| parent.with_span(span)),
    }
}
