//! One request, from its arrival to its last byte.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use super::{
    ArcOrStatic, ByteCounter, HeaderReader, Instrument, Outcome, Polling, RequestHead, ResponseHead,
    bytes::RequestBytes, nested, running::Running, scope::Scope,
};
use crate::{context::RequestContext, pool::Slot};

/// Watches one request and records it exactly once, however it ends.
///
/// An adapter calls [`start`](Self::start) on arrival, wraps every call and poll of the inner
/// service in [`enter`](Self::enter), reports the head and the body's frames, and lets go. Dropping
/// an observation that has not ended is an outcome too.
pub struct Observation {
    /// `None` once the request is recorded.
    slot: Option<Slot<Running>>,
    /// The request's context after that: what is polled and dropped later is still its own.
    ended: Option<RequestContext>,
}

// === impl Observation ===

impl Observation {
    /// Begins with the arrival of a request. A request that a layer of the same instance
    /// [observes already](RequestHead::is_observed) gets an observation of nothing.
    #[must_use]
    pub fn start(instrument: &ArcOrStatic<Instrument>, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> Self {
        if head.is_observed && nested::join(instrument, head, headers) {
            return Self::none();
        }
        let mut slot = Slot::take();
        Running::arrive(slot.vacant(), instrument, head, headers);
        Self { slot: Some(slot), ended: None }
    }

    #[inline]
    pub(super) fn running(&self) -> Option<&Running> {
        self.slot.as_ref()?.get()
    }

    #[inline]
    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        self.slot.as_mut()?.get_mut()
    }

    /// Where the context lies between polls after the end.
    #[inline]
    pub(super) fn ended_mut(&mut self) -> &mut Option<RequestContext> {
        &mut self.ended
    }

    /// An observation of nothing, for bodies that belong to no request.
    #[must_use]
    pub const fn none() -> Self {
        Self { slot: None, ended: None }
    }

    /// Whether a request is being observed around whatever runs on this thread now.
    #[must_use]
    pub fn is_around() -> bool {
        Scope::current().is_active()
    }

    /// Whether the request is recorded already, or was never observed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.slot.is_none()
    }

    /// Runs `work` with the request's context current: a call or poll of the inner service or of a body,
    /// or the drop of one, also after the end of the request.
    ///
    /// A panic goes on its way; what it said is told with the request, if that ends by it.
    #[inline]
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if !self.reports_panics() {
            if self.slot.is_none() {
                return work();
            }
            let polling = self.enter();
            let returned = work();
            polling.leave();
            return returned;
        }
        let polling = self.enter();
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(returned) => {
                polling.leave();
                returned
            }
            Err(payload) => {
                polling.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }

    /// Whether it matters what a panic says: to [`run`](Self::run), or to [`enter`](Self::enter), which sees no payload
    /// and costs less. Metrics alone only count panics.
    #[inline]
    #[must_use]
    pub fn reports_panics(&self) -> bool {
        self.running().map_or(self.ended.is_some(), |running| running.context.is_some())
    }

    /// Makes the request's context current until the guard is dropped.
    ///
    /// Call [`Polling::leave`] when the inner service has returned: a guard that is dropped without
    /// it tells of a panic, whose message only [`run`](Self::run) sees in any case.
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

    /// As [`run`](Self::run), to poll the response body, see [`enter_body`](Self::enter_body).
    #[inline]
    pub fn run_body<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if let Some(running) = self.running_mut() {
            running.is_body_polled = true;
        }
        self.run(work)
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
        if is_last || running.remaining.is_done() || running.is_call_complete() {
            self.end();
        }
    }

    /// Whether the adapter has to [show](Self::body_data) the bytes of the response body: gRPC-Web has its
    /// trailers there.
    #[inline]
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.running().is_some_and(Running::has_trailers_in_body)
    }

    /// Shows bytes of a body that [is read](Self::reads_body), before they are
    /// [reported](Self::body_bytes). `None` stands for bytes that the adapter can't see.
    pub fn body_data(&mut self, bytes: Option<&[u8]>) {
        if let Some(running) = self.running_mut() {
            running.read_call_body(bytes);
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
            if let Some(running) = slot.get_mut() {
                running.record(outcome);
                self.ended = running.context.take();
            }
            slot.recycle();
        }
    }

    /// Ends the observation without a trace of it: the page of metrics itself.
    pub fn discard(&mut self) {
        if let Some(mut slot) = self.slot.take() {
            if let Some(running) = slot.get_mut() {
                running.discard();
            }
            slot.recycle();
        }
    }
}

#[cfg(test)]
impl Observation {
    pub(super) fn deferred_head(&self) -> Option<&super::deferred_span::DeferredHead> {
        self.running().map(|running| &running.deferred_head)
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
            (false, Some(answer)) => running.outcome_when_dropped(answer.status),
        };
        self.finish(outcome);
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("is_running", &self.slot.is_some()).finish_non_exhaustive()
    }
}
