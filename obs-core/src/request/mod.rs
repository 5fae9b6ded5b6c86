//! The life of a request: its outcomes, and the types that an application's functions and hooks get.
//!
//! Everything is decided by one state machine, which every adapter drives (see [`adapter`](crate::adapter)), so that
//! all adapters behave alike.
//!
//! | outcome | when |
//! |---|---|
//! | [`Ok`](Outcome::Ok), [`ClientError`](Outcome::ClientError) | the body ended, or was dropped before its [first poll](Observation::enter_body) |
//! | [`ServerError`](Outcome::ServerError) | a 5xx, however its body ended, or the service returned an error |
//! | [`Panic`](Outcome::Panic) | what [`run`](Observation::run) ran panicked, or a [`Polling`] guard was dropped without [`leave`](Polling::leave) |
//! | [`Cancelled`](Outcome::Cancelled) | the observation was dropped before the head |
//! | [`Aborted`](Outcome::Aborted) | the observation was dropped between the first poll of the body and its end |
//! | [`BodyError`](Outcome::BodyError) | [`body_error`](Observation::body_error) was called, or the body had another size than the head announced |
//!
//! For gRPC the status stands in the trailers, see [`grpc`].
//!
//! # Layers within layers
//!
//! Adapters mark the requests that they observe ([`RequestHead::is_observed`]). A layer within another one of the same
//! instance starts no observation of its own: the request is counted
//! once, under the endpoint and the labels of the innermost layer and into its metrics; line, span, ids
//! and the headers of the answer are the outer layer's. `classify`, `streaming`, `warn_client_errors`,
//! `trace_response` and `server_timing` of either layer apply, and each `on_finish` is called. A layer that
//! writes lines or spans that the outer one doesn't records the request separately; so does a layer of another
//! instance.
//!
//! A request that a handler passes to another router is a second request. Without trace headers, and within the
//! context of the first one, it is a child of it in the same trace.

mod arrival;
mod attributes;
pub(crate) mod bytes;
mod common_state;
pub(crate) mod completion;
mod deferred_span;
mod ending;
mod explain;
mod finished;
mod forwarded;
pub mod grpc;
pub(crate) mod head;
pub(crate) mod instrument;
pub(crate) mod layer_state;
pub(crate) mod naming;
mod nested;
mod network;
pub(crate) mod observation;
pub(crate) mod options;
mod origin;
mod panic;
pub(crate) mod polling;
pub(crate) mod privacy;
mod recorded;
mod running;
mod scope;
mod skip;
mod stream;
#[cfg(test)]
mod tests;
pub(crate) mod trace_response;

pub(crate) use crate::{arc_or_static::ArcOrStatic, headers::CommonHeaders};
pub(crate) use attributes::{push_call, push_headers};
pub(crate) use bytes::ByteCounter;
pub(crate) use common_state::CommonState;
pub(crate) use completion::{MethodKind, Remaining, content_length};
pub(crate) use ending::status_text;
pub(crate) use head::{BodySize, Protocol, RequestHead, ResponseHead};
pub(crate) use instrument::Instrument;
pub(crate) use layer_state::LayerState;
pub(crate) use naming::LabelValues;
pub(crate) use observation::Observation;
pub(crate) use options::Options;
pub(crate) use panic::install_hook as install_panic_hook;
pub(crate) use polling::Polling;
pub(crate) use privacy::Privacy;
pub(crate) use stream::discard_current;

pub use crate::{
    failure::Failure,
    headers::HeaderReader,
    metrics::MAX_LABELS,
    pipeline::{KNOWN_METHODS, known_method},
};
pub use finished::Finished;
pub use grpc::GrpcStatus;
pub use head::Head;
pub use naming::{Endpoint, IntoEndpoint};
pub use network::{Network, NetworkParseError};
pub use obs_conventions::Outcome;
pub use privacy::{ClientAddress, ForwardedHeaders};
pub use skip::{IncomingRequest, Skip};
pub use stream::StreamGuard;
