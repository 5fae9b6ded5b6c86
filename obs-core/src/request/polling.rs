//! The guard of one call or poll of the inner service.

use std::{any::Any, fmt};

use tracing::{Span, span::EnteredSpan};

use super::{
    Observation, nested, panic,
    scope::{self, DISCARD, JOINED, SLOT, Scope},
    stream,
};
use crate::context::{
    self, Entered, RequestContext,
    otel::{self, Attached},
};

/// A guard for one call or poll of the inner service, see [`Observation::enter`].
///
/// While it lives, the request's context is current on this thread: log lines, metrics, spans and outgoing requests of
/// the handler belong to the request.
#[must_use = "the request's context is current only while the guard lives"]
pub struct Polling<'a> {
    observation: &'a mut Observation,
    /// `None` if the request is not observed.
    scope: Option<scope::Entered>,
    /// `None` for a request without a context.
    current: Option<Current>,
    /// Whether an earlier poll did not return, so that this one drops the service after a panic.
    had_panicked: bool,
    returned: bool,
}

/// Keeps a request's context current: ours, OpenTelemetry's, and the span of `tracing`.
struct Current {
    entered: Entered,
    _otel: Option<Attached>,
    /// Boxed because it is rare.
    _tracing_span: Option<Box<EnteredSpan>>,
}

// === impl Polling ===

impl<'a> Polling<'a> {
    // Called at three places in each request: not inlined, so that its code is in the cache once.
    #[inline(never)]
    pub(super) fn start(observation: &'a mut Observation) -> Self {
        let Some(running) = observation.running_mut() else {
            let current = observation
                .ended_mut()
                .take()
                .map(|context| Current::enter(context, None));
            return Self {
                observation,
                scope: None,
                current,
                had_panicked: false,
                returned: false,
            };
        };
        let had_panicked = std::mem::replace(&mut running.in_poll, true);
        let scope = Some(running.scope.enter());
        let current = running
            .context
            .take()
            .map(|context| Current::enter(context, running.tracing_span.as_deref()));
        Self {
            observation,
            scope,
            current,
            had_panicked,
            returned: false,
        }
    }

    /// Reports that the inner service has returned and not panicked.
    ///
    /// Has to be called at the end of each call or poll; a guard that is merely dropped means a panic.
    #[inline]
    pub fn leave(mut self) {
        self.returned = true;
    }

    /// Reports that the inner service has panicked with this payload.
    #[cold]
    pub(super) fn panicked(self, payload: &(dyn Any + Send)) {
        let request = self
            .current
            .as_ref()
            .and_then(|_| context::with_current(RequestContext::span_id));
        let report = panic::report_of(payload, request);
        if let Some(running) = self.observation.running_mut() {
            running.panic = Some(Box::new(report));
        }
    }

    /// Applies what the handler, or a layer within, has requested during the poll.
    #[cold]
    fn apply(&mut self, requested: Scope) {
        let joined = requested.was_asked_for(JOINED).then(nested::take_joined).flatten();
        let slot = requested.was_asked_for(SLOT).then(stream::take_slot).flatten();
        let then = requested.was_asked_for(DISCARD).then(stream::take_discard).flatten();
        let Some(running) = self.observation.running_mut() else {
            return;
        };
        if let Some(joined) = joined {
            running.take_joined(joined);
        }
        if requested.was_asked_for(DISCARD) {
            self.observation.discard();
            if let Some(then) = then {
                then();
            }
        } else if slot.is_some() {
            running.stream_slot = running.stream_slot.take().or(slot);
        }
    }
}

impl Drop for Polling<'_> {
    #[inline]
    fn drop(&mut self) {
        let requested = self.scope.take().and_then(scope::Entered::leave);
        let context = self.current.take().and_then(Current::leave);
        let Some(running) = self.observation.running_mut() else {
            *self.observation.ended_mut() = context;
            return;
        };
        if context.is_some() {
            running.context = context;
        }
        running.in_poll = self.had_panicked || !self.returned;
        if let Some(requested) = requested {
            self.apply(requested);
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
        Self {
            entered: context::enter(Some(context)),
            _otel: otel,
            _tracing_span: tracing_span,
        }
    }

    /// Ends the guard and returns the context of the request.
    fn leave(self) -> Option<RequestContext> {
        self.entered.leave()
    }
}
