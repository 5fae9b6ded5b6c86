//! What is decided when a request arrives: whose trace it belongs to, and what it is called.

use std::{borrow::Cow, time::SystemTime};

use super::{HeaderReader, Instrument, RequestHead, attributes};
use crate::{
    clock,
    context::{Parts, RequestContext, RequestId},
    names::header,
    propagation::{self, Extracted},
    trace::SpanStart,
};

/// The context of a request: the caller's trace or a new one, a request id, and a span if one is
/// wanted, under the name `span`, and the request is sampled.
pub(super) fn context(
    instrument: &Instrument,
    method: &'static str,
    head: &RequestHead<'_>,
    headers: &dyn HeaderReader,
    span: Option<Cow<'static, str>>,
    now: SystemTime,
) -> RequestContext {
    let Extracted { parent, tracestate, baggage } = propagation::extract(headers);
    let wants_span = span.is_some();
    let start = SpanStart {
        parent: parent.as_ref(),
        tracestate: tracestate.as_deref(),
        trusted: instrument.options.trust_incoming,
        name: span.unwrap_or_default(),
        start: now,
    };
    let tracing = &instrument.shared.tracing;
    let span = if wants_span {
        tracing.start_server_span(start, || attributes::on_arrival(instrument, method, head, headers))
    } else {
        tracing.decide(&start)
    };
    let keeps_state = instrument.options.trust_incoming;
    RequestContext::from_parts(Parts {
        request_id: request_id(head, headers, now),
        trace_id: span.trace_id,
        span_id: span.span_id,
        flags: span.flags,
        tracestate: tracestate.filter(|_| keeps_state),
        baggage: baggage.filter(|_| keeps_state),
        tracing: span.otel.is_some().then(|| tracing.clone()),
        otel: span.otel,
    })
}

/// The caller's id if it is one, else a new one.
fn request_id(head: &RequestHead<'_>, headers: &dyn HeaderReader, now: SystemTime) -> RequestId {
    let given = head.request_id.or_else(|| headers.get(header::REQUEST_ID));
    given.and_then(RequestId::from_caller).unwrap_or_else(|| RequestId::new_at(clock::since_epoch(now)))
}
