//! Starting the span of a request.

use std::time::SystemTime;

use opentelemetry::{
    Context, KeyValue,
    trace::{
        Link, SpanBuilder, SpanContext, SpanId as OtelSpanId, SpanKind, TraceContextExt, TraceFlags as OtelFlags,
        TraceState,
    },
};

use super::{
    ids,
    limited_span::{LimitedSpan, LimitedTracer},
    pipeline::Pipeline,
    request_span::{Identity, RequestSpan},
    sampler::Sampler,
    span_head::StartAttributes,
    span_name::SpanName,
};
use crate::{
    context::{SpanId, TraceFlags, TraceId, otel},
    headers::TraceParent,
};

/// What is known when a request arrives.
#[derive(Debug)]
pub(crate) struct SpanStart<'a> {
    pub(crate) parent: Option<&'a TraceParent>,
    pub(crate) tracestate: Option<&'a str>,
    /// Whether the caller may decide; if not, the request starts a trace of its own that is linked
    /// to the caller's.
    pub(crate) trusted: bool,
    /// Template of the matched route, if there is one.
    pub(crate) route: Option<&'a str>,
    pub(crate) name: SpanName,
    pub(crate) start: SystemTime,
}

/// A request's ids, and its span if one is recorded.
#[derive(Debug)]
pub(crate) struct ServerSpan {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) flags: TraceFlags,
    /// The context to attach whenever the request is polled: with the span; for a request that is
    /// left out, with its ids, so that what others make in it is left out too.
    pub(crate) otel: Option<Context>,
    /// Whether that is the context of a span.
    pub(crate) is_recorded: bool,
}

// === impl SpanStart ===

impl<'a> SpanStart<'a> {
    /// The caller's span, if this request continues its trace.
    fn trusted_parent(&self) -> Option<&TraceParent> {
        self.parent.filter(|_| self.trusted)
    }

    /// What the caller says beside its ids, if this request continues its trace.
    pub(super) fn trusted_tracestate(&self) -> Option<&'a str> {
        self.tracestate.filter(|_| self.trusted)
    }

    fn remote(&self, parent: &TraceParent) -> SpanContext {
        otel::remote_span(parent, self.tracestate)
    }

    /// The SDK knows level 1 of the standard only. What it can't read is still propagated: outgoing headers
    /// don't come from here.
    fn otel_tracestate(&self) -> TraceState {
        self.tracestate.and_then(|state| state.parse().ok()).unwrap_or_default()
    }

    fn parent_context(&self) -> Context {
        let parent = self.trusted_parent().map(|parent| self.remote(parent));
        parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent))
    }

    fn links(&self) -> Option<Vec<Link>> {
        let untrusted = self.parent.filter(|_| !self.trusted)?;
        Some(vec![Link::with_context(self.remote(untrusted))])
    }

    fn into_builder(self, attributes: Option<Vec<KeyValue>>) -> SpanBuilder {
        SpanBuilder {
            span_kind: Some(SpanKind::Server),
            links: self.links(),
            name: self.name.into_text(),
            start_time: Some(self.start),
            attributes,
            events: None,
        }
    }
}

// === impl ServerSpan ===

impl ServerSpan {
    /// Ids and decision of ours, no span yet.
    pub(super) fn decide(sampler: &Sampler, start: &SpanStart<'_>) -> Self {
        let (trace_id, flags) = if let Some(parent) = start.trusted_parent() {
            let sampled = sampler.samples_child(parent.flags, parent.trace_id, start.route);
            (parent.trace_id, parent.flags.with_sampled(sampled))
        } else {
            let trace_id = TraceId::random();
            (
                trace_id,
                TraceFlags::new_root(sampler.samples_root(trace_id, start.route)),
            )
        };
        Self {
            trace_id,
            span_id: SpanId::random(),
            flags,
            otel: None,
            is_recorded: false,
        }
    }

    /// The same ids without a span.
    pub(super) fn unrecorded(&self) -> Self {
        let Self {
            trace_id,
            span_id,
            flags,
            otel: _,
            is_recorded: _,
        } = *self;
        Self {
            trace_id,
            span_id,
            flags: flags.with_sampled(false),
            otel: None,
            is_recorded: false,
        }
    }

    /// Without a span, and so that instrumentation of others knows.
    pub(super) fn left_out(self, tracestate: Option<&str>) -> Self {
        let ids = SpanContext::new(
            ids::otel_trace_id(self.trace_id),
            ids::otel_span_id(self.span_id),
            ids::otel_flags(self.flags),
            true,
            tracestate.and_then(|state| state.parse().ok()).unwrap_or_default(),
        );
        Self {
            otel: Some(otel::current().with_remote_span_context(ids)),
            ..self
        }
    }

    /// With its span on our own pipeline: it has been decided to record it.
    pub(super) fn record(self, pipeline: &Pipeline, start: SpanStart<'_>, attributes: StartAttributes) -> Self {
        let parent = start.trusted_parent();
        let flags = parent.map_or(OtelFlags::NOT_SAMPLED, |parent| ids::otel_flags(parent.flags));
        let identity = Identity {
            context: SpanContext::new(
                ids::otel_trace_id(self.trace_id),
                ids::otel_span_id(self.span_id),
                flags.with_sampled(true),
                false,
                parent.map_or_else(TraceState::default, |_| start.otel_tracestate()),
            ),
            parent: parent.map_or(OtelSpanId::INVALID, |parent| ids::otel_span_id(parent.span_id)),
            is_parent_remote: parent.is_some(),
        };
        let links = start.links();
        let mut span = RequestSpan::start(pipeline.clone(), identity, (start.name, start.start), attributes);
        for link in links.into_iter().flatten() {
            opentelemetry::trace::Span::add_link(&mut span, link.span_context, link.attributes);
        }
        Self {
            otel: Some(otel::current().with_span(span)),
            is_recorded: true,
            ..self
        }
    }

    /// Ids and decision of the user's own provider, with its span if it records.
    pub(super) fn ask(
        self,
        tracer: &LimitedTracer,
        start: SpanStart<'_>,
        attributes: impl FnOnce() -> Vec<KeyValue>,
    ) -> Self {
        let parent = start.parent_context();
        let tracestate = start.trusted_tracestate();
        // Where the caller left the trace out, hardly any sampler takes it up again.
        let left_out = start.trusted_parent().is_some_and(|parent| !parent.flags.is_sampled());
        if left_out {
            let mut span = tracer.build_own(start.into_builder(None), &parent);
            if opentelemetry::trace::Span::is_recording(&span) {
                opentelemetry::trace::Span::set_attributes(&mut span, attributes());
            }
            return self.with_ids_of(span, tracestate);
        }
        let span = tracer.build_own(start.into_builder(Some(attributes())), &parent);
        self.with_ids_of(span, tracestate)
    }

    fn with_ids_of(self, span: LimitedSpan, tracestate: Option<&str>) -> Self {
        let made = opentelemetry::trace::Span::span_context(&span);
        let (Some(trace_id), Some(span_id)) = (ids::trace_id(made.trace_id()), ids::span_id(made.span_id())) else {
            // A provider that was shut down makes spans without ids.
            return Self {
                flags: self.flags.with_sampled(false),
                ..self
            };
        };
        let flags = self.flags.with_sampled(made.is_sampled());
        let made = Self {
            trace_id,
            span_id,
            flags,
            ..self
        }
        .with_span(span);
        if made.is_recorded || flags.is_sampled() {
            made
        } else {
            made.left_out(tracestate)
        }
    }

    /// With the context around the span, if it is recorded. What is in the current context stays in
    /// it.
    fn with_span(self, span: LimitedSpan) -> Self {
        let is_recorded = opentelemetry::trace::Span::is_recording(&span);
        Self {
            otel: is_recorded.then(|| otel::current().with_span(span)),
            is_recorded,
            ..self
        }
    }
}
