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
//! // Around each call and poll of the inner service and of the body, and around their drop:
//! observation.run(|| tracing::info!("carries the ids of the request"));
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
//! | [`Panic`](Outcome::Panic) | what [`run`](Observation::run) ran panicked, or a [`Polling`] guard was dropped without [`leave`](Polling::leave) |
//! | [`Cancelled`](Outcome::Cancelled) | the observation was dropped before the head |
//! | [`Aborted`](Outcome::Aborted) | the observation was dropped between the first poll of the body and its end |
//! | [`BodyError`](Outcome::BodyError) | [`body_error`](Observation::body_error) was called, or the body had another size than the head announced |
//!
//! For gRPC the status stands in the trailers, see [`grpc`].
//!
//! # Layers within layers
//!
//! Where an adapter marks the requests that it has met ([`RequestHead::is_observed`]), a layer that meets
//! the request of another one of the same instance records nothing of its own: the request is counted
//! once, under the endpoint and the labels of the innermost layer and into its metrics; line, span, ids
//! and the headers of the answer are the outer layer's. `classify`, `streaming`, `warn_client_errors`,
//! `trace_response` and `server_timing` of either count, and each `on_finish` is called. A layer that
//! writes lines or spans where the outer one doesn't records on its own; so does a layer of another
//! instance.
//!
//! A request that a handler sends to a router of its own is a second one. Without trace headers of its
//! own, and within the context of the first, it continues the trace as its child.

mod arrival;
mod attributes;
mod bytes;
mod completion;
mod deferred_span;
mod ending;
mod finished;
mod forwarded;
pub mod grpc;
mod head;
mod instrument;
mod layer_state;
mod naming;
mod nested;
mod network;
mod observation;
mod options;
mod origin;
mod panic;
mod polling;
mod privacy;
mod running;
mod scope;
mod skip;
mod stream;
#[cfg(test)]
mod tests;
mod trace_response;

pub(crate) use attributes::{push_call, push_headers};
pub(crate) use completion::{MethodKind, Remaining, content_length};
pub(crate) use ending::status_text;
pub(crate) use panic::install_hook as install_panic_hook;
pub(crate) use stream::discard_current;

pub use crate::{
    arc_or_static::ArcOrStatic,
    headers::{CommonHeaders, HeaderReader},
    metrics::MAX_LABELS,
    pipeline::{KNOWN_METHODS, known_method},
};
pub use bytes::ByteCounter;
pub use completion::parse_content_length;
pub use finished::Finished;
pub use grpc::GrpcStatus;
pub use head::{BodySize, Head, Protocol, RequestHead, ResponseHead};
pub use instrument::Instrument;
pub use layer_state::LayerState;
pub use naming::{Endpoint, Hooks, IntoEndpoint, LabelValues};
pub use network::{Network, NetworkParseError};
pub use obs_conventions::Outcome;
pub use observation::Observation;
pub use options::Options;
pub use polling::Polling;
pub use privacy::{ClientAddress, ForwardedHeaders, Privacy};
pub use skip::{IncomingRequest, Skip};
pub use stream::StreamGuard;
pub use trace_response::is_trace_response;
