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
//! Inside of a request or job that obs watches, the call belongs to its trace; elsewhere it starts
//! one. Nothing has to be initialised, and `client` also finds the instance of an
//! `ObsBuilder::build()` by the request that it is called in.
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
//! `target` is the template given by [`RequestBuilderExt::target`], else empty: the URL's path never
//! becomes a label. `host` is the URL's host without its port, from the closed list of
//! [`ObsMiddleware::hosts`] if there is one, else capped. `status` is empty where there was no answer.
//! A 4xx answer is an error of the client, with the status as its `error_type`; without an answer
//! the `error_type` is one of `connect`, `timeout`, `tls`, `dns`, `body`, `redirect`, `request` and
//! `_OTHER`. A future that is dropped before its answer is `cancelled`, which is no error; so is one
//! that a `tokio::time::timeout` around it gives up, while reqwest's own timeout is a `timeout`.
//!
//! An answer with a body of known length is recorded with the end of that body, or when it is dropped;
//! any other with its head. Time, span and gauge stop at the head in either case. An answer that is no
//! error, but whose body fails or ends early, is a `body_error` with the same word as its `error_type`;
//! one whose body is dropped before its end counts by its status. For this, the body of such an answer
//! is wrapped: an error of it has two [`reqwest::Error`]s more among its sources. A gRPC call lasts until
//! its trailers, and has their status.
//!
//! Each attempt has a client span, from its start to the head of its answer, with the attributes of
//! the stable HTTP conventions of OpenTelemetry 1.44. `traceparent`, `tracestate` and `baggage` are
//! sent from inside that span: the parent id that the other service sees is the attempt's own,
//! recorded or not. `url.full` has neither credentials nor the values of sensitive query keys.
//!
//! # With retries
//!
//! Put [`ObsMiddleware`] after the middleware that retries: then each attempt has a span and a count
//! of its own, and the spans of retries carry `http.request.resend_count`. Put before it, it sees
//! one long request.
//!
//! ```
//! use obs_reqwest::{ObsMiddleware, reqwest, reqwest_middleware::ClientBuilder};
//! use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
//!
//! let retry = RetryTransientMiddleware::new_with_policy(ExponentialBackoff::builder().build_with_max_retries(3));
//! let http = ClientBuilder::new(reqwest::Client::new()).with(retry).with(ObsMiddleware::new()).build();
//! ```
//!
//! # What a middleware can't see
//!
//! - The end of a body whose length the server doesn't declare, or that reqwest decompresses: that it
//!   breaks off after its head shows as an error to the caller only.
//! - Redirects: reqwest follows them within one request. Host and URL are those that were asked for,
//!   time and status those of the last answer, and the headers above go to every hop on the way.
//!   Where that matters, build the client with `redirect::Policy::none()`.
//!
//! TLS is the application's choice: this crate switches on no feature of reqwest, so name what you
//! need in your own dependency on it.

mod body;
mod error;
mod ext;
mod middleware;
mod request;
mod response;

pub use {obs_core, reqwest, reqwest_middleware};

#[doc(inline)]
pub use obs_http::Target;

pub use ext::RequestBuilderExt;
pub use middleware::{ObsMiddleware, client};
