//! The life of a request: a state machine that every adapter drives and that decides everything.
//!
//! An adapter translates its framework's types, polls, and reports; what is recorded and when is
//! decided here, so that all adapters behave alike:
//!
//! ```
//! use obs_core::request::{BodySize, LayerState, Observation, Protocol, RequestHead, ResponseHead};
//!
//! let layer = LayerState::default();
//! let request = RequestHead { method: "GET", path: "/users/7", endpoint: Some("/users/{id}"), ..Default::default() };
//! let mut observation = Observation::start(layer.instrument(), &request, &());
//!
//! let polling = observation.enter(); // around each call and poll of the inner service
//! tracing::info!("carries the ids of the request");
//! polling.leave();
//!
//! let head = ResponseHead { status: 200, headers: &(), body: BodySize::Exact(5), endpoint: None };
//! observation.head(&head);
//! observation.body_bytes(5, true); // the last byte: now the request is recorded
//! ```
//!
//! | outcome | when |
//! |---|---|
//! | [`Ok`](Outcome::Ok), [`ClientError`](Outcome::ClientError) | the body ended, or was let go before it was [asked for](Observation::enter_body) |
//! | [`ServerError`](Outcome::ServerError) | a 5xx, whatever became of its body, or the service returned an error |
//! | [`Panic`](Outcome::Panic) | a [`Polling`] guard was dropped without [`leave`](Polling::leave) |
//! | [`Cancelled`](Outcome::Cancelled) | the observation was dropped before the head |
//! | [`Aborted`](Outcome::Aborted) | the observation was dropped between the first poll of the body and its end |
//! | [`BodyError`](Outcome::BodyError) | [`body_error`](Observation::body_error) was called, or the body had another size than the head announced |
//!
//! For gRPC the status stands in the trailers, see [`grpc`].

mod arrival;
mod attributes;
mod bytes;
mod completion;
mod ending;
mod finished;
mod forwarded;
pub mod grpc;
mod head;
mod headers;
mod held;
mod instrument;
mod labels;
mod late;
mod method;
mod network;
mod observation;
mod options;
mod origin;
mod outcome;
mod panic;
mod polling;
mod privacy;
mod query;
mod routes;
mod running;
mod setters;
mod slot;
mod stream;
#[cfg(test)]
mod tests;
mod told;
mod under_way;

pub(crate) use attributes::{interned, push_call, push_headers, split_authority};
pub(crate) use ending::status_text;
pub(crate) use grpc::status_label;
pub(crate) use instrument::is_request_span;
pub(crate) use labels::{LabelList, OwnLabels};
pub(crate) use options::CapturedHeader;
pub(crate) use panic::install_hook as install_panic_hook;
pub(crate) use query::{percent_decoded, redact_into};
pub(crate) use routes::Routes;
pub(crate) use stream::discard_current;

pub use bytes::ByteCounter;
pub use completion::content_length;
pub use finished::Finished;
pub use grpc::GrpcStatus;
pub use head::{BodySize, Head, Protocol, RequestHead, ResponseHead};
pub use headers::{CommonHeaders, HeaderReader};
pub use held::Held;
pub use instrument::Instrument;
pub use labels::MAX_LABELS;
pub use method::{KNOWN_METHODS, known_method};
pub use network::{Network, NetworkParseError};
pub use observation::Observation;
pub use options::{LayerState, Options};
pub use outcome::Outcome;
pub use polling::Polling;
pub use privacy::{ClientAddress, ForwardedHeaders};
pub use stream::StreamGuard;
pub use told::is_told;
