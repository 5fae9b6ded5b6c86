//! The decisions when a request arrives: its trace, its ids, its context.

use std::{
    borrow::Cow,
    time::{Duration, UNIX_EPOCH},
};

use opentelemetry::{Context as OtelContext, baggage::BaggageExt as _};

use super::{
    CommonHeaders, HeaderReader, Instrument, RequestHead, attributes, deferred_span::DeferredHead, origin::Origin,
};
use crate::{
    clock::Moment,
    context::{self, Instance as _, Parts, RequestContext, RequestId, otel},
    headers::{Extracted, TraceParent, extract_of},
    propagation,
    recorder::{Begin, Kind},
    trace::{SpanName, SpanStart},
};

/// A request that has arrived.
pub(super) struct Arrival<'a> {
    pub(super) instrument: &'a Instrument,
    pub(super) method: &'static str,
    pub(super) head: &'a RequestHead<'a>,
    pub(super) headers: &'a dyn HeaderReader,
    pub(super) common: &'a CommonHeaders<'a>,
    pub(super) origin: &'a Origin,
    pub(super) started: Moment,
    /// Since the Unix epoch.
    pub(super) at: Duration,
    /// The template of its entry in the flight recorder; `None` if it has no entry.
    pub(super) endpoint: Option<Cow<'static, str>>,
}

// === impl Arrival ===

impl Arrival<'_> {
    /// The context of the request: the caller's trace or a new one, a request id, and, if traces are on and the
    /// request is sampled, a span with the name `span`. The data of a deferred span of an unsampled request is stored
    /// in `kept`.
    pub(super) fn context(self, span: Option<SpanName>, kept: &mut DeferredHead) -> RequestContext {
        let Self {
            instrument,
            method,
            head,
            headers,
            common,
            origin,
            started,
            at,
            endpoint,
        } = self;
        let tracing = &instrument.common.pipeline.tracing;
        let mut extracted = extract_of(common, headers);
        tracing.propagators().filter(&mut extracted, headers);
        let is_enclosed = extracted.parent.is_none() && continue_enclosing(tracing.id(), &mut extracted);
        let Extracted {
            parent,
            tracestate,
            baggage,
        } = extracted;
        let trusted = is_enclosed || instrument.options.trust_incoming;
        let wants_span = span.is_some();
        let start = SpanStart {
            parent: parent.as_ref(),
            tracestate: tracestate.as_deref(),
            trusted,
            route: head.endpoint,
            name: span.unwrap_or_else(|| SpanName::from("")),
            start: UNIX_EPOCH + at,
        };
        let span = if wants_span {
            tracing.start_server_span(start, || {
                attributes::on_arrival(instrument, method, head, (headers, common.user_agent), origin)
            })
        } else {
            tracing.decide(&start)
        };
        if wants_span && !span.flags.is_sampled() && tracing.keep().is_some() {
            *kept = DeferredHead::of(instrument, method, head, (headers, common.user_agent), origin, parent);
        }
        let sent_id = match instrument.request_id_header {
            None => common.request_id,
            Some(name) => headers.get(name),
        };
        let baggage = baggage.filter(|_| trusted);
        // For libraries that propagate OpenTelemetry's baggage.
        let (otel, otel_baggage) = match (baggage.as_deref(), span.otel) {
            (None, span) => (span, None),
            (Some(header), Some(span)) => (Some(span.with_baggage(otel::baggage(header))), None),
            (Some(header), None) => (None, Some(OtelContext::new().with_baggage(otel::baggage(header)))),
        };
        let request_id = request_id(head.request_id.or(sent_id), at);
        tracing.flight_recorder().tag(headers, span.trace_id);
        let entry = endpoint.and_then(|endpoint| {
            tracing.flight_recorder().begin(|| Begin {
                kind: Kind::Request,
                method,
                endpoint: Some(endpoint),
                path: ["", head.path],
                client: origin.client,
                request_id: Cow::Borrowed(&request_id),
                trace_id: span.trace_id,
                span_id: span.span_id,
                parent_id: parent.filter(|_| trusted).map(|parent| parent.span_id),
                is_sampled: span.flags.is_sampled(),
                holds: instrument.holds,
                started,
                arrived: at,
            })
        });
        let context = RequestContext::from_parts(Parts {
            request_id,
            trace_id: span.trace_id,
            span_id: span.span_id,
            flags: span.flags,
            tracestate: tracestate.filter(|_| trusted),
            baggage,
            otel,
            otel_baggage,
            instance: Some(instrument.common.pipeline.instance.clone()),
            records_spans: span.is_recorded,
            entry,
        });
        take_baggage(&context, &instrument.options.baggage_fields);
        instrument.record_fields(&context);
        context
    }
}

/// Makes the current request, if it is of the same instance, the caller of a request without trace headers: a handler
/// has passed it to a router of its own. False if there is none.
fn continue_enclosing(instance: u64, extracted: &mut Extracted) -> bool {
    let found = context::with_current(|outer| {
        let parts = outer.parts();
        if parts.instance_id() != instance {
            return false;
        }
        let (trace_id, flags) = (outer.trace_id(), outer.trace_flags());
        let span_id = propagation::recorded_span(trace_id).unwrap_or_else(|| outer.span_id());
        extracted.parent = Some(TraceParent {
            trace_id,
            span_id,
            flags,
        });
        extracted.tracestate.clone_from(&parts.tracestate);
        if extracted.baggage.is_none() {
            extracted.baggage.clone_from(&parts.baggage);
        }
        true
    });
    found.unwrap_or(false)
}

/// Makes fields of the baggage entries whose keys are on the list.
fn take_baggage(context: &RequestContext, keys: &[Box<str>]) {
    for key in keys {
        if let Some(value) = context.baggage_value(key) {
            context.set_field(key.to_string(), value.into_owned());
        }
    }
}

/// The caller's request id if it is valid, else a new one.
fn request_id(given: Option<&[u8]>, since_epoch: Duration) -> RequestId {
    given
        .and_then(RequestId::from_caller)
        .unwrap_or_else(|| RequestId::new_at(since_epoch))
}
