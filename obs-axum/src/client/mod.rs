//! A tower layer for clients: hyper, tonic, and whatever else sends an [`http::Request`].
//!
//! ```
//! use obs_axum::client::ObsClientLayer;
//! use tower::ServiceBuilder;
//! # use std::convert::Infallible;
//! # let client = tower::service_fn(|_: http::Request<axum::body::Body>| async {
//! #     Ok::<_, Infallible>(http::Response::new(axum::body::Body::empty()))
//! # });
//!
//! let users = ServiceBuilder::new()
//!     .layer(ObsClientLayer::new().base_url("http://users.internal"))
//!     .service(client); // hyper_util's `Client`, tonic's `Channel`, …
//! ```
//!
//! It records what `obs-reqwest` records, from the same core: see [`obs_core::client`] for the ways in
//! which an attempt can end.
//!
//! | metric | type | unit | labels |
//! |---|---|---|---|
//! | `http_client_requests_total` | counter | attempts | `method, host, target, status, outcome` |
//! | `http_client_request_duration_seconds` | histogram | seconds | `method, host, target, status` |
//! | `http_client_errors_total` | counter | attempts | `method, host, target, error_type` |
//! | `http_client_requests_in_flight` | gauge | attempts | `method, host, target` |
//!
//! # Where to put the layer
//!
//! Next to the client, inside of layers that retry, balance or buffer: each attempt then has a span
//! of its own. A timeout layer belongs inside of it if its end is to count as an error, `timeout`;
//! one outside drops the future, which is `cancelled` and no error.
//!
//! # gRPC
//!
//! Requests of a tonic client don't tell where they go, the channel knows that: give the layer the
//! channel's URL by [`base_url`](ObsClientLayer::base_url). Their paths are the names of methods in
//! your own code, so they may be targets:
//!
//! ```
//! let layer = obs_axum::client::ObsClientLayer::new()
//!     .base_url("http://payments.internal:50051")
//!     .target(|request| request.uri.path().to_owned());
//! ```
//!
//! The status is that of HTTP: what stands in `grpc-status` comes after the head.

mod classify;
mod future;
mod layer;
mod propagate;
mod request;
mod service;
#[cfg(test)]
mod tests;

pub use classify::{ClassifyError, FromSources};
pub use future::ObsClientFuture;
pub use layer::ObsClientLayer;
pub use request::{ResendCount, Target};
pub use service::ObsClientService;
