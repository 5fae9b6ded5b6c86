//! While the inner service is called or polled.

use std::fmt;

use opentelemetry::{Context, ContextGuard};
use tracing::{Span, span::EnteredSpan};

use super::{
    Observation,
    stream::{Listening, Request},
};
use crate::context::{self, Entered, RequestContext};

/// The inner service is being called or polled; see [`Observation::enter`].
#[must_use = "the request's context is current only while the guard lives"]
pub struct Polling<'a> {
    observation: &'a mut Observation,
    /// `None` if nothing is observed.
    listening: Option<Listening>,
    /// `None` for a request without a context.
    current: Option<Current>,
    returned: bool,
}

/// Keeps a request's context current, for us and for others.
struct Current {
    entered: Entered,
    _otel: Option<ContextGuard>,
    /// Boxed because it is rare.
    _tracing_span: Option<Box<EnteredSpan>>,
}

// === impl Polling ===

impl<'a> Polling<'a> {
    // Three times in each request: once in memory is enough.
    #[inline(never)]
    pub(super) fn start(observation: &'a mut Observation) -> Self {
        let Some(running) = observation.running_mut() else {
            return Self { observation, listening: None, current: None, returned: false };
        };
        running.in_poll = true;
        let current = running.context.take().map(|context| Current::enter(context, running.tracing_span.as_deref()));
        Self { observation, listening: Some(Listening::start()), current, returned: false }
    }

    /// The inner service has returned: it has not panicked.
    #[inline]
    pub fn leave(mut self) {
        self.returned = true;
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        let asked = self.listening.take().map_or(Request::Nothing, Listening::stop);
        let context = self.current.take().and_then(Current::leave);
        let Some(running) = self.observation.running_mut() else { return };
        if context.is_some() {
            running.context = context;
        }
        running.in_poll = !self.returned;
        match asked {
            Request::Nothing => {}
            Request::Slot(slot) => running.stream_slot = running.stream_slot.take().or(Some(slot)),
            Request::Discard => self.observation.discard(),
        }
    }
}

impl fmt::Debug for Polling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling").finish_non_exhaustive()
    }
}

// === impl Current ===

impl Current {
    fn enter(context: RequestContext, tracing_span: Option<&Span>) -> Self {
        let otel = context.parts().otel.clone().map(Context::attach);
        let tracing_span = tracing_span.map(|span| Box::new(span.clone().entered()));
        Self { entered: context::enter(Some(context)), _otel: otel, _tracing_span: tracing_span }
    }

    /// Hands back the context of the request.
    fn leave(self) -> Option<RequestContext> {
        self.entered.leave()
    }
}
