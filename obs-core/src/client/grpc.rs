//! Attempts that are gRPC calls, whose status is in the trailers.

use super::{
    ClientResponse, Outcome, attributes,
    running::{Answer, Head, Running},
};
use crate::{
    metrics::{Convention, grpc_as_status},
    names::error_type,
    request::{
        BodySize, GrpcStatus, HeaderReader, ResponseHead,
        grpc::{self, Call},
        push_call,
    },
};

// === impl Running ===

impl Running {
    /// The head of an answer has come. Tells whether it is that of a call, which ends with its body.
    pub(super) fn take_call_head(&mut self, response: &ClientResponse<'_>) -> bool {
        let Some(call) = &mut self.call else { return false };
        let &ClientResponse { status, headers, .. } = response;
        call.client_head(&ResponseHead {
            status,
            headers,
            body: BodySize::Unknown,
            endpoint: None,
        });
        self.head = Some(Head {
            status,
            after: None,
            body_bytes: response.body_bytes,
        });
        self.take_protocol(response);
        if let Some(span) = self.attempt.span() {
            attributes::of_response(&self.instrument, response, &mut |attribute| {
                span.set_attribute(attribute);
            });
        }
        // An answer without messages has its trailers there.
        self.take_grpc_status(headers);
        true
    }

    /// Reads the status of a call from its trailers.
    pub(super) fn take_grpc_status(&mut self, headers: &dyn HeaderReader) {
        let Some(call) = &mut self.call else { return };
        let Some(status) = call.read_status(headers) else {
            return;
        };
        self.take_status_of_call(status);
    }

    /// Reads bytes of the body of a call that has its trailers there; `None` stands for bytes that can't
    /// be seen.
    pub(super) fn read_call_body(&mut self, bytes: Option<&[u8]>) {
        let status = self.call.as_mut().and_then(|call| call.read_body(bytes));
        if let Some(status) = status {
            self.take_status_of_call(status);
        }
    }

    fn take_status_of_call(&mut self, status: GrpcStatus) {
        let bytes = self.response_bytes;
        let wants_failure = self.wants_failure();
        let Some(call) = &mut self.call else { return };
        if let Some(failure) = call.take_failure().filter(|_| wants_failure) {
            self.failure = Some(Box::new(failure.redacted(&self.instrument.common.redactor)));
        }
        if let Some(method) = call.proven(status, bytes, &self.instrument.common.grpc_methods) {
            self.retarget(method);
        }
    }

    /// Whether the call is over with its head: the status has come, or the answer is no gRPC and its body out
    /// of sight.
    pub(super) fn is_over_at_head(&self, response: &ClientResponse<'_>) -> bool {
        let is_over = |call: &Call| call.sent().is_some() || (call.is_foreign() && !response.is_body_reported);
        self.call.as_ref().is_some_and(is_over)
    }

    /// The outcome of a response of which only the HTTP status is known.
    pub(super) fn outcome_of_status(&self, status: u16) -> Outcome {
        match self.call {
            Some(_) => GrpcStatus::from_http(status).outcome(),
            None => Outcome::of_status(status),
        }
    }

    /// The gRPC status to record: the one received, else the one inferred; `None` if this is no gRPC call.
    pub(super) fn grpc_status(&self, answer: &Answer<'_>) -> Option<GrpcStatus> {
        let call = self.call.as_ref()?;
        if self.head.is_some() {
            return call.recorded(answer.outcome, true);
        }
        let of_http = answer.status.map(GrpcStatus::from_http);
        Some(
            of_http
                .or(self.error_status)
                .unwrap_or_else(|| status_of_failure(answer)),
        )
    }

    /// The status for the metrics. OpenTelemetry's conventions have a label for the HTTP status alone.
    pub(super) fn metrics_status(&self, answer: &Answer<'_>, grpc_status: Option<GrpcStatus>) -> u16 {
        match (grpc_status, self.instrument.common.convention) {
            (Some(status), Convention::Prometheus) => grpc_as_status(status),
            (Some(_), Convention::OpenTelemetry) | (None, _) => self.http_status(answer),
        }
    }

    /// The HTTP status, from the result or from the head before it; 0 for none.
    pub(super) fn http_status(&self, answer: &Answer<'_>) -> u16 {
        answer.status.or(self.head.map(|head| head.status)).unwrap_or_default()
    }

    /// Sets the attributes of a gRPC call on its span, which has no URL template.
    pub(super) fn describe_call(&self) {
        let (Some(call), Some(span)) = (&self.call, self.attempt.span()) else {
            return;
        };
        push_call(self.call_method.as_deref(), call.sent(), &mut |attribute| {
            span.set_attribute(attribute);
        });
    }

    /// Sets the method of the call as the target in every signal, once a response has shown that the method exists.
    fn retarget(&mut self, method: Box<str>) {
        if let (Some(in_flight), Some(red)) = (&mut self.in_flight, &self.instrument.red) {
            in_flight.retarget(red, &method);
        }
        if let Some(span) = self.attempt.span() {
            span.update_name(grpc::span_name(Some(&method)));
        }
        self.call_method = Some(method);
    }
}

/// The status of a call that failed without a response, as gRPC clients derive it.
fn status_of_failure(answer: &Answer<'_>) -> GrpcStatus {
    match (answer.outcome, answer.error_type) {
        (Outcome::Cancelled, _) => GrpcStatus::Cancelled,
        (Outcome::Panic | Outcome::BodyError, _) => GrpcStatus::Internal,
        (_, Some(error_type::TIMEOUT)) => GrpcStatus::DeadlineExceeded,
        (_, Some(error_type::CONNECT | error_type::DNS | error_type::TLS | error_type::REQUEST)) => {
            GrpcStatus::Unavailable
        }
        _ => GrpcStatus::Unknown,
    }
}
