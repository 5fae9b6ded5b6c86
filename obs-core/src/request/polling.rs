//! The guard of one call or poll of the inner service.

use std::{any::Any, fmt};

use tracing::span::EnteredSpan;

use super::{
    Observation, nested, panic,
    scope::{self, DISCARD, JOINED, SLOT, Scope},
    stream,
};
use crate::context::{
    self, RequestContext,
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

/// Keeps a request's context current: that of OpenTelemetry, and the span of `tracing`. Ours is exchanged with the outer
/// one, which is in the place of the request's context meanwhile.
struct Current {
    _otel: Option<Attached>,
    /// Boxed because it is rare.
    _tracing_span: Option<Box<EnteredSpan>>,
}

// === impl Polling ===

impl<'a> Polling<'a> {
    // Called at three places in each request: not inlined, so that its code is in the cache once.
    #[inline(never)]
    pub(super) fn start(observation: &'a mut Observation) -> Self {
        let mut polling = Self {
            observation,
            scope: None,
            current: None,
            had_panicked: false,
            returned: false,
        };
        let (place, span) = match polling.observation.running_mut() {
            Some(running) => {
                polling.had_panicked = std::mem::replace(&mut running.in_poll, true);
                polling.scope = Some(running.scope.enter());
                (&mut running.context, running.tracing_span.as_deref())
            }
            None => (polling.observation.ended_mut(), None),
        };
        if let Some(context) = place {
            if let Some(entry) = context.parts().entry() {
                entry.poll();
            }
            polling.current = Some(Current {
                _otel: context.parts().to_attach().cloned().map(otel::attach),
                _tracing_span: span.map(|span| Box::new(span.clone().entered())),
            });
            context::exchange(place);
        }
        polling
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
        if self.current.is_none() {
            return;
        }
        let failure = panic::failure_of(payload, context::with_current(RequestContext::span_id));
        if let Some(running) = self.observation.running_mut() {
            running.failure = Some(Box::new(failure));
        }
    }

    /// Makes the outer context current again.
    #[inline]
    fn restore(&mut self, current: Current) {
        match self.observation.running_mut() {
            Some(running) => context::exchange(&mut running.context),
            None => context::exchange(self.observation.ended_mut()),
        }
        drop(current);
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
        if let Some(current) = self.current.take() {
            self.restore(current);
        }
        let has_panicked = self.had_panicked || !self.returned;
        if let Some(running) = self.observation.running_mut() {
            running.in_poll = has_panicked;
        }
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
