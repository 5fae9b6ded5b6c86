//! The life of an outgoing request: the twin of [`request`](crate::request) for clients.
//!
//! An adapter translates its client's types, polls, and reports; what is recorded and when is
//! decided here, so that all clients behave alike. One observation is one attempt: a retry is a new
//! one, with a span and a span id of its own.
//!
//! ```
//! use obs_core::client::{ClientObservation, ClientRequest, ClientResponse, ClientState, ClientUrl};
//!
//! let client = ClientState::default();
//! let url = ClientUrl { host: "users.internal", path: "/users/7", ..Default::default() };
//! let request = ClientRequest { method: "GET", url, target: Some("/users/{id}"), ..Default::default() };
//! let mut observation = ClientObservation::start(client.instrument(), &request, &());
//!
//! let headers = observation.propagated().unwrap(); // to be sent: its parent id is this attempt's
//! assert_eq!(headers.traceparent().map(str::len), Some(55));
//!
//! let polling = observation.enter(); // around each call and poll of the client
//! polling.leave();
//!
//! observation.head(&ClientResponse { status: 200, ..ClientResponse::new(&()) }); // now it is recorded
//! ```
//!
//! | outcome | when | `status` label | `error_type` |
//! |---|---|---|---|
//! | [`Ok`](Outcome::Ok) | an answer below 400 | as answered | |
//! | [`ClientError`](Outcome::ClientError) | a 4xx answer: on a client it is an error | as answered | the status |
//! | [`ServerError`](Outcome::ServerError) | a 5xx answer | as answered | the status |
//! | [`ServerError`](Outcome::ServerError) | no answer: the connection failed, timed out, … | empty | one of [`error_type::TRANSPORT`] |
//! | [`BodyError`](Outcome::BodyError) | the request's body failed | empty | `body` |
//! | [`BodyError`](Outcome::BodyError) | the body of an answer of known size, below 400, failed or had another size | as answered | `body_error`, `incomplete_body`, `oversized_body` |
//! | [`Panic`](Outcome::Panic) | a [`ClientPolling`] guard was dropped without [`leave`](ClientPolling::leave) | empty | `panic` |
//! | [`Cancelled`](Outcome::Cancelled) | dropped before an answer: nobody waits for it any more | empty | |
//!
//! The label `status` is empty where there was no answer: no code was received, and one made up
//! (`499`, `500`) could not be told from a real one. To Prometheus, an empty label is one that is
//! not there.
//!
//! A gRPC call (a `POST` of type `application/grpc`) ends with the body of its answer, since its status
//! stands in the trailers, or in the head of an answer that has nothing else:
//!
//! | outcome | when | `status` label | `error_type` |
//! |---|---|---|---|
//! | [`Ok`](Outcome::Ok) | `OK` | `OK` | |
//! | [`ClientError`](Outcome::ClientError), [`ServerError`](Outcome::ServerError) | any other status, split as on [servers](crate::request::grpc): on a client each is an error | its name | its name |
//! | [`ServerError`](Outcome::ServerError) | the body ended without a status | `UNKNOWN` | `UNKNOWN` |
//! | [`ClientError`](Outcome::ClientError), [`ServerError`](Outcome::ServerError) | the answer is not gRPC, say a proxy's `503`, and has no status; read or not | what clients make of HTTP's, see [`GrpcStatus::from_http`](crate::request::GrpcStatus::from_http) | its name |
//! | [`ServerError`](Outcome::ServerError) | the body of such an answer can't be messages, say a page of HTML | `INTERNAL` | `INTERNAL` |
//! | [`ServerError`](Outcome::ServerError) | no answer | what tonic makes of the error, see [`grpc_status`] | one of [`error_type::TRANSPORT`] |
//! | [`BodyError`](Outcome::BodyError) | a body failed, the request's or the answer's | `INTERNAL` | `body`, `body_error` |
//! | [`Panic`](Outcome::Panic) | as above, also while the body was polled | `INTERNAL` | `panic` |
//! | [`Cancelled`](Outcome::Cancelled), [`Aborted`](Outcome::Aborted) | dropped before an answer, or before its end | `CANCELLED` | |
//!
//! The label is one of the 17 names of [`GrpcStatus`](crate::request::GrpcStatus): other than HTTP,
//! gRPC says which of them a client makes of a call without an answer. `error_type` tells the two
//! apart, and the span has `rpc.response.status_code` only where one was sent. Under
//! [`Convention::OpenTelemetry`](crate::metrics::Convention::OpenTelemetry) the label stays HTTP's.
//! The `target` is `package.Service/Method` if the client was given a list that has it, or has learnt
//! that there is such a method; it is never what somebody asked for.
//!
//! For any other attempt the time, the span and the gauge in flight stop at the response head, as the
//! conventions of OpenTelemetry ask. It is recorded there, too, unless the adapter reports the body and that
//! has a size: then with the body's end, or when nobody wants it any more. The `host` label is taken from a closed list or capped; the
//! `target` label is the template that the caller gave, else empty.
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
mod head;
mod hosts;
mod instrument;
mod line;
mod observation;
mod options;
mod propagated;
mod red;
mod span;
#[cfg(test)]
mod tests;

pub use crate::request::Outcome;

pub use error::transport_error;
pub use finished::ClientFinished;
pub use grpc_error::grpc_status;
pub use head::{ClientRequest, ClientResponse, ClientUrl};
pub use instrument::ClientInstrument;
pub use observation::{ClientObservation, ClientPolling};
pub use options::{ClientOptions, ClientState};
pub use propagated::Propagated;
