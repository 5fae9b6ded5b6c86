//! The observation of one request, from its arrival to the last byte of its response.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use super::{
    ArcOrStatic, ByteCounter, HeaderReader, Instrument, Outcome, Polling, RequestHead, ResponseHead,
    bytes::RequestBytes, nested, running::Running, scope::Scope,
};
use crate::{context::RequestContext, pool::Slot};

/// The observation of one request, which records it exactly once in each signal, however it ends.
///
/// For adapters. An adapter
///
/// 1. calls [`start`](Self::start) when the request arrives,
/// 2. wraps each call, poll and drop of the inner service and of the response body in [`run`](Self::run) and
///    [`run_body`](Self::run_body), or in [`enter`](Self::enter) and [`enter_body`](Self::enter_body),
/// 3. reports the response by [`head`](Self::head), or an error in its place by [`service_error`](Self::service_error),
/// 4. reports the body by [`body_bytes`](Self::body_bytes), [`trailers`](Self::trailers), [`end`](Self::end) or
///    [`body_error`](Self::body_error).
///
/// Nothing else is needed: the observation ends by itself with the last byte that the head announces, and an
/// observation that is dropped earlier is recorded too, as [`Cancelled`](Outcome::Cancelled) before the head,
/// [`Aborted`](Outcome::Aborted) within the body, [`Panic`](Outcome::Panic) within a poll. Methods that are called
/// after the end do nothing.
pub struct Observation {
    /// `None` once the request is recorded.
    slot: Option<Slot<Running>>,
    /// The request's context after the end: later polls and drops still run in it.
    ended: Option<RequestContext>,
}

// === impl Observation ===

impl Observation {
    /// Starts the observation of a request: its in-flight gauge, its span and its context.
    ///
    /// `headers` are those of the request, with its trace context and request id. A request that a layer of the same
    /// instance [observes already](RequestHead::is_observed) gets an observation that records nothing.
    #[must_use]
    pub fn start(instrument: &ArcOrStatic<Instrument>, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> Self {
        if head.is_observed && nested::join(instrument, head, headers) {
            return Self::none();
        }
        let mut slot = Slot::take();
        Running::arrive(slot.vacant(), instrument, head, headers);
        Self {
            slot: Some(slot),
            ended: None,
        }
    }

    #[inline]
    pub(super) fn running(&self) -> Option<&Running> {
        self.slot.as_ref()?.get()
    }

    #[inline]
    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        self.slot.as_mut()?.get_mut()
    }

    /// The place of the context between polls after the end.
    #[inline]
    pub(super) fn ended_mut(&mut self) -> &mut Option<RequestContext> {
        &mut self.ended
    }

    /// An observation that records nothing, for bodies that belong to no observed request.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            slot: None,
            ended: None,
        }
    }

    /// Whether this thread is currently within the call or poll of an observed request.
    #[must_use]
    pub fn is_around() -> bool {
        Scope::current().is_active()
    }

    /// Whether the request is recorded, or was never observed.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.slot.is_none()
    }

    /// Runs `work` with the request's context current, and returns its result: a call, poll or drop of the inner
    /// service or of a body, also after the end of the request.
    ///
    /// A panic is propagated. If the request ends by it, its message is on the request's log line and span.
    ///
    /// Large results are copied on the way out of the call that catches panics: let `work` assign them to a variable.
    #[inline]
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let mut polling = self.enter();
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(returned) => {
                polling.returned();
                returned
            }
            Err(payload) => {
                polling.panicked(&*payload);
                resume_unwind(payload)
            }
        }
    }

    /// Whether the message of a panic is recorded, so that the adapter should use [`run`](Self::run).
    ///
    /// If not, [`enter`](Self::enter) is enough, which sees no message and costs less: metrics only count panics.
    #[inline]
    #[must_use]
    pub fn reports_panics(&self) -> bool {
        self.running()
            .map_or(self.ended.is_some(), |running| running.context.is_some())
    }

    /// Makes the request's context current until the guard is dropped.
    ///
    /// Call [`Polling::leave`] when the inner service has returned: a guard that is dropped without it means that the
    /// service has panicked. Don't hold the guard across an await. Only [`run`](Self::run) sees the message of each
    /// panic.
    #[inline]
    pub fn enter(&mut self) -> Polling<'_> {
        Polling::start(self)
    }

    /// [`enter`](Self::enter) for a poll of the response body.
    ///
    /// A body that is dropped before its first poll was replaced outside of the layer, and the outcome follows from the
    /// status; one that is dropped later was aborted by the client.
    #[inline]
    pub fn enter_body(&mut self) -> Polling<'_> {
        self.note_body_poll();
        self.enter()
    }

    /// [`run`](Self::run) for a poll of the response body, see [`enter_body`](Self::enter_body).
    #[inline]
    pub fn run_body<R>(&mut self, work: impl FnOnce() -> R) -> R {
        self.note_body_poll();
        self.run(work)
    }

    #[inline]
    fn note_body_poll(&mut self) {
        if let Some(running) = self.running_mut() {
            running.is_body_polled = true;
        }
    }

    /// The context of the request; `None` if logs and traces are off, or after the end.
    #[must_use]
    pub fn context(&self) -> Option<&RequestContext> {
        self.running()?.context.as_ref()
    }

    /// The request's id, to be echoed in the [header of request ids](Self::request_id_header); `None` if there is no
    /// [`context`](Self::context).
    ///
    /// 1 to 128 letters, digits and `._-`, which are valid in a header.
    #[must_use]
    pub fn request_id(&self) -> Option<&[u8]> {
        Some(self.context()?.parts().request_id.as_bytes())
    }

    /// The name of the header of request ids in lower case, if the application has chosen one by
    /// `ObsBuilder::request_id_header`; `x-request-id` otherwise.
    #[inline]
    #[must_use]
    pub fn request_id_header(&self) -> Option<&'static str> {
        self.running()?.instrument.request_id_header
    }

    /// Reports the size of the request body in bytes, if it is known from the start; 0 for none.
    pub fn request_size(&mut self, bytes: u64) {
        if let Some(running) = self.running_mut() {
            running.request_bytes = RequestBytes::Known(bytes);
            if let Some(entry) = running.entry() {
                entry.received(bytes);
            }
        }
    }

    /// A counter for the bytes of a request body of unknown size; `None` if neither metrics nor the log line need it.
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

    /// Reports the response head. Ends the observation if the response has no body.
    ///
    /// That follows from the method, the status and the announced size
    /// ([RFC 9112, 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3)).
    pub fn head(&mut self, head: &ResponseHead<'_>) {
        let Some(running) = self.running_mut() else { return };
        running.take_head(head);
        if running.remaining.is_done() {
            self.end();
        }
    }

    /// Reports `bytes` more bytes of the response body; `is_last` if the body is known to have ended with them.
    ///
    /// Ends the observation with the last byte, by `is_last` or by the announced size.
    pub fn body_bytes(&mut self, bytes: u64, is_last: bool) {
        let Some(running) = self.running_mut() else { return };
        running.is_body_polled = true;
        running.response_bytes += bytes;
        if let Some(entry) = running.entry() {
            entry.sent(running.response_bytes);
        }
        running.remaining = running.remaining.after_bytes(bytes);
        if is_last || running.remaining.is_done() || running.is_call_complete() {
            self.end();
        }
    }

    /// Whether the adapter has to pass the bytes of the response body to [`body_data`](Self::body_data), since gRPC-Web
    /// has its trailers in the body.
    #[inline]
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.running().is_some_and(Running::has_trailers_in_body)
    }

    /// Passes bytes of a body that [is read](Self::reads_body), before they are [counted](Self::body_bytes).
    ///
    /// `None` stands for bytes that the adapter has no access to.
    pub fn body_data(&mut self, bytes: Option<&[u8]>) {
        if let Some(running) = self.running_mut() {
            running.read_call_body(bytes);
        }
    }

    /// Reports that the response body has ended without trailers.
    ///
    /// A body with fewer or more bytes than announced is a [`BodyError`](Outcome::BodyError).
    pub fn end(&mut self) {
        let outcome = self.running_mut().and_then(Running::ended);
        self.finish(outcome.unwrap_or(Outcome::Cancelled));
    }

    /// Reports that the response body has ended with these trailers, which carry the status of a gRPC call.
    pub fn trailers(&mut self, trailers: &dyn HeaderReader) {
        if let Some(running) = self.running_mut() {
            running.take_grpc_status(trailers);
        }
        self.end();
    }

    /// Reports that the inner service has returned an error in place of a response; recorded with the status 500.
    pub fn service_error(&mut self) {
        self.service_error_with_status(500);
    }

    /// Reports that the inner service has returned an error, for which the framework sends a response with this status
    /// that the adapter doesn't see.
    pub fn service_error_with_status(&mut self, status: u16) {
        let Some(running) = self.running_mut() else { return };
        running.error_status = Some(status);
        if status >= 500 {
            running.error_type = running.classified(status, &());
        }
        self.finish(Outcome::of_status(status));
    }

    /// Reports that the response body has failed.
    pub fn body_error(&mut self) {
        self.finish(Outcome::BodyError);
    }

    /// Records the request with this outcome, unless it is recorded already.
    pub fn finish(&mut self, outcome: Outcome) {
        if let Some(mut slot) = self.slot.take() {
            if let Some(running) = slot.get_mut() {
                running.record(outcome);
                self.ended = running.context.take();
            }
            slot.recycle();
        }
    }

    /// Ends the observation without recording the request in any signal, as for the metrics page.
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

    /// Moves the start of the request back by this time.
    pub(super) fn age(&mut self, by: std::time::Duration) {
        if let Some(running) = self.running_mut() {
            running.started = running.started.before(by);
        }
    }
}

impl Observation {
    /// Records what has not ended, and gives the memory of the context back.
    #[inline(never)]
    fn close(&mut self) {
        if let Some(running) = self.running() {
            let outcome = match (running.in_poll, running.head) {
                (true, _) => Outcome::Panic,
                (false, None) => Outcome::Cancelled,
                (false, Some(answer)) => running.outcome_when_dropped(answer.status),
            };
            self.finish(outcome);
        }
        if let Some(context) = self.ended.take() {
            context.recycle();
        }
    }
}

impl Drop for Observation {
    #[inline]
    fn drop(&mut self) {
        if self.slot.is_some() || self.ended.is_some() {
            self.close();
        }
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation")
            .field("is_running", &self.slot.is_some())
            .finish_non_exhaustive()
    }
}
