//! A tower layer for clients: hyper, tonic, and any other service of [`http::Request`].
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
//! It records the same as `obs-reqwest`: see [`obs_core::client`] for the outcomes of an attempt.
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
//! Directly around the client, inside of layers that retry, balance or buffer, so that each
//! attempt has its own span. A timeout layer inside of it is recorded as the error `timeout`; one
//! outside drops the future, which is `cancelled` and not an error.
//!
//! # Bodies
//!
//! Duration, span and gauge end with the head of a response. A response of known size
//! (`Content-Length`, a body in memory) is recorded when its body has ended or is dropped: as
//! `body_error` if it failed or was too short (`incomplete_body`). Any other is recorded with its
//! head, and its body passes through unobserved.
//!
//! # gRPC
//!
//! Requests of a tonic client have no host, only its channel does: set the channel's URL with
//! [`base_url`](ObsClientLayer::base_url), and the methods that are called with
//! [`grpc_methods`](ObsClientLayer::grpc_methods):
//!
//! ```
//! let layer = obs_axum::client::ObsClientLayer::new()
//!     .base_url("http://payments.internal:50051")
//!     .grpc_methods(["shop.Payments/Charge"]);
//! ```
//!
//! A call of type `application/grpc` ends with its trailers, and its outcome follows from
//! `grpc-status`; the label `status` is the name (`OK`, `NOT_FOUND`, …), the target is
//! `shop.Payments/Charge`. The body of the response is an [`ObsClientBody`] for that. Streaming
//! calls can't be distinguished from others, so their duration lasts to their end, too.

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
