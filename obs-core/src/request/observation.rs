//! One request, from its arrival to its last byte.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use opentelemetry::{Context, ContextGuard};

use super::{
    ByteCounter, Head, HeaderReader, Instrument, Outcome, RequestHead, ResponseHead,
    arrival::Arrival,
    bytes::RequestBytes,
    completion::Remaining,
    grpc,
    late::KeptHead,
    method::known_method,
    origin::Origin,
    stream::{Listening, Request, StreamSlot},
};
use crate::{
    context::{self, Entered, RequestContext},
    logs::RequestStart,
    metrics::InFlight,
    names::{header, value},
};

/// Watches one request and records it exactly once, however it ends.
///
/// An adapter calls [`start`](Self::start) on arrival, wraps every call and poll of the inner
/// service in [`enter`](Self::enter), reports the head and the body's frames, and lets go. Dropping
/// an observation that has not ended is an outcome too.
pub struct Observation {
    /// `None` once the request is recorded.
    running: Option<Running>,
}

/// A request that has not ended.
pub(super) struct Running {
    pub(super) instrument: Arc<Instrument>,
    pub(super) started: Instant,
    /// Wall clock of the arrival; for stamps only.
    pub(super) arrived: SystemTime,
    pub(super) method: &'static str,
    pub(super) protocol: &'static str,
    /// Set if this is a gRPC call.
    pub(super) call: Option<grpc::Call>,
    /// The metrics' hold on the route; `None` if this request has no metrics.
    pub(super) in_flight: Option<InFlight>,
    /// The route's template where the metrics don't hold it.
    pub(super) template: Option<Box<str>>,
    pub(super) context: Option<RequestContext>,
    /// What a span would tell, if the request was left out and may get one all the same.
    pub(super) kept_head: KeptHead,
    /// Whether the context's span is kept and a line is written; not for skipped routes.
    pub(super) line: Option<RequestStart>,
    pub(super) request_bytes: RequestBytes,
    pub(super) response_bytes: u64,
    pub(super) remaining: Remaining,
    /// Status and time of the head, once there was one.
    pub(super) head: Option<(u16, Duration)>,
    /// What an error of the inner service is answered with.
    pub(super) error_status: Option<u16>,
    pub(super) error_type: Option<&'static str>,
    /// Recorded in the metrics at its head already.
    pub(super) is_stream: bool,
    stream_slot: Option<StreamSlot>,
    tracing_span: tracing::Span,
    /// A call or poll of the inner service has begun and not returned.
    pub(super) in_poll: bool,
}

/// The inner service is being called or polled; see [`Observation::enter`].
#[must_use = "the request's context is current only while the guard lives"]
pub struct Polling<'a> {
    observation: &'a mut Observation,
    entered: Option<Entered>,
    listening: Option<Listening>,
    _otel: Option<ContextGuard>,
    _tracing_span: Option<tracing::span::EnteredSpan>,
    returned: bool,
}

// === impl Observation ===

impl Observation {
    /// Begins with the arrival of a request.
    #[must_use]
    pub fn start(instrument: &Arc<Instrument>, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> Self {
        let started = Instant::now();
        let method = known_method(head.method);
        let call = grpc::arriving(&instrument.grpc_methods, head, headers);
        let endpoint = call.as_ref().map_or(head.endpoint, |(_, endpoint)| *endpoint);
        let head = &RequestHead { endpoint, ..*head };
        let skipped = instrument.skips(head.endpoint, head.path);
        let endpoint = head.endpoint.unwrap_or(value::UNMATCHED);
        let red = instrument.red.as_ref().filter(|_| !skipped);
        let privacy = &instrument.options.privacy;
        let wants_origin = instrument.has_context() || privacy.has_proxies();
        let origin = wants_origin.then(|| Origin::of(privacy, head, headers));
        let mut running = Running {
            instrument: Arc::clone(instrument),
            started,
            arrived: SystemTime::UNIX_EPOCH,
            method,
            protocol: head.protocol.as_str(),
            in_flight: red.map(|red| red.arrive_with(method, endpoint, &head.traits(origin.as_ref()))),
            call: call.map(|(call, _)| call),
            template: None,
            context: None,
            kept_head: KeptHead::default(),
            line: None,
            request_bytes: RequestBytes::Unknown,
            response_bytes: 0,
            remaining: Remaining::Unknown,
            head: None,
            error_status: None,
            error_type: None,
            is_stream: false,
            stream_slot: None,
            tracing_span: tracing::Span::none(),
            in_poll: false,
        };
        if running.in_flight.is_none() && instrument.tells_endpoint() {
            running.template = head.endpoint.map(Box::from);
        }
        if let Some(origin) = origin.filter(|_| instrument.has_context()) {
            running.begin_context(head, headers, origin, skipped);
        }
        Self { running: Some(running) }
    }

    pub(super) fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    /// An observation of nothing, for bodies that belong to no request.
    #[must_use]
    pub const fn none() -> Self {
        Self { running: None }
    }

    /// Whether a request is being observed around whatever runs on this thread now.
    #[must_use]
    pub fn is_around() -> bool {
        Listening::is_active()
    }

    /// Whether a call or poll of the inner service has begun and not returned.
    #[must_use]
    pub fn has_panicked(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.in_poll)
    }

    /// Makes the request's context current until the guard is dropped.
    ///
    /// Call [`Polling::leave`] when the inner service has returned: a guard that is dropped without
    /// it tells of a panic.
    pub fn enter(&mut self) -> Polling<'_> {
        let Some(running) = &mut self.running else {
            return Polling {
                observation: self,
                entered: None,
                listening: None,
                _otel: None,
                _tracing_span: None,
                returned: false,
            };
        };
        running.in_poll = true;
        let context = running.context.take();
        let otel = context.as_ref().and_then(|context| context.parts().otel.clone()).map(Context::attach);
        let tracing_span = running.instrument.options.tracing_span.then(|| running.tracing_span.clone().entered());
        Polling {
            entered: context.map(|context| context::enter(Some(context))),
            listening: Some(Listening::start()),
            observation: self,
            _otel: otel,
            _tracing_span: tracing_span,
            returned: false,
        }
    }

    /// The context of the request; `None` if logs and traces are off, or after the end.
    #[must_use]
    pub fn context(&self) -> Option<&RequestContext> {
        self.running.as_ref()?.context.as_ref()
    }

    /// The request has no body, or one of this size.
    pub fn request_size(&mut self, bytes: u64) {
        if let Some(running) = &mut self.running {
            running.request_bytes = RequestBytes::Known(bytes);
        }
    }

    /// A counter for the request's body, if its size matters to anyone.
    #[must_use]
    pub fn count_request_body(&mut self) -> Option<ByteCounter> {
        let running = self.running.as_mut()?;
        if running.in_flight.is_none() && running.line.is_none() {
            return None;
        }
        let counter = ByteCounter::take();
        running.request_bytes = RequestBytes::Counted(counter.clone());
        Some(counter)
    }

    /// The response head has come. Ends the observation if no body follows.
    pub fn head(&mut self, head: &ResponseHead<'_>) {
        let Some(running) = &mut self.running else { return };
        running.take_head(head);
        if running.remaining == Remaining::Nothing {
            self.end();
        }
    }

    /// Bytes of the response body have been handed on; `is_last` if the body is known to have ended
    /// with them.
    pub fn body_bytes(&mut self, bytes: u64, is_last: bool) {
        let Some(running) = &mut self.running else { return };
        running.response_bytes += bytes;
        running.remaining = running.remaining.after_bytes(bytes);
        if is_last || running.remaining == Remaining::Nothing {
            self.end();
        }
    }

    /// The body has ended without trailers.
    pub fn end(&mut self) {
        let outcome = self.running.as_ref().and_then(Running::answered);
        self.finish(outcome.unwrap_or(Outcome::Cancelled));
    }

    /// The body has ended with these trailers.
    pub fn trailers(&mut self, trailers: &dyn HeaderReader) {
        if let Some(running) = &mut self.running {
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
        let Some(running) = &mut self.running else { return };
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
        if let Some(running) = self.running.take() {
            running.record(outcome);
        }
    }

    /// Ends the observation without a trace of it: the page of metrics itself.
    pub fn discard(&mut self) {
        if let Some(running) = self.running.take() {
            running.discard();
        }
    }
}

#[cfg(test)]
impl Observation {
    pub(super) fn kept_head(&self) -> Option<&KeptHead> {
        self.running.as_ref().map(|running| &running.kept_head)
    }

    /// Makes the request so much older.
    pub(super) fn age(&mut self, by: Duration) {
        if let Some(running) = &mut self.running {
            running.started = running.started.checked_sub(by).expect("a clock that has run that long");
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        let Some(running) = &self.running else { return };
        let outcome = match (running.in_poll, running.head) {
            (true, _) => Outcome::Panic,
            (false, None) => Outcome::Cancelled,
            (false, Some(_)) => Outcome::Aborted,
        };
        self.finish(outcome);
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").field("is_running", &self.running.is_some()).finish_non_exhaustive()
    }
}

// === impl Running ===

impl Running {
    fn begin_context(&mut self, head: &RequestHead<'_>, headers: &dyn HeaderReader, origin: Origin, skipped: bool) {
        let instrument = Arc::clone(&self.instrument);
        self.arrived = SystemTime::now();
        let has_span = instrument.options.traces && !skipped;
        let span = has_span.then(|| self.span_name(head.endpoint));
        let arrival = Arrival { instrument: &instrument, method: self.method, head, headers, origin, at: self.arrived };
        let context = arrival.context(span, &mut self.kept_head);
        if instrument.options.tracing_span {
            self.tracing_span = Instrument::open_tracing_span(&context, self.method, head.endpoint);
        }
        if let Some(logs) = instrument.shared.logs.as_ref().filter(|_| instrument.options.logs && !skipped)
            && logs.request_enabled(tracing::Level::ERROR)
        {
            let agent = headers.get(header::USER_AGENT).filter(|_| instrument.options.privacy.user_agent);
            self.line = Some(logs.begin_request(head.path, agent, origin.client));
        }
        self.context = Some(context);
    }

    fn take_head(&mut self, head: &ResponseHead<'_>) {
        self.head = Some((head.status, self.started.elapsed()));
        self.remaining = Remaining::after_head(self.method, head);
        if let Some(endpoint) = head.endpoint.filter(|endpoint| *endpoint != self.endpoint()) {
            self.rename(endpoint);
        }
        if head.status >= 500 {
            self.error_type = self.classified(head.status, head.headers);
        }
        self.take_call_head(head);
        self.capture_response_headers(head.headers);
        if let (Some(slot), Some(recorder)) = (self.stream_slot.take(), self.stream_recorder(head.status)) {
            slot.fill(recorder);
        }
        if self.remaining != Remaining::Nothing && self.is_stream_by_nature(head) {
            self.record_at_head();
        }
    }

    /// The router tells only now what was matched: in every signal.
    pub(super) fn rename(&mut self, endpoint: &str) {
        match (&mut self.in_flight, &self.instrument.red) {
            (Some(in_flight), Some(red)) => in_flight.rename(red, endpoint),
            _ => self.template = Some(endpoint.into()),
        }
        if let Some(span) = self.span() {
            span.update_name(self.span_name(self.route()));
        }
    }

    fn is_stream_by_nature(&self, head: &ResponseHead<'_>) -> bool {
        let content_type = head.headers.get(header::CONTENT_TYPE).unwrap_or_default();
        let is_events = content_type.get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"));
        is_events || self.instrument.streams(self.endpoint())
    }

    /// The route's template; `None` if none matched.
    pub(super) fn route(&self) -> Option<&str> {
        Some(self.endpoint()).filter(|endpoint| *endpoint != value::UNMATCHED)
    }

    /// The route's template as it is recorded.
    pub(super) fn endpoint(&self) -> &str {
        self.in_flight.as_ref().map(InFlight::endpoint).or(self.template.as_deref()).unwrap_or(value::UNMATCHED)
    }

    pub(super) fn classified(&self, status: u16, headers: &dyn HeaderReader) -> Option<&'static str> {
        let classify = self.instrument.options.classify.as_ref()?;
        let grpc_status = self.call.as_ref().and_then(grpc::Call::sent);
        let head = Head { method: self.method, endpoint: self.endpoint(), status, grpc_status, headers };
        // A classifier of the user's that panics must not take the answer with it.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| classify(&head))).ok().flatten()
    }
}

// === impl Polling ===

impl Polling<'_> {
    /// The inner service has returned: it has not panicked.
    pub fn leave(mut self) {
        self.returned = true;
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        let asked = self.listening.take().map_or(Request::Nothing, Listening::stop);
        let context = self.entered.take().and_then(Entered::leave);
        let Some(running) = &mut self.observation.running else { return };
        running.context = running.context.take().or(context);
        running.in_poll = !self.returned;
        match asked {
            Request::Nothing => {}
            Request::Slot(slot) => running.stream_slot = running.stream_slot.take().or(Some(slot)),
            Request::Discard => self.observation.discard(),
        }
    }
}

impl fmt::Debug for Polling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling").finish_non_exhaustive()
    }
}
