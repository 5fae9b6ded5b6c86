//! One middleware for all three signals on actix-web.
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use obs_actix::{ObsMiddleware, obs_core::Obs};
//!
//! async fn order(id: web::Path<u64>) -> String {
//!     format!("order {id}")
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _telemetry = Obs::builder("payment-service").init()?;
//!     let app = || {
//!         App::new()
//!             .wrap(ObsMiddleware::new())
//!             .route("/orders/{id}", web::get().to(order))
//!             .service(obs_actix::metrics("/metrics"))
//!     };
//!     HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?;
//!     Ok(())
//! }
//! ```
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
//! [`ObsMiddleware::convention`] selects the names and labels of OpenTelemetry instead;
//! [`ObsMiddleware::label`] adds labels with a fixed list of values.
//!
//! Every request also writes one canonical log line and, if it is sampled, one server span; both
//! carry the same ids. See [`obs_core::request`] for the ways in which a request can end.
//!
//! # One crate to name
//!
//! A service depends on this crate only: [`obs_core`] re-exports everything else of obs that it
//! needs. For its own events and metrics it uses the crates `tracing` and `metrics`.
//!
//! ```
//! use obs_actix::obs_core::{
//!     Obs, StreamGuard, context, logs::LogFormat, metrics::Registry, propagation, request::Outcome, trace::in_span,
//! };
//! ```
//!
//! # Where to put the middleware
//!
//! `App::wrap` sees all requests, `Scope::wrap` those of the scope; both see the full pattern of
//! the resource, with the prefixes of its scopes. The middleware that is wrapped last is the
//! outermost: wrap [`ObsMiddleware`] last, so that it sees the responses of the others. A
//! middleware outside of it (an `ErrorHandlers` that is wrapped later) may replace the recorded
//! response: the outcome remains that of the status that the middleware has seen, as described
//! [below](#bodies-that-are-replaced). The pattern is read on arrival and again after routing, as
//! guards can select another resource than the path alone. Requests of a default service are
//! recorded under `unmatched`, unless [`ObsMiddleware::endpoint`] or an [`Endpoint`] in the
//! response's extensions names them:
//!
//! ```
//! use actix_web::HttpResponse;
//! use obs_actix::Endpoint;
//!
//! async fn handler() -> HttpResponse {
//!     let mut response = HttpResponse::Ok().body("hello");
//!     response.extensions_mut().insert(Endpoint::new("/legacy/{page}"));
//!     response
//! }
//! ```
//!
//! The path of a request never becomes a label.
//!
//! # Errors
//!
//! An error that a handler or an extractor returns becomes a response before it leaves the
//! resource and is recorded as one, with its status and its body. An error that another
//! middleware returns in place of a response is rendered by actix-web outside of all middlewares,
//! by [`ResponseError::error_response`](actix_web::ResponseError::error_response): status,
//! headers and body of that response are recorded, and it has the request id. If a middleware
//! outside of this one responds in place of the error, that response is not visible: the request
//! is recorded with the error's `status_code()`.
//!
//! # Why was it a 500
//!
//! The text of the error behind a response ([`HttpResponse::error`](actix_web::HttpResponse::error)), or of one in place
//! of a response, is on the line (`error`) and the span of a request that ends in a 5xx. actix-web knows no more of an
//! error than its text: [`record_error`](obs_core::trace::record_error) adds its sources and its type.
//!
//! ```
//! use actix_web::{HttpResponse, ResponseError};
//!
//! #[derive(Debug)]
//! struct AppError(std::io::Error);
//! # impl std::fmt::Display for AppError {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("order not read") }
//! # }
//! impl std::error::Error for AppError {
//!     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
//!         Some(&self.0)
//!     }
//! }
//!
//! impl ResponseError for AppError {
//!     fn error_response(&self) -> HttpResponse {
//!         obs_actix::obs_core::trace::record_error(self);
//!         HttpResponse::new(self.status_code())
//!     }
//! }
//!
//! async fn handler() -> Result<String, AppError> {
//!     std::fs::read_to_string("order").map_err(AppError)
//! }
//! ```
//!
//! # Bodies that are replaced
//!
//! A 5xx is `server_error` from its head on, whatever happens to its body. Any other response
//! whose body is dropped before it was polled was replaced by an outer middleware, or not read by
//! a test: it is recorded by its status. A body that is dropped after that and before its end was
//! abandoned by the client: `aborted`. A client that disconnects between head and first byte
//! can't be distinguished from a replaced response, and is recorded by the status.
//!
//! Several middlewares of one instance around the same request (one on a scope and one on the
//! application) record it once, with the endpoint and labels of the innermost; see
//! [`obs_core::request`]. A request that a handler sends to another application in the process is
//! a second request, a child of the first.
//!
//! # Health and shutdown
//!
//! [`health`] and [`ready`] answer the probes of an orchestrator; [`serve`] shuts the server down
//! gracefully on SIGTERM:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, web};
//! use obs_actix::{
//!     ObsMiddleware,
//!     obs_core::{Obs, health::{Check, Health}},
//!     shutdown::Graceful,
//! };
//!
//! # async fn ping_database() -> Result<(), std::io::Error> { Ok(()) }
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let obs = Obs::builder("payment-service").init()?;
//!     let health = Health::new().check(Check::new("database", ping_database));
//!     let graceful = Graceful::new(&obs).health(&health);
//!     let app = move || {
//!         App::new()
//!             .wrap(ObsMiddleware::new())
//!             .route("/", web::get().to(|| async { "hello" }))
//!             .service(obs_actix::metrics("/metrics"))
//!             .service(obs_actix::health("/health", &health))
//!             .service(obs_actix::ready("/ready", &health))
//!     };
//!     obs_actix::serve(HttpServer::new(app).bind("127.0.0.1:3000")?, graceful).await?;
//!     Ok(())
//! }
//! ```
//!
//! # How actix-web differs
//!
//! - A handler runs to its end after the client has closed the connection: the outcome is that of
//!   its response. Only an HTTP/1 connection that is reset drops the handler: `cancelled`. A reset
//!   HTTP/2 stream is noticed when there is something to send; its body is then dropped: `aborted`.
//! - A panic ends the task of the connection (of the stream, over HTTP/2). The client sees the
//!   connection close, the worker continues; the request is recorded as `panic`.
//! - An upgrade (101) is counted and timed at its head. Hold an [`obs_core::StreamGuard`] in the
//!   code that serves the web socket to record its lifetime.
//! - Tasks of `actix_web::rt::spawn` and `web::block` start without a context: carry it there with
//!   [`obs_core::context::in_current`] and [`obs_core::context::run_in`].
//! - The scheme is that of the listener and the client that of the connection, unless the
//!   connection comes from one of [`ObsMiddleware::trusted_proxies`].
//!
//! # Features
//!
//! All but those of the framework are passed on to [`obs_core`]. What the settings ask for and the build lacks is said at
//! the start, with the name of the feature.
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `console` | off | The console: pages and JSON about the running service, to mount beside the metrics page. |
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

pub mod shutdown;

mod body;
#[cfg(feature = "console")]
mod console;
mod endpoint;
mod exporter;
mod failure;
mod future;
mod headers;
mod health;
mod layer;
mod metrics;
mod page;
mod patterns;
mod request_body;
mod service;
mod wire;

#[cfg(feature = "console")]
pub use obs_console;
pub use obs_core;

#[doc(inline)]
pub use obs_core::request::{Endpoint, IntoEndpoint};

pub use body::ObsBody;
#[cfg(feature = "console")]
pub use console::console;
pub use endpoint::RequestView;
pub use exporter::metrics_from;
pub use future::ObsFuture;
pub use health::{health, ready};
pub use layer::ObsMiddleware;
pub use metrics::{metrics, metrics_for};
pub use service::ObsService;
pub use shutdown::serve;
