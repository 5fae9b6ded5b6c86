//! Headers of the `http` crate, read and written by the core.

use http::{HeaderMap, HeaderName, HeaderValue};
use obs_core::{client::Propagated, names::header, request::HeaderReader};

const TRACEPARENT: HeaderName = HeaderName::from_static(header::TRACEPARENT);
const TRACESTATE: HeaderName = HeaderName::from_static(header::TRACESTATE);
const BAGGAGE: HeaderName = HeaderName::from_static(header::BAGGAGE);

/// A header map as the core reads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers<'a>(pub(crate) &'a HeaderMap);

impl HeaderReader for Headers<'_> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(HeaderValue::as_bytes)
    }

    fn for_each(&self, name: &str, each: &mut dyn FnMut(&[u8])) {
        for value in self.0.get_all(name) {
            each(value.as_bytes());
        }
    }
}

/// Sends the trace context along. A `traceparent` in the request was written outside of the
/// attempt's span, so it goes, and its `tracestate` with it; baggage of the request's own stays.
pub(crate) fn propagate(propagated: &Propagated<'_>, headers: &mut HeaderMap) {
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
