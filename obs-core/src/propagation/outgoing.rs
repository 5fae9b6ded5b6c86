//! Writing the headers of an outgoing request.

use opentelemetry::trace::TraceContextExt;

use crate::{
    context::{self, RequestContext, SpanId, TraceId, header_name, otel},
    headers::{TRACEPARENT_LEN, TraceParent},
    names::header,
};

/// The headers of one outgoing attempt, see [`outgoing`].
#[derive(Clone, Debug)]
pub struct Outgoing {
    context: RequestContext,
    parent: TraceParent,
    traceparent: [u8; TRACEPARENT_LEN],
}

/// A new attempt to call another service from the current request: it belongs to the request's
/// trace and has a span id of its own, whether a span is recorded for it or not.
///
/// None outside a request.
///
/// ```
/// use obs_core::{context, propagation};
///
/// context::run_new(|| {
///     let first = propagation::outgoing().unwrap();
///     let second = propagation::outgoing().unwrap();
///     assert_eq!(first.parent().trace_id, second.parent().trace_id);
///     assert_ne!(first.parent().span_id, second.parent().span_id);
/// });
/// assert!(propagation::outgoing().is_none());
/// ```
#[must_use]
pub fn outgoing() -> Option<Outgoing> {
    let context = context::current()?;
    Some(Outgoing::new(context, SpanId::random()))
}

/// Hands the headers of an outgoing request to `set`, name and value: `traceparent`, and
/// `tracestate` and `baggage` if the caller sent them, the request id if
/// [`ObsBuilder::request_id_header`](crate::ObsBuilder::request_id_header) names its header; or those of the formats that
/// `OTEL_PROPAGATORS` and [`ObsBuilder::propagator`](crate::ObsBuilder::propagator) name.
///
/// The other service becomes a child of the span that is active now; where none is recorded, of a
/// span id made for this call. Does nothing outside a request.
///
/// ```
/// use obs_core::{context, propagation};
///
/// let mut request = Vec::new();
/// context::run_new(|| {
///     propagation::inject(&mut |name, value| request.push(format!("{name}: {value}\r\n")));
/// });
/// assert!(request[0].starts_with("traceparent: 00-"));
/// ```
pub fn inject(set: &mut dyn FnMut(&'static str, &str)) {
    let Some(context) = context::current() else { return };
    let span_id = recorded_span(context.trace_id()).unwrap_or_else(SpanId::random);
    Outgoing::new(context, span_id).for_each(set);
}

/// The span that is active now, if it is recorded and belongs to this trace.
pub(crate) fn recorded_span(trace_id: TraceId) -> Option<SpanId> {
    otel::map_current(|current| {
        if !current.has_active_span() {
            return None;
        }
        let span = current.span();
        let ids = span.span_context();
        let ours = otel::trace_id(ids.trace_id()) == Some(trace_id) && span.is_recording();
        if ours { otel::span_id(ids.span_id()) } else { None }
    })
    .flatten()
}

// === impl Outgoing ===

impl Outgoing {
    /// An attempt whose span is already known.
    pub(crate) fn new(context: RequestContext, span_id: SpanId) -> Self {
        let parent = TraceParent {
            trace_id: context.trace_id(),
            span_id,
            flags: context.trace_flags(),
        };
        Self {
            context,
            parent,
            traceparent: parent.to_bytes(),
        }
    }

    /// The ids and flags that are sent.
    #[must_use]
    pub fn parent(&self) -> TraceParent {
        self.parent
    }

    /// Value of the `traceparent` header.
    #[must_use]
    pub fn traceparent(&self) -> &str {
        std::str::from_utf8(&self.traceparent).unwrap_or_default()
    }

    /// Value of the `tracestate` header, if the caller of this request sent one.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.context.parts().tracestate.as_deref()
    }

    /// Value of the `baggage` header, if the caller of this request sent one.
    #[must_use]
    pub fn baggage(&self) -> Option<&str> {
        self.context.parts().baggage.as_deref()
    }

    /// Hands each header to `set`, name and value, of the formats that are set up.
    pub fn for_each(&self, set: &mut dyn FnMut(&'static str, &str)) {
        let propagators = self.context.parts().propagators();
        if propagators.sends_trace_context() {
            set(header::TRACEPARENT, self.traceparent());
            if let Some(tracestate) = self.tracestate() {
                set(header::TRACESTATE, tracestate);
            }
        }
        if let Some(baggage) = self.baggage().filter(|_| propagators.sends_baggage()) {
            set(header::BAGGAGE, baggage);
        }
        if let Some(name) = propagators.request_id() {
            set(name, self.context.request_id());
        }
        if !propagators.has_own() {
            return;
        }
        let context = self.context.parts().to_attach().cloned().unwrap_or_default();
        propagators.write_own(&context, self.parent, self.tracestate(), &mut |name, value| {
            if let Some(name) = header_name(name) {
                set(name, value);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Parts, RequestId, TraceFlags, run_in, run_new};

    fn context(flags: TraceFlags) -> RequestContext {
        RequestContext::from_parts(Parts {
            request_id: RequestId::new(),
            trace_id: TraceId::random(),
            span_id: SpanId::random(),
            flags,
            tracestate: Some("foo=1".into()),
            baggage: Some("a=1".into()),
            otel: None,
            otel_baggage: None,
            instance: None,
            records_spans: false,
            entry: None,
        })
    }

    fn injected() -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        inject(&mut |name, value| headers.push((name, value.to_owned())));
        headers
    }

    #[test]
    fn the_headers_carry_the_trace_on() {
        let context = context(TraceFlags::from_bits(2));
        let trace_id = context.trace_id();
        let headers = run_in(context, injected);
        let parent = TraceParent::parse(headers[0].1.as_bytes()).unwrap();
        assert_eq!(parent.trace_id, trace_id);
        assert_eq!(parent.flags.bits(), 2);
        assert_eq!(
            headers[1..],
            [("tracestate", "foo=1".to_owned()), ("baggage", "a=1".to_owned())]
        );
    }

    #[test]
    fn the_callers_span_id_is_never_sent_on() {
        let context = context(TraceFlags::default());
        let own = context.span_id();
        let sent = run_in(context, || outgoing().unwrap().parent().span_id);
        assert_ne!(sent, own);
    }

    #[test]
    fn nothing_is_written_outside_a_request() {
        assert!(injected().is_empty());
    }

    #[test]
    fn a_request_of_our_own_sends_its_random_flag() {
        run_new(|| assert!(outgoing().unwrap().parent().flags.is_random()));
    }

    #[test]
    fn a_span_of_another_trace_is_no_parent() {
        let foreign = opentelemetry::trace::SpanContext::new(
            1.into(),
            2.into(),
            opentelemetry::trace::TraceFlags::SAMPLED,
            true,
            opentelemetry::trace::TraceState::default(),
        );
        let context = context(TraceFlags::default());
        let trace_id = context.trace_id();
        run_in(context, || {
            let _attached = opentelemetry::Context::new().with_remote_span_context(foreign).attach();
            let parent = TraceParent::parse(injected()[0].1.as_bytes()).unwrap();
            assert_eq!(parent.trace_id, trace_id);
        });
    }
}
