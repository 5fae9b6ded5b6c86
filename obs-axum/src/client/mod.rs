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
//! # Bodies
//!
//! Time, span and gauge stop at the head of an answer. Whether it was whole shows later: an answer whose
//! size is known (`Content-Length`, a body in memory) is recorded when its body has ended or is dropped, as
//! `body_error` if it failed or ended before (`incomplete_body`). Any other is recorded at its head, and its
//! body passed on.
//!
//! # gRPC
//!
//! Requests of a tonic client don't tell where they go, the channel knows that: give the layer the
//! channel's URL by [`base_url`](ObsClientLayer::base_url), and the methods that you call by
//! [`grpc_methods`](ObsClientLayer::grpc_methods):
//!
//! ```
//! let layer = obs_axum::client::ObsClientLayer::new()
//!     .base_url("http://payments.internal:50051")
//!     .grpc_methods(["shop.Payments/Charge"]);
//! ```
//!
//! A call of type `application/grpc` lasts until its trailers, and its outcome is what `grpc-status`
//! says there; the label `status` is the name (`OK`, `NOT_FOUND`, …), the target is
//! `shop.Payments/Charge`. The answer's body is wrapped for that, as [`ObsClientBody`]. Nothing tells a stream that lives on from other calls: its
//! duration, too, is that to its end.

mod classify;
mod future;
mod layer;
mod request;
mod service;
#[cfg(test)]
mod tests;

#[doc(inline)]
pub use obs_http::{ObsClientBody, Target};

pub use classify::{ClassifyError, FromSources};
pub use future::ObsClientFuture;
pub use layer::ObsClientLayer;
pub use request::ResendCount;
pub use service::ObsClientService;
