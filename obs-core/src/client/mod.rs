//! Observation of outgoing requests: the counterpart of [`request`](crate::request) for clients.
//!
//! One observation is one attempt: a retry is a new observation, with a span and a span id of its own. What is recorded
//! and when is decided by one state machine, which every adapter drives (see [`adapter`](crate::adapter)), so that all
//! clients behave alike.
//!
//! | outcome | when | `status` label | `error_type` |
//! |---|---|---|---|
//! | [`Ok`](Outcome::Ok) | a response below 400 | its status | |
//! | [`ClientError`](Outcome::ClientError) | a 4xx response: on a client it is an error | its status | the status |
//! | [`ServerError`](Outcome::ServerError) | a 5xx response | its status | the status |
//! | [`ServerError`](Outcome::ServerError) | no response: the connection failed, timed out, … | empty | one of [`error_type::TRANSPORT`] |
//! | [`BodyError`](Outcome::BodyError) | the request's body failed | empty | `body` |
//! | [`BodyError`](Outcome::BodyError) | the body of a response below 400 with a known size failed or had another size | its status | `body_error`, `incomplete_body`, `oversized_body` |
//! | [`Panic`](Outcome::Panic) | a [`ClientPolling`](crate::adapter::ClientPolling) guard was dropped without [`leave`](crate::adapter::ClientPolling::leave) | empty | `panic` |
//! | [`Cancelled`](Outcome::Cancelled) | dropped before the response head: the caller has cancelled it | empty | |
//!
//! The label `status` is empty without a response: no code was received, and an invented one (`499`, `500`) could not
//! be distinguished from a real one. In Prometheus, an empty label is the same as a missing one.
//!
//! A gRPC call (a `POST` of type `application/grpc`) ends with the body of its response, since its status is in the
//! trailers, or in the head of a response without a body:
//!
//! | outcome | when | `status` label | `error_type` |
//! |---|---|---|---|
//! | [`Ok`](Outcome::Ok) | `OK` | `OK` | |
//! | [`ClientError`](Outcome::ClientError), [`ServerError`](Outcome::ServerError) | any other status, split as on [servers](crate::request::grpc): on a client each is an error | its name | its name |
//! | [`ServerError`](Outcome::ServerError) | the body ended without a status | `UNKNOWN` | `UNKNOWN` |
//! | [`ClientError`](Outcome::ClientError), [`ServerError`](Outcome::ServerError) | the response is not gRPC, such as a proxy's `503`, and has no gRPC status | derived from the HTTP status, see [`GrpcStatus::from_http`](crate::request::GrpcStatus::from_http) | its name |
//! | [`ServerError`](Outcome::ServerError) | the body of such a response is not a sequence of gRPC messages, such as a page of HTML | `INTERNAL` | `INTERNAL` |
//! | [`ServerError`](Outcome::ServerError) | no response | the status that tonic derives from the error, see [`grpc_status`] | one of [`error_type::TRANSPORT`] |
//! | [`BodyError`](Outcome::BodyError) | the request's or the response's body failed | `INTERNAL` | `body`, `body_error` |
//! | [`Panic`](Outcome::Panic) | as above, also while the body was polled | `INTERNAL` | `panic` |
//! | [`Cancelled`](Outcome::Cancelled), [`Aborted`](Outcome::Aborted) | dropped before the response, or before its end | `CANCELLED` | |
//!
//! The label is one of the 17 names of [`GrpcStatus`](crate::request::GrpcStatus): unlike HTTP, gRPC defines the status
//! of a call without a response. `error_type` distinguishes the two cases, and the span has `rpc.response.status_code`
//! only where one was sent. Under [`Convention::OpenTelemetry`](crate::metrics::Convention::OpenTelemetry) the label
//! stays HTTP's. The `target` is `package.Service/Method` if that method is on the client's list, or if a response has
//! shown that it exists; an arbitrary path never becomes a label.
//!
//! For any other attempt the time, the span and the gauge in flight stop at the response head, as the conventions of
//! OpenTelemetry ask. It is recorded there, too, unless the adapter reports the body and that has a size: then with the
//! body's end, or when it is dropped. The `host` label is taken from a closed list or capped; the `target`
//! label is the template that the caller gave, else empty.
//!
//! [`Outcome::Ok`]: crate::request::Outcome::Ok
//! [`error_type::TRANSPORT`]: crate::names::error_type::TRANSPORT

mod attributes;
mod base_url;
mod body;
mod ending;
mod error;
mod finished;
mod grpc;
mod grpc_error;
pub(crate) mod head;
mod hosts;
pub(crate) mod instrument;
mod line;
pub(crate) mod observation;
pub(crate) mod options;
pub(crate) mod polling;
pub(crate) mod propagated;
mod red;
mod running;
mod span;
#[cfg(test)]
mod tests;

pub(crate) use head::{ClientRequest, ClientResponse, ClientUrl};
pub(crate) use instrument::ClientInstrument;
pub(crate) use options::ClientOptions;
pub(crate) use propagated::Propagated;

pub use crate::request::Outcome;

pub use error::transport_error;
pub use finished::ClientFinished;
pub use grpc_error::grpc_status;
