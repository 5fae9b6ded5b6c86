//! For authors of adapters: what puts obs on another framework or client. Applications need nothing of it.
//!
//! An adapter translates its framework's types, polls, and reports; what is recorded and when is decided by the state
//! machine that it drives, so that all adapters behave alike. That of a request is [`Observation`]:
//!
//! ```
//! use obs_core::adapter::{BodySize, LayerState, Observation, RequestHead, ResponseHead};
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
//! That of an attempt to send a request is [`ClientObservation`]:
//!
//! ```
//! use obs_core::adapter::{ClientObservation, ClientRequest, ClientResponse, ClientState, ClientUrl};
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
//! The outcomes are described in [`request`](crate::request) and [`client`](crate::client). The macros `layer_setters!`
//! and `client_setters!` give a layer the setters that all adapters have. Pages (metrics, health) are served by
//! [`MetricsPage`] and left out of all signals by [`PageOwner`].
//!
//! The heads that an adapter reports are plain structs, to be constructed with `..Default::default()`, so that a new
//! field is not a breaking change.

pub use crate::{
    arc_or_static::ArcOrStatic,
    client::{
        head::{ClientRequest, ClientResponse, ClientUrl},
        instrument::ClientInstrument,
        observation::ClientObservation,
        options::{ClientOptions, ClientState},
        polling::ClientPolling,
        propagated::Propagated,
    },
    exposition::{PageRequest, PageResponse},
    failure::Failure,
    headers::CommonHeaders,
    options::common::{Common, boxed, header_names},
    page::{LeftOut, MetricsPage, PageOwner},
    request::{
        bytes::ByteCounter,
        completion::parse_content_length,
        head::{BodySize, Protocol, RequestHead, ResponseHead},
        instrument::Instrument,
        layer_state::LayerState,
        naming::{Hooks, LabelValues},
        observation::Observation,
        options::Options,
        polling::Polling,
        privacy::Privacy,
        trace_response::is_trace_response,
    },
};
pub use tracing_core::LevelFilter;
