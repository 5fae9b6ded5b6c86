//! What is recorded when an attempt ends, in each signal.

use opentelemetry::{KeyValue, trace::Status};

use super::{
    ClientFinished, ClientResponse, Outcome, attributes, line,
    running::{Answer, Running},
};
use crate::{
    context::Instance as _,
    failure::{Failure, fingerprint},
    formatting::floor_char_boundary,
    guard::guarded,
    metrics::Measured,
    names::attribute,
    recorder::{End, Entry, SpanStatus},
    request::{GrpcStatus, status_text},
    trace::{exception_of, interned},
};

/// The longest description of an error on a span, in bytes.
const MAX_DESCRIPTION: usize = 256;

// === impl Running ===

impl Running {
    /// Writes the attempt to metrics, span, log and hook.
    pub(super) fn record(&mut self, answer: &Answer<'_>) {
        let mut digits = [0; 3];
        // On a client, a 4xx response is an error too.
        let of_status = Some(self.http_status(answer)).filter(|status| *status >= 400);
        let grpc_status = self.grpc_status(answer);
        let is_failure = matches!(answer.outcome, Outcome::ClientError | Outcome::ServerError);
        let of_call = grpc_status.filter(|_| is_failure).map(GrpcStatus::as_str);
        let error_type = answer
            .error_type
            .or(of_call)
            .or_else(|| Some(status_text(of_status?, &mut digits)));
        self.record_metrics(answer, grpc_status, error_type);
        self.end_span(answer, error_type);
        self.end_recorded_span(answer, error_type);
        self.log_and_notify(answer, grpc_status, error_type);
        self.end_entry(answer, error_type);
    }

    /// The error behind this error type, if it is known.
    fn failure_behind(&self, error_type: Option<&str>) -> Option<&Failure> {
        self.failure.as_deref().filter(|_| error_type.is_some())
    }

    /// Whether an error has a place to be seen, and none is known yet.
    pub(super) fn wants_failure(&self) -> bool {
        let is_seen = self.names.is_some() || self.attempt.otel.is_some() || self.entry.is_some();
        is_seen && self.failure.is_none()
    }

    /// The entry in the flight recorder, if there is one.
    pub(super) fn entry(&self) -> Option<&Entry> {
        self.entry.as_ref()?.get()
    }

    /// Makes a record of the entry in the flight recorder.
    fn end_entry(&self, answer: &Answer<'_>, error_type: Option<&str>) {
        let Some(entry) = self.entry() else { return };
        let failure = self.failure_behind(error_type);
        let chain = failure.and_then(Failure::chain).unwrap_or_default();
        let fingerprint = error_type.map(|error_type| fingerprint(&entry.endpoint(), error_type, failure));
        let end = End {
            outcome: answer.outcome,
            status: answer.status.or(self.head.map(|head| head.status)).unwrap_or(0),
            error_type,
            error: failure.map(Failure::message).unwrap_or_default(),
            error_source: &chain,
            fingerprint: fingerprint.unwrap_or(0),
            duration: answer.duration,
            head: self.head.and_then(|head| head.after),
            request_bytes: self.request_bytes,
            response_bytes: self.response_bytes,
        };
        self.instrument
            .common
            .pipeline
            .tracing
            .flight_recorder()
            .end(entry, &end);
    }

    /// Stores the protocol's version, which is known from the response.
    pub(super) fn take_protocol(&mut self, response: &ClientResponse<'_>) {
        if let (Some(in_flight), Some(red), Some(protocol)) =
            (&mut self.in_flight, &self.instrument.red, response.protocol)
        {
            in_flight.answered_over(red, protocol.version());
        }
    }

    fn record_metrics(&mut self, answer: &Answer<'_>, grpc_status: Option<GrpcStatus>, error_type: Option<&str>) {
        if let Some(response) = answer.response {
            self.take_protocol(response);
        }
        let (status, http_status) = (self.metrics_status(answer, grpc_status), self.http_status(answer));
        let exemplar = self.attempt.exemplar();
        let (Some(in_flight), Some(red)) = (&mut self.in_flight, &self.instrument.red) else {
            return;
        };
        let measured = Measured {
            status,
            http_status,
            outcome: answer.outcome,
            error_type,
            duration: answer.duration,
            request_bytes: None,
            response_bytes: None,
            exemplar,
        };
        in_flight.record(red, &measured);
        // Before the hook runs, which thus sees the gauge without this attempt.
        in_flight.release();
    }

    /// Ends the span in the flight recorder, if it is there alone.
    fn end_recorded_span(&self, answer: &Answer<'_>, error_type: Option<&str>) {
        let Some(span) = &self.attempt.recorded else { return };
        if let Some(status) = answer.status.or(self.head.map(|head| head.status)) {
            let status = KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status));
            span.set_own_attribute(&status);
        }
        if let Some(error_type) = error_type {
            span.set_own_attribute(&KeyValue::new(attribute::ERROR_TYPE, interned(error_type)));
            span.set_status(SpanStatus::Error);
        }
        span.end();
    }

    fn end_span(&self, answer: &Answer<'_>, error_type: Option<&str>) {
        let Some(span) = self.attempt.span() else { return };
        if let Some(response) = answer.response {
            attributes::of_response(&self.instrument, response, &mut |attribute| {
                span.set_attribute(attribute);
            });
        } else if let Some(status) = answer.status {
            span.set_attribute(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status)));
        }
        self.describe_call();
        if let Some(error_type) = error_type {
            span.set_attribute(KeyValue::new(attribute::ERROR_TYPE, interned(error_type)));
            let failure = self.failure_behind(Some(error_type));
            if let Some(failure) = failure {
                span.add_event(attribute::EXCEPTION_EVENT, exception_of(failure));
            }
            span.set_status(Status::error(failure.map(description).unwrap_or_default()));
        }
        // Guarded, since span processors of the application run in it.
        let _ = guarded(|| span.end_with_timestamp(self.attempt.started + answer.duration));
    }

    /// Writes the log line and calls the application's hook.
    fn log_and_notify(&self, answer: &Answer<'_>, grpc_status: Option<GrpcStatus>, error_type: Option<&str>) {
        let Some((host, target)) = &self.names else { return };
        let finished = ClientFinished {
            method: self.method,
            method_original: self.method_original.as_deref(),
            host,
            target: self.call_method.as_deref().unwrap_or(target),
            status: answer.status.or(self.head.map(|head| head.status)),
            grpc_status,
            outcome: answer.outcome,
            error_type,
            failure: self.failure_behind(error_type),
            duration: answer.duration,
            resend_count: self.resend_count,
            request_bytes: self.request_bytes,
            response_bytes: self
                .head
                .map_or_else(|| answer.response?.body_bytes, |head| head.body_bytes),
            ids: self.attempt.ids,
            context: self.attempt.context.as_ref(),
        };
        if self.instrument.options.common.logs {
            line::write(&finished, self.attempt.otel.as_ref());
        }
        if let Some(hook) = &self.instrument.options.on_finish {
            let _ = hook.call(|hook| hook(&finished));
        }
    }
}

/// What the innermost source says, cut to a length that a status can carry.
fn description(failure: &Failure) -> String {
    let text = failure.sources().last().unwrap_or(failure.message());
    text[..floor_char_boundary(text, MAX_DESCRIPTION)].to_owned()
}
