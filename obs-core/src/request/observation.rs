//! One request, from its arrival to its last byte.

use std::fmt;

use super::{
    ByteCounter, HeaderReader, Held, Instrument, Outcome, Polling, RequestHead, ResponseHead, bytes::RequestBytes,
    running::Running, slot::Slot, stream::Listening,
};
use crate::context::RequestContext;

/// Watches one request and records it exactly once, however it ends.
///
/// An adapter calls [`start`](Self::start) on arrival, wraps every call and poll of the inner
/// service in [`enter`](Self::enter), reports the head and the body's frames, and lets go. Dropping
/// an observation that has not ended is an outcome too.
pub struct Observation {
    /// `None` once the request is recorded.
    slot: Option<Slot>,
}

// === impl Observation ===

impl Observation {
    /// Begins with the arrival of a request.
    #[must_use]
    pub fn start(instrument: &Held<Instrument>, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> Self {
        let mut slot = Slot::take();
        Running::arrive(slot.vacant(), instrument, head, headers);
        Self { slot: Some(slot) }
    }

    #[inline]
    pub(super) fn running(&self) -> Option<&Running> {
        self.slot.as_ref()?.running()
    }

    #[inline]
    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        self.slot.as_mut()?.running_mut()
    }

    /// An observation of nothing, for bodies that belong to no request.
    #[must_use]
    pub const fn none() -> Self {
        Self { slot: None }
    }

    /// Whether a request is being observed around whatever runs on this thread now.
    #[must_use]
    pub fn is_around() -> bool {
        Listening::is_active()
    }

    /// Whether a call or poll of the inner service has begun and not returned.
    #[must_use]
    pub fn has_panicked(&self) -> bool {
        self.running().is_some_and(|running| running.in_poll)
    }

    /// Makes the request's context current until the guard is dropped.
    ///
    /// Call [`Polling::leave`] when the inner service has returned: a guard that is dropped without
    /// it tells of a panic.
    #[inline]
    pub fn enter(&mut self) -> Polling<'_> {
        Polling::start(self)
    }

    /// As [`enter`](Self::enter), to poll the response body. A body that is let go without one poll was
    /// replaced by something around the layer, and the request ends by its status; later, the client has
    /// left.
    #[inline]
    pub fn enter_body(&mut self) -> Polling<'_> {
        if let Some(running) = self.running_mut() {
            running.is_body_polled = true;
        }
        self.enter()
    }

    /// The context of the request; `None` if logs and traces are off, or after the end.
    #[must_use]
    pub fn context(&self) -> Option<&RequestContext> {
        self.running()?.context.as_ref()
    }

    /// The request's id, to be told to the caller; `None` where [`context`](Self::context) is.
    ///
    /// At most 128 letters, digits and `._-`: a header can have it as it is.
    #[must_use]
    pub fn request_id(&self) -> Option<&[u8]> {
        Some(self.context()?.parts().request_id.as_bytes())
    }

    /// The request has no body, or one of this size.
    pub fn request_size(&mut self, bytes: u64) {
        if let Some(running) = self.running_mut() {
            running.request_bytes = RequestBytes::Known(bytes);
        }
    }

    /// A counter for the request's body, if its size matters to anyone.
    #[must_use]
    pub fn count_request_body(&mut self) -> Option<ByteCounter> {
        let running = self.running_mut()?;
        if running.in_flight.is_none() && running.line.is_none() {
            return None;
        }
        let counter = ByteCounter::take();
        running.request_bytes = RequestBytes::Counted(counter.clone());
        Some(counter)
    }

    /// The response head has come. Ends the observation if no body follows.
    pub fn head(&mut self, head: &ResponseHead<'_>) {
        let Some(running) = self.running_mut() else { return };
        running.take_head(head);
        if running.remaining.is_done() {
            self.end();
        }
    }

    /// Bytes of the response body have been handed on; `is_last` if the body is known to have ended
    /// with them. Ends the observation with the last byte that the head announced.
    pub fn body_bytes(&mut self, bytes: u64, is_last: bool) {
        let Some(running) = self.running_mut() else { return };
        running.is_body_polled = true;
        running.response_bytes += bytes;
        running.remaining = running.remaining.after_bytes(bytes);
        if is_last || running.remaining.is_done() {
            self.end();
        }
    }

    /// The body has ended without trailers. One that kept not to the size that the head announced is a
    /// [`BodyError`](Outcome::BodyError).
    pub fn end(&mut self) {
        let outcome = self.running_mut().and_then(Running::ended);
        self.finish(outcome.unwrap_or(Outcome::Cancelled));
    }

    /// The body has ended with these trailers.
    pub fn trailers(&mut self, trailers: &dyn HeaderReader) {
        if let Some(running) = self.running_mut() {
            running.take_grpc_status(trailers);
        }
        self.end();
    }

    /// The inner service returned an error in place of a response.
    pub fn service_error(&mut self) {
        self.service_error_with_status(500);
    }

    /// The inner service returned an error that the framework answers with this status, where no
    /// adapter sees the answer.
    pub fn service_error_with_status(&mut self, status: u16) {
        let Some(running) = self.running_mut() else { return };
        running.error_status = Some(status);
        if status >= 500 {
            running.error_type = running.classified(status, &());
        }
        self.finish(Outcome::of_status(status));
    }

    /// The body failed.
    pub fn body_error(&mut self) {
        self.finish(Outcome::BodyError);
    }

    /// Ends the observation; only the first end counts.
    pub fn finish(&mut self, outcome: Outcome) {
        if let Some(mut slot) = self.slot.take() {
            if let Some(running) = slot.running_mut() {
                running.record(outcome);
            }
            slot.give_back();
        }
    }

    /// Ends the observation without a trace of it: the page of metrics itself.
    pub fn discard(&mut self) {
        if let Some(mut slot) = self.slot.take() {
            if let Some(running) = slot.running_mut() {
                running.discard();
            }
            slot.give_back();
        }
    }
}

#[cfg(test)]
impl Observation {
    pub(super) fn kept_head(&self) -> Option<&super::late::KeptHead> {
        self.running().map(|running| &running.kept_head)
    }

    /// Makes the request so much older.
    pub(super) fn age(&mut self, by: std::time::Duration) {
        if let Some(running) = self.running_mut() {
            running.started = running.started.before(by);
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        let Some(running) = self.running() else { return };
        let outcome = match (running.in_poll, running.head) {
            (true, _) => Outcome::Panic,
            (false, None) => Outcome::Cancelled,
            (false, Some(answer)) => running.let_go(answer.status),
        };
        self.finish(outcome);
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("is_running", &self.slot.is_some()).finish_non_exhaustive()
    }
}
