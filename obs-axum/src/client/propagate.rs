//! Writing the trace context into a request.

use http::{HeaderMap, HeaderName, HeaderValue};
use obs_core::{client::Propagated, names::header};

const TRACEPARENT: HeaderName = HeaderName::from_static(header::TRACEPARENT);
const TRACESTATE: HeaderName = HeaderName::from_static(header::TRACESTATE);
const BAGGAGE: HeaderName = HeaderName::from_static(header::BAGGAGE);

/// Sends the trace context along. A `traceparent` in the request was written outside of the
/// attempt's span, so it goes, and its `tracestate` with it; baggage of the request's own stays.
pub(super) fn propagate(propagated: &Propagated<'_>, headers: &mut HeaderMap) {
    if let Some(Ok(parent)) = propagated.traceparent().map(HeaderValue::from_str) {
        headers.insert(TRACEPARENT, parent);
        match propagated.tracestate().map(HeaderValue::from_str) {
            Some(Ok(state)) => drop(headers.insert(TRACESTATE, state)),
            _ => drop(headers.remove(TRACESTATE)),
        }
    }
    if let Some(Ok(baggage)) = propagated.baggage().map(HeaderValue::from_str)
        && !headers.get_all(BAGGAGE).iter().any(|known| *known == baggage)
    {
        headers.append(BAGGAGE, baggage);
    }
    propagated.others(&mut |name, value| {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    });
}
