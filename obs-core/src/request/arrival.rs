//! What is decided when a request arrives: whose trace it belongs to, and what it is called.

use std::{
    borrow::Cow,
    time::{Duration, UNIX_EPOCH},
};

use super::{CommonHeaders, HeaderReader, Instrument, RequestHead, attributes, late::KeptHead, origin::Origin};
use crate::{
    context::{Parts, RequestContext, RequestId},
    propagation::{self, Extracted},
    trace::SpanStart,
};

/// A request that has arrived.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    pub(super) instrument: &'a Instrument,
    pub(super) method: &'static str,
    pub(super) head: &'a RequestHead<'a>,
    pub(super) headers: &'a dyn HeaderReader,
    pub(super) common: &'a CommonHeaders<'a>,
    pub(super) origin: &'a Origin,
    /// Since the Unix epoch.
    pub(super) at: Duration,
}

// === impl Arrival ===

impl Arrival<'_> {
    /// The context of the request: the caller's trace or a new one, a request id, and a span if one
    /// is wanted, under the name `span`, and the request is sampled. If it is not and may get its
    /// span at its end, what that needs goes to `kept`.
    pub(super) fn context(self, span: Option<Cow<'static, str>>, kept: &mut KeptHead) -> RequestContext {
        let Self { instrument, method, head, headers, common, origin, at } = self;
        let tracing = &instrument.shared.tracing;
        let mut extracted = propagation::extract_of(common, headers);
        tracing.propagators().filter(&mut extracted, headers);
        let Extracted { parent, tracestate, baggage } = extracted;
        let wants_span = span.is_some();
        let start = SpanStart {
            parent: parent.as_ref(),
            tracestate: tracestate.as_deref(),
            trusted: instrument.options.trust_incoming,
            route: head.endpoint,
            name: span.unwrap_or_default(),
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
            *kept = KeptHead::of(instrument, head, (headers, common.user_agent), *origin, parent);
        }
        let keeps_state = instrument.options.trust_incoming;
        let context = RequestContext::from_parts(Parts {
            request_id: request_id(head.request_id.or(common.request_id), at),
            trace_id: span.trace_id,
            span_id: span.span_id,
            flags: span.flags,
            tracestate: tracestate.filter(|_| keeps_state),
            baggage: baggage.filter(|_| keeps_state),
            tracing: span.is_recorded.then(|| tracing.clone()),
            otel: span.otel,
            propagators: tracing.propagators().clone(),
        });
        take_baggage(&context, &instrument.options.baggage_fields);
        context
    }
}

/// Makes fields of the entries that are on the list.
fn take_baggage(context: &RequestContext, keys: &[Box<str>]) {
    for key in keys {
        if let Some(value) = context.baggage_value(key) {
            context.set_field(key.to_string(), value.into_owned());
        }
    }
}

/// The caller's id if it is one, else a new one.
fn request_id(given: Option<&[u8]>, since_epoch: Duration) -> RequestId {
    given.and_then(RequestId::from_caller).unwrap_or_else(|| RequestId::new_at(since_epoch))
}
