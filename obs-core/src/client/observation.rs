//! The observation of one outgoing attempt: from its start to its response head, for a gRPC call to its trailers.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use super::{
    ClientInstrument, ClientRequest, ClientResponse, Outcome, Propagated,
    running::{Answer, Running},
};
use crate::{
    failure::Failure,
    names::error_type,
    pool::Slot,
    request::{GrpcStatus, HeaderReader, grpc::Call},
};

/// The observation of one attempt of an outgoing request, which records it exactly once, however it ends.
///
/// For adapters. A request that is sent three times has three observations. An adapter
///
/// 1. calls [`start`](Self::start) before it sends the request,
/// 2. adds the headers of [`propagated`](Self::propagated) to the request,
/// 3. wraps each call and poll of the client in [`run`](Self::run) or [`enter`](Self::enter),
/// 4. reports the response by [`head`](Self::head), or its failure by [`error`](Self::error),
/// 5. if the attempt then [awaits its body](Self::awaits_body), reports [bytes](Self::body_bytes) and the
///    [end](Self::end) or [failure](Self::body_error) of the body.
///
/// An observation that is dropped earlier is recorded by what has happened: as [`Cancelled`](Outcome::Cancelled) before
/// the head, as [`Panic`](Outcome::Panic) within a call or poll. Cancelled attempts don't count as errors. Methods that
/// are called after the end do nothing.
/// The [module](super) has an example.
pub struct ClientObservation {
    /// `None` once the attempt is recorded.
    slot: Option<Slot<Running>>,
}

// === impl ClientObservation ===

impl ClientObservation {
    /// Starts an attempt: its in-flight gauge, its span (a child of the current request's, else a new trace) and its
    /// duration.
    ///
    /// `headers` are those of the request, from which a gRPC call is recognized. Call this when the attempt starts, not
    /// when the request is constructed.
    #[must_use]
    pub fn start(instrument: &Arc<ClientInstrument>, request: &ClientRequest<'_>, headers: &dyn HeaderReader) -> Self {
        let mut slot = Slot::take();
        *slot.vacant() = Some(Running::start(instrument, request, headers));
        Self { slot: Some(slot) }
    }

    #[inline]
    pub(super) fn running(&self) -> Option<&Running> {
        self.slot.as_ref()?.get()
    }

    #[inline]
    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        self.slot.as_mut()?.get_mut()
    }

    /// The trace context and baggage to send with the request; `None` if propagation is off, or after the end.
    #[must_use]
    pub fn propagated(&self) -> Option<Propagated<'_>> {
        self.running()
            .filter(|running| running.instrument.options.propagate)
            .map(Propagated::of)
    }

    /// An observation that has ended, to replace one that is moved out of a struct. Records nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self { slot: None }
    }

    /// Whether the attempt is recorded, or was never observed.
    #[inline]
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.slot.is_none()
    }

    /// Reports the response head. The attempt ends, unless it [awaits its body](Self::awaits_body).
    ///
    /// The outcome follows from the status: `client_error` for 4xx, `server_error` for 5xx, else `ok`.
    pub fn head(&mut self, response: &ClientResponse<'_>) {
        let Some(running) = self.running_mut() else { return };
        if running.take_call_head(response) {
            if running.is_over_at_head(response) {
                self.end();
            }
            return;
        }
        let fault = running.take_body_head(response);
        if running.head.is_some() {
            return;
        }
        let of_status = Outcome::of_status(response.status);
        let fault = fault.filter(|_| of_status == Outcome::Ok);
        self.finish(|duration| Answer {
            status: Some(response.status),
            outcome: if fault.is_some() { Outcome::BodyError } else { of_status },
            error_type: fault,
            duration,
            response: Some(response),
        });
    }

    /// Whether the attempt lasts until the end of its body.
    ///
    /// That is so for a gRPC call, whose status is in the trailers, and for a body of a known size, which may end too
    /// early. The adapter then wraps each poll of the body in [`enter`](Self::enter) and reports its bytes and its end.
    /// If the observation is dropped before, a call is [`Aborted`](Outcome::Aborted), and any other attempt has the
    /// outcome of its head.
    #[must_use]
    pub fn awaits_body(&self) -> bool {
        self.running().is_some_and(|running| running.head.is_some())
    }

    /// Reports `bytes` more bytes of the response body; `is_last` if the body is known to have ended with them.
    ///
    /// The attempt also ends when the announced size is reached.
    pub fn body_bytes(&mut self, bytes: u64, is_last: bool) {
        let Some(running) = self.running_mut() else { return };
        running.response_bytes += bytes;
        if let Some(entry) = running.entry() {
            entry.sent(running.response_bytes);
        }
        running.remaining = running.remaining.after_bytes(bytes);
        let is_complete = running.call.as_ref().is_some_and(Call::is_complete);
        if is_last || is_complete || running.remaining.is_done() {
            self.end();
        }
    }

    /// Reports that the body has ended with these trailers, which carry the status of a gRPC call.
    pub fn trailers(&mut self, trailers: &dyn HeaderReader) {
        if let Some(running) = self.running_mut() {
            running.take_grpc_status(trailers);
        }
        self.end();
    }

    /// Whether the adapter has to pass the bytes of the body to [`body_data`](Self::body_data).
    ///
    /// gRPC-Web has its trailers in the body, and a response to a call that isn't gRPC is classified by its first
    /// bytes.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.running()
            .and_then(|running| running.call.as_ref())
            .is_some_and(Call::reads_body)
    }

    /// Passes bytes of a body that [is read](Self::reads_body), before they are [counted](Self::body_bytes).
    ///
    /// `None` stands for bytes that the adapter has no access to.
    pub fn body_data(&mut self, bytes: Option<&[u8]>) {
        if let Some(running) = self.running_mut() {
            running.read_call_body(bytes);
        }
    }

    /// Reports that the body has ended without trailers.
    ///
    /// A body with fewer or more bytes than announced is a [`BodyError`](Outcome::BodyError).
    pub fn end(&mut self) {
        let Some(running) = self.running() else { return };
        if let Some(fault) = running.remaining.fault() {
            return self.fail(fault);
        }
        let outcome = running.ended();
        self.finish(|duration| Answer::without_head(outcome, None, duration));
    }

    /// Reports that reading the response body has failed: [`BodyError`](Outcome::BodyError), unless the status is an
    /// error already.
    pub fn body_error(&mut self) {
        self.fail(error_type::BODY_ERROR);
    }

    /// An attempt whose status is an error keeps the outcome of its status.
    fn fail(&mut self, error_type: &'static str) {
        let answered = self.running().and_then(Running::answered_with_error);
        self.finish(|duration| match answered {
            Some(outcome) => Answer::without_head(outcome, None, duration),
            None => Answer::without_head(Outcome::BodyError, Some(error_type), duration),
        });
    }

    /// Reports that the attempt has failed without a response.
    ///
    /// `error_type` becomes a label: one of [`TRANSPORT`](error_type::TRANSPORT) (see
    /// [`transport_error`](super::transport_error)), or another value of a closed list, never the error's text. What
    /// `cause` and its sources say is put on line and span, redacted, unless the error is [explained](Self::explain).
    ///
    /// For a gRPC call, [`grpc_error`](Self::grpc_error) is called before to report the status.
    pub fn error(&mut self, error_type: &'static str, cause: Option<&(dyn Error + 'static)>) {
        let outcome = if error_type == error_type::BODY {
            Outcome::BodyError
        } else {
            Outcome::ServerError
        };
        if let Some(cause) = cause {
            self.explain(|| Failure::new(cause));
        }
        self.finish(|duration| Answer::without_head(outcome, Some(error_type), duration));
    }

    /// Reports the error behind the failure that is reported next; the first one counts.
    ///
    /// `describe` isn't called if nobody asks for it; it runs while the attempt is current.
    #[cold]
    pub fn explain(&mut self, describe: impl FnOnce() -> Failure) {
        if !self.running().is_some_and(Running::wants_failure) {
            return;
        }
        let failure = self.run(describe);
        if let Some(running) = self.running_mut() {
            running.failure = Some(Box::new(failure.redacted(&running.instrument.common.redactor)));
        }
    }

    /// Reports the gRPC status that the client derives from the error, before the call ends by [`error`](Self::error).
    ///
    /// Defaults to the status that belongs to the `error_type`.
    pub fn grpc_error(&mut self, status: GrpcStatus) {
        if let Some(running) = self.running_mut() {
            running.error_status = Some(status);
        }
    }

    /// Reports that the client has turned a response with this status into an error of its own.
    pub fn status_error(&mut self, status: u16) {
        let Some(running) = self.running() else { return };
        let outcome = running.outcome_of_status(status);
        self.finish(|duration| Answer {
            status: Some(status),
            ..Answer::without_head(outcome, None, duration)
        });
    }

    fn finish<'a>(&mut self, answer: impl FnOnce(Duration) -> Answer<'a>) {
        let Some(mut slot) = self.slot.take() else { return };
        if let Some(running) = slot.get_mut() {
            let until_head = running.head.and_then(|head| head.after);
            let answer = answer(until_head.unwrap_or_else(|| running.started.elapsed()));
            running.record(&answer);
        }
        slot.recycle();
    }
}

impl Drop for ClientObservation {
    fn drop(&mut self) {
        let Some(running) = self.running() else { return };
        let (outcome, error_type) = match (running.in_poll, running.head) {
            (true, _) => (Outcome::Panic, Some(error_type::PANIC)),
            (false, None) => (Outcome::Cancelled, None),
            (false, Some(_)) => (running.outcome_when_dropped(), None),
        };
        self.finish(|duration| Answer::without_head(outcome, error_type, duration));
    }
}

impl fmt::Debug for ClientObservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientObservation")
            .field("is_running", &self.slot.is_some())
            .finish_non_exhaustive()
    }
}
