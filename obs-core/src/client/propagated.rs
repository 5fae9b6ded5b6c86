//! The headers that an attempt sends along.

use crate::{context::RequestContext, names::header, propagation::TraceParent};

/// The trace context and baggage of one attempt.
///
/// The parent id is the attempt's own span id, whether a span is recorded for it or not.
#[derive(Clone, Debug)]
pub struct Propagated<'a> {
    parent: TraceParent,
    text: [u8; 55],
    tracestate: Option<&'a str>,
    baggage: Option<&'a str>,
}

// === impl Propagated ===

impl<'a> Propagated<'a> {
    /// The state comes from the request as its caller sent it; outside of a request from the span
    /// that is active.
    pub(super) fn new(
        parent: TraceParent,
        context: Option<&'a RequestContext>,
        foreign_state: Option<&'a str>,
    ) -> Self {
        let parts = context.map(RequestContext::parts);
        let tracestate = parts.and_then(|parts| parts.tracestate.as_deref()).or(foreign_state);
        Self { parent, text: parent.to_bytes(), tracestate, baggage: parts.and_then(|parts| parts.baggage.as_deref()) }
    }

    /// The ids and flags that are sent.
    #[must_use]
    pub fn parent(&self) -> TraceParent {
        self.parent
    }

    /// Value of the `traceparent` header.
    #[must_use]
    pub fn traceparent(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// Value of the `tracestate` header. Where there is none, a header that stands in the request
    /// belongs to another parent and has to go.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.tracestate
    }

    /// Value of the `baggage` header, to be added to what the request has already.
    #[must_use]
    pub fn baggage(&self) -> Option<&str> {
        self.baggage
    }

    /// Hands each header to `set`, name and value.
    pub fn for_each(&self, set: &mut dyn FnMut(&'static str, &str)) {
        set(header::TRACEPARENT, self.traceparent());
        if let Some(tracestate) = self.tracestate() {
            set(header::TRACESTATE, tracestate);
        }
        if let Some(baggage) = self.baggage() {
            set(header::BAGGAGE, baggage);
        }
    }
}
