//! While the inner service is called or polled.

use std::fmt;

use opentelemetry::{Context, ContextGuard};
use tracing::span::EnteredSpan;

use super::{
    Observation,
    stream::{Listening, Request},
};
use crate::context::{self, Entered};

/// The inner service is being called or polled; see [`Observation::enter`].
#[must_use = "the request's context is current only while the guard lives"]
pub struct Polling<'a> {
    observation: &'a mut Observation,
    entered: Option<Entered>,
    listening: Option<Listening>,
    _otel: Option<ContextGuard>,
    /// Boxed because it is rare.
    _tracing_span: Option<Box<EnteredSpan>>,
    returned: bool,
}

// === impl Polling ===

impl<'a> Polling<'a> {
    #[inline]
    pub(super) fn start(observation: &'a mut Observation) -> Self {
        let Some(running) = observation.running_mut() else {
            return Self {
                observation,
                entered: None,
                listening: None,
                _otel: None,
                _tracing_span: None,
                returned: false,
            };
        };
        running.in_poll = true;
        let context = running.context.take();
        let otel = context.as_ref().and_then(|context| context.parts().otel.clone()).map(Context::attach);
        let tracing_span = running.tracing_span.as_ref().map(|span| Box::new((**span).clone().entered()));
        Self {
            entered: context.map(|context| context::enter(Some(context))),
            listening: Some(Listening::start()),
            observation,
            _otel: otel,
            _tracing_span: tracing_span,
            returned: false,
        }
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
        let context = self.entered.take().and_then(Entered::leave);
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
