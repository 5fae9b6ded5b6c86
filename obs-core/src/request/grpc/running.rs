//! What is different in a request that is a gRPC call.

use std::borrow::Cow;

use super::{Call, GrpcStatus, span_name};
use crate::{
    metrics::{Convention, grpc_as_status},
    request::{HeaderReader, Outcome, ResponseHead, completion::Remaining, running::Running},
    trace::{SpanName, http_span_name},
};

// === impl Running ===

impl Running {
    /// The head of the answer to a call has come.
    pub(in crate::request) fn take_call_head(&mut self, head: &ResponseHead<'_>) {
        let Some(call) = &mut self.call else { return };
        if call.head(head) && !self.remaining.is_done() && !call.has_trailers_in_body() {
            // After the last byte there are trailers still.
            self.remaining = Remaining::Unknown;
        }
        // An answer without messages has its trailers there.
        self.take_grpc_status(head.headers);
    }

    /// Reads the status of a call from its trailers.
    pub(in crate::request) fn take_grpc_status(&mut self, headers: &dyn HeaderReader) {
        let Some(call) = &mut self.call else { return };
        let Some(status) = call.read_status(headers) else {
            return;
        };
        self.take_status_of_call(status, headers);
    }

    /// Reads bytes of the body of a call that has its trailers there; `None` stands for bytes that can't
    /// be seen.
    pub(in crate::request) fn read_call_body(&mut self, bytes: Option<&[u8]>) {
        let status = self.call.as_mut().and_then(|call| call.read_body(bytes));
        if let Some(status) = status {
            self.take_status_of_call(status, &());
        }
    }

    /// Whether the trailers of a call are in its body.
    pub(in crate::request) fn has_trailers_in_body(&self) -> bool {
        self.call.as_ref().is_some_and(Call::has_trailers_in_body)
    }

    /// Whether nothing follows in the body of a call.
    pub(in crate::request) fn is_call_complete(&self) -> bool {
        self.call.as_ref().is_some_and(Call::is_complete)
    }

    fn take_status_of_call(&mut self, status: GrpcStatus, headers: &dyn HeaderReader) {
        let bytes = self.response_bytes;
        let Some(call) = &mut self.call else { return };
        if let Some(method) = call.proven(status, bytes, &self.instrument.common.grpc_methods) {
            self.rename(&method);
        }
        if status.outcome() == Outcome::ServerError {
            self.error_type = self.classified(200, headers);
        }
    }

    /// The outcome of a gRPC call whose response has reached its end; `None` if the response is not gRPC.
    pub(in crate::request) fn call_ended(&self) -> Option<Outcome> {
        self.call.as_ref().and_then(Call::ended)
    }

    /// The outcome of a gRPC call whose response is dropped before its end: a server error whose status was sent stays
    /// one.
    pub(in crate::request) fn call_outcome_when_dropped(&self) -> Option<Outcome> {
        let call = self.call.as_ref().filter(|call| call.is_answered())?;
        let sent = call.sent().map(GrpcStatus::outcome);
        let stays = sent.filter(|outcome| !self.is_body_polled || *outcome == Outcome::ServerError);
        Some(stays.unwrap_or(Outcome::Aborted))
    }

    /// Whether this is a gRPC call with a gRPC response.
    pub(in crate::request) fn is_answered_call(&self) -> bool {
        self.call.as_ref().is_some_and(Call::is_answered)
    }

    /// The status for the metrics. The conventions of OpenTelemetry have a label for that of HTTP alone.
    pub(in crate::request) fn metrics_status(&self, status: u16, grpc_status: Option<GrpcStatus>) -> u16 {
        match (grpc_status, self.metrics().common.convention) {
            (Some(status), Convention::Prometheus) => grpc_as_status(status),
            (Some(_), Convention::OpenTelemetry) | (None, _) => status,
        }
    }

    /// The name of the server span: the gRPC method, or `GET /users/{id}`.
    pub(in crate::request) fn span_name(&self) -> Cow<'static, str> {
        if self.call.is_some() {
            return span_name(self.route().map(|route| &**route));
        }
        http_span_name(self.method, self.route())
    }

    /// The same, to be put together where it is needed.
    pub(in crate::request) fn deferred_span_name(&self) -> SpanName {
        match self.call {
            Some(_) => SpanName::Given(self.span_name()),
            None => SpanName::http(self.method, self.route()),
        }
    }
}
