//! The error behind a request that has failed.

use super::{Observation, Outcome, running::Running};
use crate::{
    context::{NotedFailure, RequestContext},
    failure::{Failure, take_panic},
};

// === impl Observation ===

impl Observation {
    /// Reports the error behind what is reported next: an error of the service, or of the response body.
    ///
    /// `describe` isn't called if nobody asks for it; it runs in the request's context. The first error that is reported
    /// counts, unless the request ends by a panic.
    #[cold]
    pub fn explain(&mut self, describe: impl FnOnce() -> Failure) {
        if !self.running().is_some_and(Running::wants_failure) {
            return;
        }
        let failure = self.run(describe);
        if let Some(running) = self.running_mut() {
            running.failure = Some(Box::new(failure));
        }
    }

    /// Reports the error behind a response with this status, before its [`head`](Self::head).
    ///
    /// `find` is called only if the response is an error of the service, or may become one; `describe` as that of
    /// [`explain`](Self::explain).
    #[inline]
    pub fn explain_response<E>(
        &mut self,
        status: u16,
        find: impl FnOnce() -> Option<E>,
        describe: impl FnOnce(E) -> Failure,
    ) {
        // The status of a gRPC call is told by its trailers.
        let may_fail = status >= 500 || self.running().is_some_and(|running| running.call.is_some());
        if may_fail && let Some(error) = find() {
            self.explain(|| describe(error));
        }
    }
}

// === impl Running ===

impl Running {
    /// Whether an error has a place to be seen, and none is known yet. The error of a body says nothing about the status
    /// of an answer that has failed before.
    fn wants_failure(&self) -> bool {
        let has_hook = || self.any_layer(|layer| layer.options.on_finish.is_some());
        let is_seen = self.context.is_some() || self.entry().is_some() || has_hook();
        is_seen && self.failure.is_none() && self.head.is_none_or(|head| head.status < 500)
    }

    /// Keeps a panic that was caught within the service just now: it is forgotten when the request goes on on another
    /// thread.
    #[cold]
    pub(super) fn note_caught_panic(&mut self) {
        if self.failure.is_none() {
            self.failure = self.caught_panic().map(Box::new);
        }
    }

    fn caught_panic(&self) -> Option<Failure> {
        take_panic(self.context.as_ref()?.span_id())
    }

    /// What a gRPC call that has failed says in its trailers.
    fn failure_of_call(&mut self) -> Option<Failure> {
        Some(*self.call.as_mut()?.take_failure()?)
    }

    /// Why the request has ended with this outcome, which is an error.
    ///
    /// A panic explains itself. Otherwise the error that the framework knows of counts, then the one that the application
    /// has recorded last, then the text in the trailers of a gRPC call, then a panic that was caught within the service.
    #[cold]
    #[inline(never)]
    pub(super) fn explained(&mut self, outcome: Outcome) -> Option<NotedFailure> {
        let recorded = self.context.as_ref().and_then(RequestContext::take_failure);
        let known = self.failure.take().map(|failure| *failure);
        let (panic, known) = match known {
            Some(failure) if failure.is_panic() => (Some(failure), None),
            known => (None, known),
        };
        let new = |failure| NotedFailure {
            failure,
            is_on_span: false,
        };
        let explained = match (known, recorded) {
            _ if outcome == Outcome::Panic => new(panic.or_else(|| self.caught_panic())?),
            // Recorded, it has its sources in any case.
            (Some(known), Some(recorded)) if known.message() == recorded.failure.message() => recorded,
            (Some(known), _) => new(known),
            (None, Some(recorded)) => recorded,
            (None, None) => new(panic
                .or_else(|| self.failure_of_call())
                .or_else(|| self.caught_panic())?),
        };
        Some(NotedFailure {
            failure: explained.failure.redacted(&self.instrument.common.redactor),
            is_on_span: explained.is_on_span,
        })
    }
}
