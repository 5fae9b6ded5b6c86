//! While the inner service is called or polled.

use std::{any::Any, fmt};

use tracing::{Span, span::EnteredSpan};

use super::{
    Observation,
    nested::Offering,
    panic,
    stream::{HandlerRequest, HandlerScope},
};
use crate::context::{
    self, Entered, RequestContext,
    otel::{self, Attached},
};

/// The inner service is being called or polled; see [`Observation::enter`].
#[must_use = "the request's context is current only while the guard lives"]
pub struct Polling<'a> {
    observation: &'a mut Observation,
    /// `None` if nothing is observed.
    listening: Option<(HandlerScope, Offering)>,
    /// `None` for a request without a context.
    current: Option<Current>,
    /// Whether a poll before this one did not return: then this is a drop after a panic.
    had_panicked: bool,
    returned: bool,
}

/// Keeps a request's context current, for us and for others.
struct Current {
    entered: Entered,
    _otel: Option<Attached>,
    /// Boxed because it is rare.
    _tracing_span: Option<Box<EnteredSpan>>,
}

// === impl Polling ===

impl<'a> Polling<'a> {
    // Three times in each request: once in memory is enough.
    #[inline(never)]
    pub(super) fn start(observation: &'a mut Observation) -> Self {
        let Some(running) = observation.running_mut() else {
            let current = observation.ended_mut().take().map(|context| Current::enter(context, None));
            return Self { observation, listening: None, current, had_panicked: false, returned: false };
        };
        let had_panicked = std::mem::replace(&mut running.in_poll, true);
        let offering = Offering::start(running.joinable);
        let current = running.context.take().map(|context| Current::enter(context, running.tracing_span.as_deref()));
        Self { observation, listening: Some((HandlerScope::start(), offering)), current, had_panicked, returned: false }
    }

    /// The inner service has returned: it has not panicked.
    #[inline]
    pub fn leave(mut self) {
        self.returned = true;
    }

    /// The inner service has panicked with this payload.
    #[cold]
    pub(super) fn panicked(self, payload: &(dyn Any + Send)) {
        let request = self.current.as_ref().and_then(|_| context::with_current(RequestContext::span_id));
        let report = panic::report_of(payload, request);
        if let Some(running) = self.observation.running_mut() {
            running.panic = Some(Box::new(report));
        }
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        let (asked, joined) = match self.listening.take() {
            Some((listening, offering)) => (listening.stop(), offering.stop()),
            None => (HandlerRequest::Nothing, None),
        };
        let context = self.current.take().and_then(Current::leave);
        let Some(running) = self.observation.running_mut() else {
            *self.observation.ended_mut() = context;
            return;
        };
        if context.is_some() {
            running.context = context;
        }
        running.in_poll = self.had_panicked || !self.returned;
        if let Some(joined) = joined {
            running.take_joined(joined);
        }
        match asked {
            HandlerRequest::Nothing => {}
            HandlerRequest::Slot(slot) => running.stream_slot = running.stream_slot.take().or(Some(slot)),
            HandlerRequest::Discard => self.observation.discard(),
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
        let otel = context.parts().to_attach().cloned().map(otel::attach);
        let tracing_span = tracing_span.map(|span| Box::new(span.clone().entered()));
        Self { entered: context::enter(Some(context)), _otel: otel, _tracing_span: tracing_span }
    }

    /// Hands back the context of the request.
    fn leave(self) -> Option<RequestContext> {
        self.entered.leave()
    }
}
