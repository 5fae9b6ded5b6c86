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
    pub fn enter(&mut self) -> ClientPolling<'_> {
        let mut polling = ClientPolling {
            observation: self,
            has_context: false,
            otel: None,
            had_panicked: false,
            returned: false,
        };
        if let Some(running) = polling.observation.running_mut() {
            polling.had_panicked = std::mem::replace(&mut running.in_poll, true);
            if let Some(entry) = running.entry() {
                entry.poll();
            }
            polling.otel = running.attempt.otel.clone().map(otel::attach);
            polling.has_context = running.attempt.context.is_some();
            if polling.has_context {
                context::exchange(&mut running.attempt.context);
            }
        }
        polling
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

impl ClientPolling<'_> {
    /// Reports that the client has returned and not panicked.
    pub fn leave(mut self) {
        self.returned = true;
    }
}

impl Drop for ClientPolling<'_> {
    fn drop(&mut self) {
        let has_panicked = self.had_panicked || !self.returned;
        let Some(running) = self.observation.running_mut() else {
            return;
        };
        if self.has_context {
            context::exchange(&mut running.attempt.context);
        }
        running.in_poll = has_panicked;
        self.otel = None;
    }
}

impl fmt::Debug for ClientPolling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPolling").finish_non_exhaustive()
    }
}
