//! The guard of one call or poll of the inner service.

use std::{any::Any, fmt};

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
    /// Whether the request has a context, which is current then; the outer one is in its place meanwhile.
    has_context: bool,
    otel: Option<Attached>,
    /// Whether an earlier poll did not return, so that this one drops the service after a panic.
    had_panicked: bool,
    returned: bool,
}

// === impl Polling ===

impl<'a> Polling<'a> {
    // A request that has metrics alone only exchanges its scope.
    #[inline]
    pub(super) fn start(observation: &'a mut Observation) -> Self {
        if observation.reports_panics() {
            Self::start_in_context(observation)
        } else {
            Self::enter_scope(observation)
        }
    }

    /// Makes the scope of the request current, if it is observed.
    #[inline]
    fn enter_scope(observation: &'a mut Observation) -> Self {
        let (scope, had_panicked) = match observation.running_mut() {
            Some(running) => {
                let had_panicked = std::mem::replace(&mut running.in_poll, true);
                (Some(running.scope.enter()), had_panicked)
            }
            None => (None, false),
        };
        Self {
            observation,
            scope,
            has_context: false,
            otel: None,
            had_panicked,
            returned: false,
        }
    }

    // Called at three places in each request: not inlined, so that its code is in the cache once.
    #[inline(never)]
    fn start_in_context(observation: &'a mut Observation) -> Self {
        let mut polling = Self::enter_scope(observation);
        let (place, span) = match polling.observation.running_mut() {
            Some(running) => (&mut running.context, running.tracing_span.as_deref()),
            None => (polling.observation.ended_mut(), None),
        };
        if let Some(context) = place {
            if let Some(entry) = context.parts().entry() {
                entry.poll();
            }
            polling.otel = context.parts().to_attach().cloned().map(otel::attach);
            // By hand: the guard of `tracing` would need memory for each poll.
            if let Some(span) = span {
                span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
            }
            context::exchange(place);
            polling.has_context = true;
        }
        polling
    }

    /// Reports that the inner service has returned and not panicked.
    ///
    /// Has to be called at the end of each call or poll; a guard that is merely dropped means a panic.
    #[inline]
    #[expect(
        clippy::mem_forget,
        reason = "nothing is left to be done, and the drop would be a call"
    )]
    pub fn leave(mut self) {
        self.returned();
        if self.has_context {
            return;
        }
        let requested = self.scope.take().and_then(scope::Entered::leave);
        if requested.is_some() {
            return self.end(requested);
        }
        self.note_end();
        std::mem::forget(self);
    }

    /// [`leave`](Self::leave) without the end of the guard, which is not moved.
    #[inline]
    pub(super) fn returned(&mut self) {
        self.returned = true;
    }

    /// Reports that the inner service has panicked with this payload.
    #[cold]
    pub(super) fn panicked(self, payload: &(dyn Any + Send)) {
        if !self.has_context {
            return;
        }
        let failure = panic::failure_of(payload, context::with_current(RequestContext::span_id));
        if let Some(running) = self.observation.running_mut() {
            running.failure = Some(Box::new(failure));
        }
    }

    /// Makes the outer context current again, and applies what was requested.
    #[inline(never)]
    fn end(&mut self, requested: Option<Scope>) {
        if self.has_context {
            if let Some(running) = self.observation.running_mut() {
                context::exchange(&mut running.context);
                self.otel = None;
                if let (Some(bytes), Some(entry)) = (running.request_bytes.counted(), running.entry()) {
                    entry.received(bytes);
                }
                if let Some(span) = &running.tracing_span {
                    span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
                }
            } else {
                context::exchange(self.observation.ended_mut());
                self.otel = None;
            }
        }
        self.note_end();
        if let Some(requested) = requested {
            self.apply(requested);
        }
    }

    #[inline]
    fn note_end(&mut self) {
        let has_panicked = self.had_panicked || !self.returned;
        if let Some(running) = self.observation.running_mut() {
            running.in_poll = has_panicked;
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
        if self.has_context || requested.is_some() {
            self.end(requested);
        } else {
            self.note_end();
        }
    }
}

impl fmt::Debug for Polling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling").finish_non_exhaustive()
    }
}
