//! The headers that an attempt sends along.

use opentelemetry::Context as OtelContext;

use super::running::Running;
use crate::{
    context::{Instance as _, Parts, Propagators, RequestContext, otel},
    headers::TraceParent,
};

/// The trace context and baggage of one attempt, in the formats that `OTEL_PROPAGATORS` and
/// [`ObsBuilder::propagator`](crate::ObsBuilder::propagator) name.
///
/// The parent id is the attempt's own span id, whether a span is recorded for it or not.
#[derive(Clone, Debug)]
pub struct Propagated<'a> {
    parent: TraceParent,
    text: [u8; 55],
    tracestate: Option<&'a str>,
    baggage: Option<&'a str>,
    request_id: Option<&'a str>,
    propagators: &'a Propagators,
    otel: Option<&'a OtelContext>,
}

// === impl Propagated ===

impl<'a> Propagated<'a> {
    /// The state comes from the request as its caller sent it; outside of a request from the span
    /// that is active. The formats are those of the instance that the client was given, else of the
    /// request's.
    pub(super) fn of(running: &'a Running) -> Self {
        let Running {
            instrument, attempt, ..
        } = running;
        let parts = attempt.context.as_ref().map(RequestContext::parts);
        let foreign_state = attempt.foreign_state.as_deref();
        let of_request = parts
            .filter(|_| instrument.options.common.own_instance().is_none())
            .map(Parts::propagators);
        Self {
            parent: attempt.ids,
            text: attempt.ids.to_bytes(),
            tracestate: parts.and_then(|parts| parts.tracestate.as_deref()).or(foreign_state),
            baggage: parts.and_then(|parts| parts.baggage.as_deref()),
            request_id: parts.map(|parts| parts.request_id.as_str()),
            propagators: of_request.unwrap_or_else(|| instrument.common.pipeline.tracing.propagators()),
            otel: attempt.otel.as_ref(),
        }
    }

    /// The ids and flags that are sent.
    #[must_use]
    pub fn parent(&self) -> TraceParent {
        self.parent
    }

    /// Value of the `traceparent` header; none if W3C's format is not among those to send. What the
    /// request has of its own then stays.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.propagators
            .sends_trace_context()
            .then(|| std::str::from_utf8(&self.text).unwrap_or_default())
    }

    /// Value of the `tracestate` header. If there is a `traceparent` without one, remove a `tracestate` that the
    /// request has already: it belongs to another parent.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate.filter(|_| self.propagators.sends_trace_context())
    }

    /// Value of the `baggage` header, to be added to what the request has already.
    #[must_use]
    pub fn baggage(&self) -> Option<&str> {
        self.baggage.filter(|_| self.propagators.sends_baggage())
    }

    /// Name and value of the header of request ids, if the application has chosen one by
    /// `ObsBuilder::request_id_header` and the attempt belongs to a request. One that the outgoing request has already
    /// stays.
    #[must_use]
    pub fn request_id(&self) -> Option<(&'static str, &str)> {
        self.propagators.request_id().zip(self.request_id)
    }

    /// Calls `set` with name and value of each header of the application's own formats; they replace those of the
    /// request.
    pub fn others(&self, set: &mut dyn FnMut(&str, &str)) {
        if self.propagators.has_own() {
            let context = self.otel.cloned().unwrap_or_else(otel::current);
            self.propagators.write_own(&context, self.parent, self.tracestate, set);
        }
    }
}
