//! One tower layer for all three signals: axum, hyper, tonic.
//!
//! ```no_run
//! use std::net::SocketAddr;
//!
//! use axum::{Router, extract::Path, routing::get};
//! use obs_axum::{ObsLayer, obs_core::Obs};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _telemetry = Obs::builder("payment-service").init()?;
//!     let app = Router::new()
//!         .route("/orders/{id}", get(|Path(id): Path<u64>| async move { format!("order {id}") }))
//!         .layer(ObsLayer::new())
//!         .merge(obs_axum::metrics("/metrics"));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     // With the client's address, which axum otherwise doesn't pass on.
//!     axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
//!     Ok(())
//! }
//! ```
//!
//! [`serve`] stores the client's address by itself. Without it, lines and spans have no
//! `client_address`, unless a proxy is [trusted](ObsLayer::trusted_proxies) to say it.
//!
//! # What is recorded
//!
//! | metric | type | unit | labels |
//! |---|---|---|---|
//! | `http_requests_total` | counter | requests | `method, endpoint, status, outcome` |
//! | `http_request_duration_seconds` | histogram | seconds | `method, endpoint, status` |
//! | `http_errors_total` | counter | requests | `method, endpoint, error_type` |
//! | `http_requests_in_flight` | gauge | requests | `method, endpoint` |
//! | `http_request_size_bytes` | histogram | bytes | `method, endpoint` |
//! | `http_response_size_bytes` | histogram | bytes | `method, endpoint` |
//! | `http_stream_duration_seconds` | histogram | seconds | `method, endpoint` |
//! | `http_concurrent_requests_max` | gauge | requests | `method, endpoint` |
//!
//! [`ObsLayer::convention`] selects the names and labels of OpenTelemetry instead;
//! [`ObsLayer::label`] adds labels with a fixed list of values.
//!
//! Every request also writes one canonical log line and, if it is sampled, one server span; both
//! carry the same ids. See [`obs_core::request`] for the ways in which a request can end.
//!
//! # gRPC
//!
//! On tonic, `Server::builder().layer(ObsLayer::new())`: the outcome of a call comes from its
//! trailers, the label `status` is the name of its status (`OK`, `NOT_FOUND`, …), the endpoint is
//! `package.Service/Method`. List the methods with [`ObsLayer::grpc_methods`], or let the layer
//! learn them. See [`obs_core::request::grpc`].
//!
//! # Without axum
//!
//! A service of tonic or hyper needs no axum: without the default feature `axum`, this crate has
//! [`ObsLayer`], [`ObsClientLayer`] and [`obs_core`], and depends on `http` and tower's traits
//! alone. (tonic itself needs axum only for its feature `router`, that is, for
//! `Server::add_service`.)
//!
//! ```toml
//! obs-axum = { version = "0.1", default-features = false, features = ["otlp-http", "process", "serve-metrics"] }
//! tonic = { version = "0.14", default-features = false, features = ["channel", "codegen", "server"] }
//! ```
//!
//! The metrics page is then on an address of its own
//! ([`ObsBuilder::serve_metrics`](obs_core::ObsBuilder::serve_metrics)), and
//! [`Graceful::run`](obs_core::shutdown::Graceful::run) shuts the server down:
//!
//! ```ignore
//! let obs = Obs::builder("order-service").serve_metrics("0.0.0.0:3000".parse()?).init()?;
//! let layer = ObsLayer::new().grpc_methods(["shop.Orders/Get"]);
//! let serve = |stop: Stop| Server::builder().layer(layer).serve_with_shutdown(address, orders, stop.requested());
//! Graceful::new(&obs).run(serve).await?;
//! ```
//!
//! # One crate to name
//!
//! A service depends on this crate only: [`obs_core`] re-exports everything else of obs that it
//! needs. For its own events and metrics it uses the crates `tracing` and `metrics`.
//!
//! ```
//! use obs_axum::obs_core::{
//!     Obs, StreamGuard, context, logs::LogFormat, metrics::Registry, propagation, request::Outcome, trace::in_span,
//! };
//! ```
//!
//! # Where to put the layer
//!
//! `Router::layer` sees the matched route. A layer outside of routing (around a whole `Router` as
//! a service, on hyper, outside `nest_service`) does not: name the endpoint with
//! [`ObsLayer::endpoint`], or put an [`Endpoint`] into the response's extensions:
//!
//! ```
//! use axum::{Extension, response::IntoResponse};
//! use obs_axum::Endpoint;
//!
//! async fn handler() -> impl IntoResponse {
//!     (Extension(Endpoint::new("/legacy/{page}")), "hello")
//! }
//! ```
//!
//! Otherwise requests are recorded under `unmatched`. The path of a request never becomes a label.
//!
//! # The order of layers
//!
//! The layer sees the responses of everything inside of it: of a timeout, of authentication, of a
//! fallback. A layer outside of it may replace the recorded response, so add [`ObsLayer`] last
//! with `Router::layer`, or first in a `ServiceBuilder`. A timeout outside of it is recorded as
//! `cancelled`, one inside with the status of its response.
//!
//! If an outer layer replaces a response (an error page, `map_response`), a 5xx is
//! `server_error` from its head on, whatever happens to its body. Any other response whose body
//! is dropped before it was polled is recorded by its status; so is one that a unit test with
//! `oneshot` never reads. A body that is dropped after that and before its end was abandoned by
//! the client: `aborted`. A client that disconnects between head and first byte (while hyper
//! can't send because its buffer or the HTTP/2 window is full) can't be distinguished from a
//! replaced response, and is recorded by the status.
//!
//! Several layers of one instance around the same request (one on a nested router and one around
//! all routes) record it once, with the endpoint and labels of the innermost; see
//! [`obs_core::request`]. A request that a handler sends to another application in the process is
//! a second request, a child of the first.
//!
//! # Why was it a 500
//!
//! A response doesn't say what has gone wrong. [`WithError`] keeps the error with the response, for the layer:
//!
//! ```
//! use axum::{http::StatusCode, response::{IntoResponse, Response}};
//! use obs_axum::WithError;
//!
//! struct AppError(std::io::Error);
//!
//! impl IntoResponse for AppError {
//!     fn into_response(self) -> Response {
//!         WithError::new(StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
//!     }
//! }
//!
//! async fn handler() -> Result<String, AppError> {
//!     std::fs::read_to_string("orders").map_err(AppError)
//! }
//! ```
//!
//! The line then has `error`, `error_chain` and `error_location`, the span an `exception`, and `on_finish` a
//! [`Failure`](obs_core::request::Failure) and a fingerprint. Errors of the service itself and of bodies, panics, and
//! errors that [`record_error`](obs_core::trace::record_error) was told of are seen without it. All is redacted; the client
//! sees nothing of it.
//!
//! # Health and shutdown
//!
//! [`health`] and [`ready`] answer the probes of an orchestrator; [`serve`] shuts the server down
//! gracefully on SIGTERM:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use obs_axum::{
//!     ObsLayer,
//!     obs_core::{Obs, health::{Check, Health}},
//!     shutdown::Graceful,
//! };
//!
//! # async fn ping_database() -> Result<(), std::io::Error> { Ok(()) }
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let obs = Obs::builder("payment-service").init()?;
//!     let health = Health::new().check(Check::new("database", ping_database));
//!     let app = Router::new()
//!         .route("/", get(|| async { "hello" }))
//!         .layer(ObsLayer::new())
//!         .merge(obs_axum::metrics("/metrics"))
//!         .merge(obs_axum::health("/health", &health))
//!         .merge(obs_axum::ready("/ready", &health));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     obs_axum::serve(listener, app, Graceful::new(&obs).health(&health)).await?;
//!     Ok(())
//! }
//! ```
//!
//! For outgoing requests of hyper and tonic clients there is another layer: see [`client`].
//!
//! # Features
//!
//! All but those of the framework are passed on to [`obs_core`]. What the settings ask for and the build lacks is
//! said at the start, with the name of the feature.
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `axum` | on | axum's routes, bodies and addresses, the pages, and `serve`; without it, the layers for tower alone. |
//! | `console` | off | The console: pages and JSON about the running service, to mount beside the metrics page. |
//! | `tower-http` | off | The request id that tower-http's `SetRequestIdLayer` has set, whatever its header. |
//! | `otlp-http` | on | Export by OTLP over HTTP/protobuf. |
//! | `otlp-grpc` | off | Export by OTLP over gRPC. |
//! | `otlp-tls` | off | `https` for OTLP, by rustls and ring, with the system's certificates. |
//! | `otlp-logs` | off | Log records by OTLP, besides the lines; needs a transport. |
//! | `otlp-metrics` | off | Metrics by OTLP, besides the page; needs a transport. |
//! | `serve-metrics` | on | The metrics page on an address of its own: `ObsBuilder::serve_metrics`. |
//! | `process` | on | `process_*` metrics: processor time, memory, file descriptors, threads. |
//! | `tokio-metrics` | off | `tokio_*` metrics of runtimes: tasks, queues, busy time. |
//! | `prometheus-exporter` | off | `metrics_from`: the page of `metrics-exporter-prometheus`. |
//! | `gzip` | off | gzip compression of the metrics page, and of what is exported by OTLP. |
//! | `zstd` | off | zstd compression of the metrics page; compiles C. |
//! | `definition` | off | `Obs::from_definition`: the service's settings from `obs.yaml`. |
//! | `span-filter` | off | Directives of `RUST_LOG` that name spans, as in `shop[order{id=7}]=debug`; compiles regular expressions. |
//! | `log-rotation` | off | Log files that are rotated by the hour, day or week. |
//! | `http2` | off | HTTP/2 in `serve`. |

pub mod client;
#[cfg(feature = "axum")]
pub mod shutdown;

mod body;
#[cfg(feature = "console")]
mod console;
#[cfg(feature = "axum")]
mod exporter;
mod future;
#[cfg(feature = "axum")]
mod health;
mod layer;
#[cfg(feature = "axum")]
mod metrics;
#[cfg(feature = "axum")]
mod page;
#[cfg(feature = "axum")]
mod request_body;
mod response_error;
#[cfg(feature = "axum")]
mod routing;
#[cfg(not(feature = "axum"))]
#[path = "no_routing.rs"]
mod routing;
mod service;
mod view;
#[cfg(feature = "axum")]
mod with_error;

#[cfg(feature = "console")]
pub use obs_console;
pub use obs_core;

#[doc(inline)]
pub use obs_core::request::{Endpoint, IntoEndpoint};

pub use body::ObsBody;
pub use client::ObsClientLayer;
#[cfg(feature = "console")]
pub use console::console;
#[cfg(feature = "axum")]
pub use exporter::metrics_from;
pub use future::ObsFuture;
#[cfg(feature = "axum")]
pub use health::{health, ready};
pub use layer::ObsLayer;
#[cfg(feature = "axum")]
pub use metrics::{metrics, metrics_for};
pub use response_error::ResponseError;
pub use service::ObsService;
#[cfg(feature = "axum")]
pub use shutdown::serve;
pub use view::RequestView;
#[cfg(feature = "axum")]
pub use with_error::WithError;

/// Compiles the quick start of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
