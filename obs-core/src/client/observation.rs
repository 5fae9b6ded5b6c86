//! One attempt, from its start to its response head; that of a gRPC call, to its trailers.

use std::{borrow::Cow, error::Error, fmt, sync::Arc, thread::LocalKey, time::Duration};

use super::{
    ClientInstrument, ClientRequest, ClientResponse, Outcome, Propagated, attributes,
    instrument::Labels,
    red::InFlight,
    span::{Attempt, span_name},
};
use crate::{
    clock::Moment,
    context::{
        self, Entered,
        otel::{self, Attached},
    },
    names::{error_type, value},
    pipeline::original_method,
    pool::{Pool, Pooled, Slot, SlotPool},
    request::{
        Asked, GrpcStatus, HeaderReader, Remaining,
        grpc::{self, Call},
    },
    trace::http_span_name,
};

thread_local! {
    static POOL: SlotPool<Running> = const { Pool::new() };
}

/// Watches one attempt and records it exactly once, however it ends.
///
/// An adapter calls [`start`](Self::start), sends the headers of [`propagated`](Self::propagated)
/// along, wraps every call and poll of the client in [`enter`](Self::enter), and reports the answer
/// or the error. An observation that is dropped before that was cancelled, which is no error.
pub struct ClientObservation {
    /// `None` once the attempt is recorded.
    slot: Option<Slot<Running>>,
}

/// An attempt that has not ended.
pub(super) struct Running {
    pub(super) instrument: Arc<ClientInstrument>,
    pub(super) started: Moment,
    /// From the closed set.
    pub(super) method: &'static str,
    /// As it was sent, if it is not in the set; cut.
    pub(super) method_original: Option<Box<str>>,
    /// The metrics' hold on the series; `None` if metrics are off.
    pub(super) in_flight: Option<InFlight>,
    /// Host and target, where the line or the hook want them.
    pub(super) names: Option<(Box<str>, Box<str>)>,
    /// Set if this is a gRPC call.
    pub(super) call: Option<Call>,
    /// The method of a call, or the target that the user gave it, if one is known.
    pub(super) call_method: Option<Box<str>>,
    /// What was answered, of an attempt that ends with its body.
    pub(super) head: Option<Head>,
    /// The status of a call without an answer, if the adapter has told it.
    pub(super) unanswered: Option<GrpcStatus>,
    pub(super) asked: Asked,
    pub(super) remaining: Remaining,
    /// Of the answer's body, where that is watched.
    pub(super) response_bytes: u64,
    pub(super) attempt: Attempt,
    pub(super) resend_count: u32,
    pub(super) request_bytes: Option<u64>,
    /// A call or poll of the client has begun and not returned.
    in_poll: bool,
}

/// The head of an answer whose body goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// From start to head, where that is the time of the attempt; a gRPC call lasts until its end.
    pub(super) after: Option<Duration>,
    pub(super) body_bytes: Option<u64>,
}

/// What an attempt ended with.
pub(super) struct Answer<'a> {
    pub(super) status: Option<u16>,
    pub(super) outcome: Outcome,
    /// Other than the status.
    pub(super) error_type: Option<&'static str>,
    pub(super) duration: Duration,
    pub(super) response: Option<&'a ClientResponse<'a>>,
    pub(super) cause: Option<&'a (dyn Error + 'static)>,
}

/// The client is being called or polled; see [`ClientObservation::enter`].
#[must_use = "the attempt's span is active only while the guard lives"]
pub struct ClientPolling<'a> {
    observation: &'a mut ClientObservation,
    entered: Option<Entered>,
    _otel: Option<Attached>,
    /// Whether a poll before this one did not return: then this is a drop after a panic.
    had_panicked: bool,
    returned: bool,
}

// === impl ClientObservation ===

impl ClientObservation {
    /// Begins an attempt as part of the current request; outside of one, as a trace of its own.
    /// `headers` are those of the request.
    #[must_use]
    pub fn start(instrument: &Arc<ClientInstrument>, request: &ClientRequest<'_>, headers: &dyn HeaderReader) -> Self {
        let started = Moment::now();
        let method = instrument.known_methods.label(request.method);
        let is_unknown = method == value::OTHER && !request.method.is_empty();
        let mut labels = instrument.labels(request);
        let call = call_of(instrument, request, &mut labels, headers);
        let Labels { url: _, host, target } = &labels;
        let in_flight = instrument.red.as_ref().map(|red| red.arrive(method, &labels, request, headers));
        let call_method = (call.is_some() && !target.is_empty()).then(|| Box::from(&**target));
        let name = || match (&call, &in_flight) {
            (Some(_), _) => grpc::span_name(call_method.as_deref()),
            (None, Some(in_flight)) => http_span_name(method, in_flight.target()),
            (None, None) => span_name(method, target),
        };
        let attributes = || attributes::at_start(instrument, method, request, &labels, call.is_some(), headers);
        let attempt = Attempt::start(instrument, name, attributes);
        let wants_names = instrument.options.common.logs || instrument.options.on_finish.is_some();
        let mut slot = Slot::take();
        *slot.vacant() = Some(Running {
            started,
            method,
            method_original: is_unknown.then(|| original_method(request.method).into()),
            in_flight,
            names: wants_names.then(|| (Box::from(&**host), Box::from(&**target))),
            call,
            call_method,
            head: None,
            unanswered: None,
            asked: Asked::of(request.method),
            remaining: Remaining::Unknown,
            response_bytes: 0,
            attempt,
            resend_count: request.resend_count,
            request_bytes: request.body_bytes,
            in_poll: false,
            instrument: Arc::clone(instrument),
        });
        Self { slot: Some(slot) }
    }

    fn running(&self) -> Option<&Running> {
        self.slot.as_ref()?.get()
    }

    fn running_mut(&mut self) -> Option<&mut Running> {
        self.slot.as_mut()?.get_mut()
    }

    /// The headers to send along; `None` if propagation is off, or after the end.
    #[must_use]
    pub fn propagated(&self) -> Option<Propagated<'_>> {
        self.running().filter(|running| running.instrument.options.propagate).map(Propagated::of)
    }

    /// Makes the attempt's span active, and the request current that it was started in, until the
    /// guard is dropped.
    ///
    /// Call [`ClientPolling::leave`] when the client has returned: a guard that is dropped without it
    /// tells of a panic.
    pub fn enter(&mut self) -> ClientPolling<'_> {
        let Some(running) = self.running_mut() else {
            return ClientPolling {
                observation: self,
                entered: None,
                _otel: None,
                had_panicked: false,
                returned: false,
            };
        };
        let had_panicked = std::mem::replace(&mut running.in_poll, true);
        let otel = running.attempt.otel.clone().map(otel::attach);
        let entered = running.attempt.context.take().map(|context| context::enter(Some(context)));
        ClientPolling { observation: self, entered, _otel: otel, had_panicked, returned: false }
    }

    /// Runs `work` as [`enter`](Self::enter) would: a call or poll of the client, or the drop of what it
    /// is polled in.
    #[inline]
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let polling = self.enter();
        let returned = work();
        polling.leave();
        returned
    }

    /// An observation of nothing, to put in the place of one.
    #[must_use]
    pub const fn none() -> Self {
        Self { slot: None }
    }

    /// Whether the attempt is recorded already, or was never observed.
    #[inline]
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.slot.is_none()
    }

    /// The response head has come: the attempt is over, unless something is [yet to
    /// come](Self::awaits_body) of its body.
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
            cause: None,
        });
    }

    /// Whether the attempt goes on after its head, until the body ends: a gRPC call has its status in
    /// the trailers, and a body whose size is known may end before it. An adapter then wraps each poll of
    /// the body in [`enter`](Self::enter) and reports bytes and end. To drop the observation before that is
    /// [`Aborted`](Outcome::Aborted) for a call; anything else was answered with its head.
    #[must_use]
    pub fn awaits_body(&self) -> bool {
        self.running().is_some_and(|running| running.head.is_some())
    }

    /// Bytes of the answer's body have come; `is_last` if the body is known to have ended with them.
    pub fn body_bytes(&mut self, bytes: u64, is_last: bool) {
        let Some(running) = self.running_mut() else { return };
        running.response_bytes += bytes;
        running.remaining = running.remaining.after_bytes(bytes);
        let is_complete = running.call.as_ref().is_some_and(Call::is_complete);
        if is_last || is_complete || running.remaining.is_done() {
            self.end();
        }
    }

    /// The body has ended with these trailers.
    pub fn trailers(&mut self, trailers: &dyn HeaderReader) {
        if let Some(running) = self.running_mut() {
            running.take_grpc_status(trailers);
        }
        self.end();
    }

    /// Whether the adapter has to [show](Self::body_data) the bytes of the body: gRPC-Web has its trailers
    /// there, and how an answer to a call begins that isn't gRPC tells what clients make of it.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.running().and_then(|running| running.call.as_ref()).is_some_and(Call::reads_body)
    }

    /// Shows bytes of a body that [is read](Self::reads_body), before they are
    /// [reported](Self::body_bytes). `None` stands for bytes that the adapter can't see.
    pub fn body_data(&mut self, bytes: Option<&[u8]>) {
        if let Some(running) = self.running_mut() {
            running.read_call_body(bytes);
        }
    }

    /// The body has ended without trailers. One that kept not to its size is a
    /// [`BodyError`](Outcome::BodyError).
    pub fn end(&mut self) {
        let Some(running) = self.running() else { return };
        if let Some(fault) = running.remaining.fault() {
            return self.fail(fault);
        }
        let outcome = running.ended();
        self.finish(|duration| Answer::without_head(outcome, None, duration));
    }

    /// The body of the answer has failed.
    pub fn body_error(&mut self) {
        self.fail(error_type::BODY_ERROR);
    }

    /// What was answered with an error stays that error, whatever becomes of its body.
    fn fail(&mut self, error_type: &'static str) {
        let answered = self.running().and_then(Running::answered_with_error);
        self.finish(|duration| match answered {
            Some(outcome) => Answer::without_head(outcome, None, duration),
            None => Answer::without_head(Outcome::BodyError, Some(error_type), duration),
        });
    }

    /// There is no answer. `error_type` is one of [`TRANSPORT`](error_type::TRANSPORT), or another
    /// word from a closed list, never the error's text; `cause` is an error whose text may stand on
    /// the span: it must not name the URL.
    ///
    /// Of a gRPC call, [`grpc_error`](Self::grpc_error) tells the status before.
    pub fn error(&mut self, error_type: &'static str, cause: Option<&(dyn Error + 'static)>) {
        let outcome = if error_type == error_type::BODY { Outcome::BodyError } else { Outcome::ServerError };
        self.finish(|duration| Answer { cause, ..Answer::without_head(outcome, Some(error_type), duration) });
    }

    /// What gRPC clients make of the error that the attempt is to [end](Self::error) with. Defaults to what
    /// its `error_type` tells.
    pub fn grpc_error(&mut self, status: GrpcStatus) {
        if let Some(running) = self.running_mut() {
            running.unanswered = Some(status);
        }
    }

    /// The client has turned an answer with this status into an error of its own.
    pub fn status_error(&mut self, status: u16) {
        let Some(running) = self.running() else { return };
        let outcome = running.outcome_of_status(status);
        self.finish(|duration| Answer { status: Some(status), ..Answer::without_head(outcome, None, duration) });
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
            (false, Some(_)) => (running.let_go(), None),
        };
        self.finish(|duration| Answer::without_head(outcome, error_type, duration));
    }
}

impl fmt::Debug for ClientObservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientObservation").field("is_running", &self.slot.is_some()).finish_non_exhaustive()
    }
}

// === impl Running ===

impl Pooled for Running {
    fn pool() -> &'static LocalKey<SlotPool<Self>> {
        &POOL
    }
}

// === impl Answer ===

impl Answer<'_> {
    /// What came brings no head, or one that has been recorded already.
    fn without_head(outcome: Outcome, error_type: Option<&'static str>, duration: Duration) -> Self {
        Self { status: None, outcome, error_type, duration, response: None, cause: None }
    }
}

/// Whether the attempt is a gRPC call, whose method then is the target unless the user gave one.
fn call_of<'a>(
    instrument: &'a ClientInstrument,
    request: &ClientRequest<'a>,
    labels: &mut Labels<'a>,
    headers: &dyn HeaderReader,
) -> Option<Call> {
    let has_target = !labels.target.is_empty();
    let methods = &instrument.grpc_methods;
    let (call, method) = grpc::departing(methods, request.method, request.url.path, has_target, headers)?;
    if let Some(method) = method {
        labels.target = Cow::Borrowed(method);
    }
    Some(call)
}

// === impl ClientPolling ===

impl ClientPolling<'_> {
    /// The client has returned: it has not panicked.
    pub fn leave(mut self) {
        self.returned = true;
    }
}

impl Drop for ClientPolling<'_> {
    fn drop(&mut self) {
        let context = self.entered.take().and_then(Entered::leave);
        let Some(running) = self.observation.running_mut() else { return };
        running.attempt.context = running.attempt.context.take().or(context);
        running.in_poll = self.had_panicked || !self.returned;
    }
}

impl fmt::Debug for ClientPolling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPolling").finish_non_exhaustive()
    }
}
