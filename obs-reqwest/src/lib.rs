//! Trace context, client spans and RED metrics for [`reqwest`].
//!
//! ```no_run
//! use obs_reqwest::{RequestBuilderExt, reqwest};
//!
//! # async fn handler() -> Result<(), obs_reqwest::reqwest_middleware::Error> {
//! let http = obs_reqwest::client(reqwest::Client::new());
//! let user = http.get("http://users.internal/users/7").target("/users/{id}").send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Within a request or job that obs observes, the call belongs to its trace; elsewhere it starts
//! a new one. No initialisation is required, and `client` finds the instance of an
//! `ObsBuilder::build()` through the request in which it is called.
//!
//! # What is recorded
//!
//! | metric | type | unit | labels |
//! |---|---|---|---|
//! | `http_client_requests_total` | counter | attempts | `method, host, target, status, outcome` |
//! | `http_client_request_duration_seconds` | histogram | seconds | `method, host, target, status` |
//! | `http_client_errors_total` | counter | attempts | `method, host, target, error_type` |
//! | `http_client_requests_in_flight` | gauge | attempts | `method, host, target` |
//!
//! `target` is the template given by [`RequestBuilderExt::target`], else empty: the URL's path
//! never becomes a label. `host` is the URL's host without its port, from the list of
//! [`ObsClientMiddleware::hosts`] if there is one; otherwise the number of hosts is limited. `status`
//! is empty without a response. A 4xx response is an error of the client, with the status as its
//! `error_type`; without a response the `error_type` is one of `connect`, `timeout`, `tls`,
//! `dns`, `body`, `redirect`, `request` and `_OTHER`. A future that is dropped before the
//! response is `cancelled`, which is not an error; that includes a `tokio::time::timeout` around
//! it, while reqwest's own timeout is a `timeout`.
//!
//! A response with a body of known length is recorded at the end of that body, or when it is
//! dropped; any other with its head. Duration, span and gauge end with the head in either case. A
//! response that is not an error, but whose body fails or is too short, is a `body_error` with
//! the same values of `error_type`; one whose body is dropped before its end is recorded by its
//! status. Such a body is wrapped, so that an error of it has two more [`reqwest::Error`]s among
//! its sources. A gRPC call ends with its trailers, and has their status.
//!
//! Each attempt has a client span, from its start to the head of the response, with the
//! attributes of the stable HTTP conventions of OpenTelemetry 1.44. `traceparent`, `tracestate`
//! and `baggage` name that span as the parent, whether it is sampled or not. `url.full` has
//! neither credentials nor values of sensitive query keys.
//!
//! # With retries
//!
//! Put [`ObsClientMiddleware`] after the retry middleware: each attempt is then recorded separately,
//! and the spans of retries have `http.request.resend_count`. Before it, it would record one long
//! request.
//!
//! ```
//! use obs_reqwest::{ObsClientMiddleware, reqwest, reqwest_middleware::ClientBuilder};
//! use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
//!
//! let retry = RetryTransientMiddleware::new_with_policy(ExponentialBackoff::builder().build_with_max_retries(3));
//! let http = ClientBuilder::new(reqwest::Client::new()).with(retry).with(ObsClientMiddleware::new()).build();
//! ```
//!
//! # reqwest 0.12
//!
//! This crate is for reqwest 0.13 and reqwest-middleware 0.5; a client of reqwest 0.12 has other
//! types, and does not compile with it. Such a client is a service for
//! `obs_axum::ObsClientLayer`, which records the same and needs no axum:
//!
//! ```toml
//! http = "1"
//! obs-axum = { version = "0.1", default-features = false }
//! tower = { version = "0.5", features = ["util"] }
//! ```
//!
//! ```ignore
//! let send = move |request: http::Request<reqwest::Body>| {
//!     let client = client.clone();
//!     async move { client.execute(request.try_into()?).await.map(http::Response::from) }
//! };
//! let mut http = ServiceBuilder::new().layer(ObsClientLayer::new()).service_fn(send);
//! let request = http::Request::get(url).extension(Target::new("/orders/{id}")).body(reqwest::Body::default())?;
//! let response = http.ready().await?.call(request).await?;
//! ```
//!
//! To send the trace headers alone, give
//! [`propagation::inject`](obs_core::propagation::inject) a closure that adds a header to the
//! request.
//!
//! # What a middleware can't see
//!
//! - The end of a body whose length the server does not declare, or that reqwest decompresses: if
//!   it fails after the head, only the caller sees the error.
//! - Redirects: reqwest follows them within one request. Host and URL are those of the first
//!   request, duration and status those of the last response, and every hop receives the headers
//!   above. If that matters, build the client with `redirect::Policy::none()`.
//!
//! TLS is the application's choice: this crate enables no feature of reqwest, so enable what is
//! needed in your own dependency on it.
//!
//! # Features
//!
//! All but those of the framework are passed on to [`obs_core`]. What the settings ask for and the build lacks is said at
//! the start, with the name of the feature.
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `otlp-http` | on | Export by OTLP over HTTP/protobuf. |
//! | `otlp-grpc` | off | Export by OTLP over gRPC. |
//! | `otlp-tls` | off | `https` for OTLP, by rustls and ring, with the system's certificates. |
//! | `otlp-logs` | off | Log records by OTLP, besides the lines; needs a transport. |
//! | `otlp-metrics` | off | Metrics by OTLP, besides the page; needs a transport. |
//! | `serve-metrics` | off | The metrics page on an address of its own: `ObsBuilder::serve_metrics`. |
//! | `process` | off | `process_*` metrics: processor time, memory, file descriptors, threads. |
//! | `tokio-metrics` | off | `tokio_*` metrics of runtimes: tasks, queues, busy time. |
//! | `prometheus-exporter` | off | `metrics_from`: the page of `metrics-exporter-prometheus`. |
//! | `gzip` | off | gzip compression of the metrics page, and of what is exported by OTLP. |
//! | `zstd` | off | zstd compression of the metrics page; compiles C. |
//! | `definition` | off | `Obs::from_definition`: the service's settings from `obs.yaml`. |
//! | `span-filter` | off | Directives of `RUST_LOG` that name spans, as in `shop[order{id=7}]=debug`; compiles regular expressions. |
//! | `log-rotation` | off | Log files that are rotated by the hour, day or week. |
//! | `tokio` | off | Health checks and the graceful shutdown, on a tokio runtime. |

mod body;
mod error;
mod ext;
mod middleware;
mod request;
mod response;
mod view;

pub use {obs_core, reqwest, reqwest_middleware};

#[doc(inline)]
pub use obs_http::Target;

pub use ext::RequestBuilderExt;
pub use middleware::{ObsClientMiddleware, client};
pub use view::RequestView;

// The name in the design's contract. It is that of obs-actix's middleware, which many services have beside it.
#[doc(hidden)]
pub use middleware::ObsClientMiddleware as ObsMiddleware;
