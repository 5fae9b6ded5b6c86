//! The guard of a call or poll of the client.

use std::fmt;

use super::observation::ClientObservation;
use crate::context::{
    self,
    otel::{self, Attached},
};

/// A guard for one call or poll of the client, see [`ClientObservation::enter`].
///
/// While it lives, the attempt's span is the current one on this thread.
#[must_use = "the attempt's span is active only while the guard lives"]
pub struct ClientPolling<'a> {
    observation: &'a mut ClientObservation,
    /// Whether the attempt belongs to a request. Its context is current then, and the outer one is in its place.
    has_context: bool,
    otel: Option<Attached>,
    /// Whether an earlier poll did not return, so that this one drops the client after a panic.
    had_panicked: bool,
    returned: bool,
}

// === impl ClientObservation ===

impl ClientObservation {
    /// Makes the attempt's span active, and the context of the request that it belongs to, until the guard is dropped.
    ///
    /// Call [`ClientPolling::leave`] when the client has returned: a guard that is dropped without it means that the
    /// client has panicked. Don't hold the guard across an await.
    #[inline]
    pub fn enter(&mut self) -> ClientPolling<'_> {
        ClientPolling::start(self)
    }

    /// Runs `work` between [`enter`](Self::enter) and [`leave`](ClientPolling::leave), and returns its result: a call
    /// or poll of the client, or the drop of its future.
    #[inline]
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let polling = self.enter();
        let returned = work();
        polling.leave();
        returned
    }
}

// === impl ClientPolling ===

impl<'a> ClientPolling<'a> {
    #[inline]
    fn start(observation: &'a mut ClientObservation) -> Self {
        let is_alone = observation
            .running()
            .is_none_or(|running| running.attempt.otel.is_none() && running.attempt.context.is_none());
        if is_alone {
            Self::enter(observation)
        } else {
            Self::start_in_context(observation)
        }
    }

    #[inline]
    fn enter(observation: &'a mut ClientObservation) -> Self {
        let mut had_panicked = false;
        if let Some(running) = observation.running_mut() {
            had_panicked = std::mem::replace(&mut running.in_poll, true);
            if let Some(entry) = running.entry() {
                entry.poll();
            }
        }
        Self {
            observation,
            has_context: false,
            otel: None,
            had_panicked,
            returned: false,
        }
    }

    /// The same for an attempt with a span, or within a request.
    #[inline(never)]
    fn start_in_context(observation: &'a mut ClientObservation) -> Self {
        let mut polling = Self::enter(observation);
        if let Some(running) = polling.observation.running_mut() {
            polling.otel = running.attempt.otel.clone().map(otel::attach);
            polling.has_context = running.attempt.context.is_some();
            if polling.has_context {
                context::exchange(&mut running.attempt.context);
            }
        }
        polling
    }

    /// Reports that the client has returned and not panicked.
    #[inline]
    #[expect(
        clippy::mem_forget,
        reason = "nothing is left to be done, and the drop would be a call"
    )]
    pub fn leave(mut self) {
        self.returned = true;
        if self.has_context || self.otel.is_some() {
            return;
        }
        self.note_end();
        std::mem::forget(self);
    }

    #[inline]
    fn note_end(&mut self) {
        let has_panicked = self.had_panicked || !self.returned;
        if let Some(running) = self.observation.running_mut() {
            running.in_poll = has_panicked;
        }
    }

    #[inline(never)]
    fn restore(&mut self) {
        if let Some(running) = self.observation.running_mut() {
            context::exchange(&mut running.attempt.context);
        }
    }
}

impl Drop for ClientPolling<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.has_context {
            self.restore();
        }
        self.note_end();
        self.otel = None;
    }
}

impl fmt::Debug for ClientPolling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPolling").finish_non_exhaustive()
    }
}
