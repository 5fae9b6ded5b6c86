//! What is different in an attempt whose body is watched: whether it was whole shows at its end.

use super::{
    ClientResponse, Outcome, attributes,
    running::{Head, Running},
};
use crate::request::{Remaining, grpc::Call};

// === impl Running ===

impl Running {
    /// The head of an answer has come that is no gRPC. If its body is reported and has a size, the
    /// attempt goes on with it, but for its time and the gauge. Tells what is wrong with a body that has
    /// ended already.
    pub(super) fn take_body_head(&mut self, response: &ClientResponse<'_>) -> Option<&'static str> {
        if self.call.is_some() || !response.is_body_reported {
            return None;
        }
        self.remaining = response.remaining(self.method_kind);
        if self.remaining.is_done() || self.remaining == Remaining::Unknown {
            return self.remaining.fault();
        }
        let &ClientResponse { status, body_bytes, .. } = response;
        self.head = Some(Head {
            status,
            after: Some(self.started.elapsed()),
            body_bytes,
        });
        self.take_protocol(response);
        if let Some(span) = self.attempt.span() {
            attributes::of_response(&self.instrument, response, &mut |attribute| {
                span.set_attribute(attribute);
            });
        }
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.release();
        }
        None
    }

    /// The outcome of a response whose body has reached its end.
    pub(super) fn ended(&self) -> Outcome {
        let of_call = self.call.as_ref().and_then(Call::ended);
        of_call.or_else(|| self.of_head()).unwrap_or(Outcome::Cancelled)
    }

    /// The outcome of a response whose body is dropped before its end.
    pub(super) fn outcome_when_dropped(&self) -> Outcome {
        self.call
            .as_ref()
            .map_or_else(|| self.ended(), Call::outcome_when_dropped)
    }

    /// The outcome of a response whose status is an error; `None` for others.
    pub(super) fn answered_with_error(&self) -> Option<Outcome> {
        self.of_head().filter(|outcome| *outcome != Outcome::Ok)
    }

    fn of_head(&self) -> Option<Outcome> {
        let head = self.head.filter(|_| self.call.is_none())?;
        Some(Outcome::of_status(head.status))
    }
}
