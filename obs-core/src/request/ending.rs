//! What is recorded when a request ends, in each signal.

use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::{
    Context as OtelContext, KeyValue,
    trace::{SpanRef, Status, TraceContextExt},
};
use tracing::Level;

use super::{
    Finished, GrpcStatus, HeaderReader, Outcome, attributes,
    bytes::RequestBytes,
    running::{Answer, Running},
};
use crate::{
    context::{SpanId, TraceId},
    failure::{self, Failure},
    logs::RequestLine,
    metrics::{Measured, StreamRecorder},
    names::{attribute, error_type},
    trace::exception_of,
};

/// Status of a request that was cancelled before its head (nginx's "client closed request").
const STATUS_CANCELLED: u16 = 499;
/// Status of a request that failed before its head.
const STATUS_FAILED: u16 = 500;

/// The figures of a request that has ended.
pub(super) struct Ending<'a> {
    /// The span of an unsampled request that is exported all the same.
    pub(super) deferred: Option<&'a OtelContext>,
    pub(super) status: u16,
    pub(super) grpc_status: Option<GrpcStatus>,
    pub(super) outcome: Outcome,
    pub(super) error_type: Option<&'a str>,
    pub(super) duration: Duration,
    pub(super) request_bytes: Option<u64>,
    /// Why, if the outcome is an error and that is known.
    pub(super) failure: Option<&'a Failure>,
    /// Whether the request's span has an event of the failure already.
    pub(super) is_failure_on_span: bool,
}

// === impl Running ===

impl Running {
    /// Records the request in metrics, span and log, and calls the hook.
    pub(super) fn record(&mut self, outcome: Outcome) {
        if let Some(expected) = self.expected_page.filter(|_| self.head.is_some()) {
            self.instrument.common.pipeline.routes.expected.refute(expected);
        }
        let outcome = self.natural(outcome);
        let duration = self.duration();
        let status = self.status(outcome);
        let grpc_status = self
            .call
            .as_ref()
            .and_then(|call| call.recorded(outcome, self.head.is_some()));
        let mut digits = [0; 3];
        let error_type = self.error_type_of(outcome, status, grpc_status, &mut digits);
        let request_bytes = std::mem::replace(&mut self.request_bytes, RequestBytes::Unknown).total();
        let explained = outcome.is_error().then(|| self.explained(outcome)).flatten();
        // Before the metrics, whose exemplars point at it.
        let deferred = self.deferred_span(outcome, duration);
        let ending = Ending {
            deferred: deferred.as_ref(),
            status,
            grpc_status,
            outcome,
            error_type,
            duration,
            request_bytes,
            failure: explained.as_ref().map(|explained| &explained.failure),
            is_failure_on_span: explained.as_ref().is_some_and(|explained| explained.is_on_span),
        };
        self.record_metrics(&ending);
        self.export_children(&ending);
        self.end_span(&ending);
        // Before the line is written: a reader of the line sees the gauge without the request. After the span:
        // at shutdown, a gauge at 0 means that all spans have ended.
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.release();
        }
        self.write_held_lines(&ending);
        self.write_line(&ending);
        self.call_hook(&ending);
        self.end_entry(&ending);
    }

    /// The outcome of an answer that has reached its end; none without an answer.
    pub(super) fn ended(&mut self) -> Option<Outcome> {
        let status = self.head?.status;
        if let Some(fault) = self.remaining.fault() {
            self.body_fault = fault;
            return Some(Outcome::BodyError);
        }
        Some(self.call_ended().unwrap_or_else(|| Outcome::of_status(status)))
    }

    /// The outcome of a response with this status whose body is dropped before its end. Servers poll a body as soon as
    /// they have the head: a body that was never polled was replaced outside of the layer, or not read by a test.
    pub(super) fn outcome_when_dropped(&self, status: u16) -> Outcome {
        let of_call = self.call_outcome_when_dropped();
        of_call.unwrap_or(if self.is_body_polled {
            Outcome::Aborted
        } else {
            Outcome::of_status(status)
        })
    }

    /// A response with an error status is a server error, however its body ends. And a stream without a natural end ends
    /// when its client disconnects: that is not an aborted response, and at its head it was counted by its status.
    fn natural(&self, outcome: Outcome) -> Outcome {
        let Some(answer) = self.head else { return outcome };
        let of_status = Outcome::of_status(answer.status);
        match outcome {
            Outcome::Aborted if self.is_stream => of_status,
            Outcome::Aborted | Outcome::BodyError if of_status == Outcome::ServerError => of_status,
            outcome => outcome,
        }
    }

    /// Ends the request without recording it.
    pub(super) fn discard(&mut self) {
        if let Some(span) = self.context.as_ref().and_then(|context| context.parts().recorded()) {
            self.instrument.common.pipeline.tracing.discard_span(span);
        }
        if let Some(entry) = self.entry() {
            entry.discard();
        }
        self.in_flight = None;
        self.line = None;
        let _ = std::mem::replace(&mut self.request_bytes, RequestBytes::Unknown).total();
    }

    /// A stream without a natural end is counted and timed at its head, so that its lifetime is not recorded as
    /// latency. A streaming gRPC call is timed there too, and counted when its status is known.
    pub(super) fn record_at_head(&mut self) {
        let Some(answer) = &mut self.head else { return };
        let started = self.started;
        let (status, duration) = (answer.status, *answer.after.get_or_insert_with(|| started.elapsed()));
        if let Some(entry) = self.entry() {
            entry.stream();
        }
        if self.is_answered_call() {
            self.is_stream = true;
            return;
        }
        let outcome = Outcome::of_status(status);
        let mut digits = [0; 3];
        let error_type = self.error_type_of(outcome, status, None, &mut digits);
        if let (Some(in_flight), Some(red)) = (&self.in_flight, &self.metrics().red) {
            let exemplar = self.exemplar(false);
            in_flight.record(
                red,
                &Measured {
                    status,
                    http_status: status,
                    outcome,
                    error_type,
                    duration,
                    request_bytes: None,
                    response_bytes: None,
                    exemplar,
                },
            );
        }
        self.is_stream = true;
    }

    pub(super) fn stream_recorder(&self, status: u16) -> Option<StreamRecorder> {
        Some(
            self.in_flight
                .as_ref()?
                .stream_recorder(self.metrics().red.as_ref()?, status),
        )
    }

    pub(super) fn capture_response_headers(&mut self, headers: &dyn HeaderReader) {
        if self.instrument.response_headers().is_empty() {
            return;
        }
        if let Some(span) = self.span() {
            span.set_attributes(attributes::response_headers(&self.instrument, headers));
        } else {
            self.deferred_head.add_response_headers(&self.instrument, headers);
        }
    }

    /// Until the last byte; an answer that was complete at its head ended there.
    fn duration(&self) -> Duration {
        match self.head {
            Some(Answer { after: Some(after), .. }) if self.remaining.is_done() && self.response_bytes == 0 => after,
            _ => self.started.elapsed(),
        }
    }

    /// The time by which a request is slow or not, of one that took this long: to the head for a stream, whose lifetime is
    /// not a latency of the service.
    pub(super) fn latency(&self, duration: Duration) -> Duration {
        self.until_head().filter(|_| self.is_stream).unwrap_or(duration)
    }

    /// The latency that one in a hundred requests of this endpoint exceeds, if enough of them are known.
    #[cold]
    pub(super) fn p99(&self) -> Option<Duration> {
        self.in_flight.as_ref()?.p99()
    }

    /// The time from arrival to head, if it is recorded.
    pub(super) fn until_head(&self) -> Option<Duration> {
        self.head?.after
    }

    fn status(&self, outcome: Outcome) -> u16 {
        match (self.head, outcome) {
            (Some(answer), _) => answer.status,
            (None, Outcome::Cancelled) => STATUS_CANCELLED,
            (None, _) => self.error_status.unwrap_or(STATUS_FAILED),
        }
    }

    fn error_type_of<'a>(
        &self,
        outcome: Outcome,
        status: u16,
        grpc_status: Option<GrpcStatus>,
        digits: &'a mut [u8; 3],
    ) -> Option<&'a str> {
        match outcome {
            Outcome::ServerError => {
                let named = self.error_type.or(grpc_status.map(GrpcStatus::as_str));
                Some(named.unwrap_or_else(|| status_text(status, digits)))
            }
            Outcome::Panic => Some(error_type::PANIC),
            Outcome::BodyError => Some(self.body_fault),
            Outcome::Ok | Outcome::ClientError | Outcome::Cancelled | Outcome::Aborted => None,
        }
    }

    /// The ids of the request's span, if that is exported; `is_kept` says so of an unsampled request.
    fn exemplar(&self, is_kept: bool) -> Option<(TraceId, SpanId)> {
        let context = self
            .context
            .as_ref()
            .filter(|context| is_kept || context.is_sampled())?;
        Some((context.trace_id(), context.span_id()))
    }

    fn record_metrics(&self, ending: &Ending<'_>) {
        let &Ending {
            status: http_status,
            grpc_status,
            outcome,
            error_type,
            duration,
            request_bytes,
            failure: _,
            is_failure_on_span: _,
            deferred: _,
        } = ending;
        let (Some(in_flight), Some(red)) = (&self.in_flight, &self.metrics().red) else {
            return;
        };
        let mut measured = Measured {
            status: self.metrics_status(http_status, grpc_status),
            http_status,
            outcome,
            error_type,
            duration,
            request_bytes,
            response_bytes: self.head.map(|_| self.response_bytes),
            exemplar: self.exemplar(ending.deferred.is_some()),
        };
        if self.is_stream {
            let is_call = self.is_answered_call();
            if is_call {
                let counted = Measured {
                    duration: self.until_head().unwrap_or(duration),
                    request_bytes: None,
                    response_bytes: None,
                    ..measured
                };
                in_flight.record(red, &counted);
            }
            // An error by the status was counted at the head.
            measured.error_type = error_type.filter(|_| !is_call && outcome != Outcome::ServerError);
            in_flight.record_stream(red, duration, &measured);
        } else {
            in_flight.record(red, &measured);
        }
    }

    pub(super) fn span(&self) -> Option<SpanRef<'_>> {
        Some(self.context.as_ref()?.parts().recorded()?.span())
    }

    fn end_span(&self, ending: &Ending<'_>) {
        let Some(span) = ending.deferred.map(TraceContextExt::span).or_else(|| self.span()) else {
            return;
        };
        // Not on arrival: a router may report the route only with the head.
        let route = self.route().filter(|_| self.call.is_none());
        // For a panic or a cancellation before the head, none was sent.
        let was_sent = self.head.is_some() || self.error_status.is_some();
        let status_code = was_sent.then_some(ending.status);
        if let Some(call) = &self.call {
            attributes::push_call(self.route().map(|route| &**route), call.sent(), &mut |attribute| {
                span.set_attribute(attribute);
            });
        }
        if let Some(error_type) = ending.error_type {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, error_type.to_owned()));
            span.set_status(Status::error(""));
        }
        if let Some(failure) = ending.failure.filter(|_| !ending.is_failure_on_span) {
            span.add_event(attribute::EXCEPTION_EVENT, exception_of(failure));
        }
        let at = UNIX_EPOCH + self.arrived + ending.duration;
        self.instrument
            .common
            .pipeline
            .tracing
            .end_server_span(&span, (route, status_code), at);
    }

    fn write_line(&mut self, ending: &Ending<'_>) {
        let (Some(start), Some(context)) = (self.line.take(), &self.context) else {
            return;
        };
        let Some(logs) = &self.instrument.common.pipeline.logs else {
            return;
        };
        let level = self.level(ending.outcome);
        if !logs.request_enabled(level) {
            return;
        }
        let line = RequestLine {
            at: self.arrived + ending.duration,
            level,
            method: self.method,
            method_original: self.method_original.as_deref(),
            endpoint: self.endpoint(),
            status: ending.status,
            grpc_status: ending.grpc_status.map(GrpcStatus::as_str),
            outcome: ending.outcome,
            duration: ending.duration,
            head: self.until_head(),
            request_bytes: ending.request_bytes,
            response_bytes: self.head.map(|_| self.response_bytes),
            protocol: self.protocol,
            error_type: ending.error_type,
            failure: ending.failure,
        };
        logs.write_request(start, context, &line);
    }

    fn level(&self, outcome: Outcome) -> Level {
        match outcome {
            Outcome::ServerError | Outcome::Panic | Outcome::BodyError => Level::ERROR,
            Outcome::ClientError if self.any_layer(|layer| layer.options.warn_client_errors) => Level::WARN,
            Outcome::Ok | Outcome::ClientError | Outcome::Cancelled | Outcome::Aborted => Level::INFO,
        }
    }

    fn call_hook(&self, ending: &Ending<'_>) {
        if !self.any_layer(|layer| layer.options.on_finish.is_some()) {
            return;
        }
        let finished = Finished {
            method: self.method,
            method_original: self.method_original.as_deref(),
            endpoint: self.endpoint(),
            status: ending.status,
            grpc_status: ending.grpc_status,
            outcome: ending.outcome,
            error_type: ending.error_type,
            failure: ending.failure,
            fingerprint: ending.fingerprint(self.endpoint()),
            duration: ending.duration,
            head: self.until_head(),
            request_bytes: ending.request_bytes,
            response_bytes: self.response_bytes,
            context: self.context.as_ref(),
        };
        for hook in self.layers().filter_map(|layer| layer.options.on_finish.as_ref()) {
            let _ = hook.call(|hook| hook(&finished));
        }
    }
}

// === impl Ending ===

impl Ending<'_> {
    /// The group of the error, if it is one.
    pub(super) fn fingerprint(&self, endpoint: &str) -> Option<u64> {
        Some(failure::fingerprint(endpoint, self.error_type?, self.failure))
    }
}

/// The status code as text, without an allocation.
pub(crate) fn status_text(status: u16, digits: &mut [u8; 3]) -> &str {
    for (digit, divisor) in digits.iter_mut().zip([100, 10, 1]) {
        *digit = b'0' + u8::try_from(status / divisor % 10).unwrap_or(0);
    }
    std::str::from_utf8(digits).unwrap_or("500")
}
