//! One attempt, from its start to its response head.

use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use opentelemetry::{Context as OtelContext, ContextGuard};

use super::{
    ClientInstrument, ClientRequest, ClientResponse, Outcome, Propagated, attributes,
    instrument::Labels,
    red::InFlight,
    span::{Attempt, span_name},
};
use crate::{
    context::{self, Entered},
    names::error_type,
    request::{HeaderReader, known_method},
};

/// Watches one attempt and records it exactly once, however it ends.
///
/// An adapter calls [`start`](Self::start), sends the headers of [`propagated`](Self::propagated)
/// along, wraps every call and poll of the client in [`enter`](Self::enter), and reports the answer
/// or the error. An observation that is dropped before that was cancelled, which is no error.
pub struct ClientObservation {
    /// `None` once the attempt is recorded.
    running: Option<Running>,
}

/// An attempt that has not ended.
pub(super) struct Running {
    pub(super) instrument: Arc<ClientInstrument>,
    pub(super) started: Instant,
    pub(super) method: &'static str,
    /// The metrics' hold on the series; `None` if metrics are off.
    pub(super) in_flight: Option<InFlight>,
    /// Host and target, where the line or the hook want them.
    pub(super) names: Option<(Box<str>, Box<str>)>,
    pub(super) attempt: Attempt,
    pub(super) resend_count: u32,
    pub(super) request_bytes: Option<u64>,
    /// A call or poll of the client has begun and not returned.
    in_poll: bool,
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
    _otel: Option<ContextGuard>,
    returned: bool,
}

// === impl ClientObservation ===

impl ClientObservation {
    /// Begins an attempt as part of the current request; outside of one, as a trace of its own.
    /// `headers` are those of the request.
    #[must_use]
    pub fn start(instrument: &Arc<ClientInstrument>, request: &ClientRequest<'_>, headers: &dyn HeaderReader) -> Self {
        let started = Instant::now();
        let method = known_method(request.method);
        let labels = instrument.labels(request);
        let Labels { url: _, host, target } = &labels;
        let in_flight = instrument.red.as_ref().map(|red| red.arrive(method, &labels));
        let name = || in_flight.as_ref().map_or_else(|| span_name(method, target), InFlight::span_name);
        let attempt =
            Attempt::start(instrument, name, || attributes::at_start(instrument, method, request, &labels, headers));
        let wants_names = instrument.options.logs || instrument.options.on_finish.is_some();
        Self {
            running: Some(Running {
                started,
                method,
                in_flight,
                names: wants_names.then(|| (Box::from(&**host), Box::from(&**target))),
                attempt,
                resend_count: request.resend_count,
                request_bytes: request.body_bytes,
                in_poll: false,
                instrument: Arc::clone(instrument),
            }),
        }
    }

    /// The headers to send along; `None` if propagation is off, or after the end.
    #[must_use]
    pub fn propagated(&self) -> Option<Propagated<'_>> {
        let Running { instrument, attempt, .. } = self.running.as_ref()?;
        let Attempt { context, ids, foreign_state, .. } = attempt;
        instrument.options.propagate.then(|| Propagated::new(*ids, context.as_ref(), foreign_state.as_deref()))
    }

    /// Makes the attempt's span active, and the request current that it was started in, until the
    /// guard is dropped.
    ///
    /// Call [`ClientPolling::leave`] when the client has returned: a guard that is dropped without it
    /// tells of a panic.
    pub fn enter(&mut self) -> ClientPolling<'_> {
        let Some(running) = &mut self.running else {
            return ClientPolling { observation: self, entered: None, _otel: None, returned: false };
        };
        running.in_poll = true;
        let otel = running.attempt.otel.clone().map(OtelContext::attach);
        let entered = running.attempt.context.take().map(|context| context::enter(Some(context)));
        ClientPolling { observation: self, entered, _otel: otel, returned: false }
    }

    /// The response head has come: the attempt is over.
    pub fn head(&mut self, response: &ClientResponse<'_>) {
        self.finish(|duration| Answer {
            status: Some(response.status),
            outcome: Outcome::of_status(response.status),
            error_type: None,
            duration,
            response: Some(response),
            cause: None,
        });
    }

    /// There is no answer. `error_type` is one of [`TRANSPORT`](error_type::TRANSPORT), or another
    /// word from a closed list, never the error's text; `cause` is an error whose text may stand on
    /// the span: it must not name the URL.
    pub fn error(&mut self, error_type: &'static str, cause: Option<&(dyn Error + 'static)>) {
        let outcome = if error_type == error_type::BODY { Outcome::BodyError } else { Outcome::ServerError };
        self.finish(|duration| Answer {
            status: None,
            outcome,
            error_type: Some(error_type),
            duration,
            response: None,
            cause,
        });
    }

    /// The client has turned an answer with this status into an error of its own.
    pub fn status_error(&mut self, status: u16) {
        self.finish(|duration| Answer {
            status: Some(status),
            outcome: Outcome::of_status(status),
            error_type: None,
            duration,
            response: None,
            cause: None,
        });
    }

    fn finish<'a>(&mut self, answer: impl FnOnce(Duration) -> Answer<'a>) {
        if let Some(running) = self.running.take() {
            let answer = answer(running.started.elapsed());
            running.record(&answer);
        }
    }
}

impl Drop for ClientObservation {
    fn drop(&mut self) {
        let Some(running) = &self.running else { return };
        let (outcome, error_type) =
            if running.in_poll { (Outcome::Panic, Some(error_type::PANIC)) } else { (Outcome::Cancelled, None) };
        self.finish(|duration| Answer { status: None, outcome, error_type, duration, response: None, cause: None });
    }
}

impl fmt::Debug for ClientObservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientObservation").field("is_running", &self.running.is_some()).finish_non_exhaustive()
    }
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
        let Some(running) = &mut self.observation.running else { return };
        running.attempt.context = running.attempt.context.take().or(context);
        running.in_poll = !self.returned;
    }
}

impl fmt::Debug for ClientPolling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientPolling").finish_non_exhaustive()
    }
}
