//! How many heap allocations a request costs us: above a layer that does nothing but wrap the body,
//! as any layer that watches a body must.
//!
//! Requests are handled in the process, on one thread whose allocations are counted, once everything
//! that is made lazily is there. Requests are built beforehand; answers are read to their end. The
//! exporter and the writer of lines work on threads of their own.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests: what can't go on fails the test; the figures are told, also where they are good"
)]

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use bytes::Bytes;
use futures_util::{FutureExt as _, future::poll_fn};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use obs_axum::ObsLayer;
use obs_core::{Obs, logs::LogFormat};
use obs_tests::{DEADLINE, alloc::count_allocations, otlp::Receiver, spans::SpanBuffer};
use tower::Service;
use tower_layer::layer_fn;

const WARM_UP: usize = 3_000;
const REQUESTS: usize = 2_000;
const SAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// A body that hands on what another one has.
struct Wrapped<B>(B);

impl<B: http_body::Body + Unpin> http_body::Body for Wrapped<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// A service that wraps the body.
#[derive(Clone)]
struct Identity<S>(S);

/// A future that wraps the body.
struct IdentityFuture<F>(F);

impl<S: Service<Request<Body>, Response = Response<Body>>> Service<Request<Body>> for Identity<S>
where
    S::Future: Unpin,
{
    type Response = Response<Wrapped<Body>>;
    type Error = S::Error;
    type Future = IdentityFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        IdentityFuture(self.0.call(request))
    }
}

impl<F: Future<Output = Result<Response<Body>, E>> + Unpin, E> Future for IdentityFuture<F> {
    type Output = Result<Response<Wrapped<Body>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).map(|response| response.map(Wrapped)))
    }
}

fn routes() -> Router {
    let read = |body: Bytes| async move { if body.len() == 10 { "read" } else { "what?" } };
    Router::new().route("/users/{id}", get(async || "hello")).route("/upload", post(read))
}

fn user(traceparent: Option<&str>) -> Request<Body> {
    let request = Request::get("/users/7")
        .header("host", "shop.example")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36");
    let request = match traceparent {
        Some(parent) => request.header("traceparent", parent),
        None => request,
    };
    request.body(Body::empty()).expect("a request")
}

fn upload() -> Request<Body> {
    Request::post("/upload").header("content-length", "10").body(Body::from("0123456789")).expect("a request")
}

/// Allocations of one request, on average to two decimals: buffers that grow now and then count.
fn allocations(router: Router, request: impl Fn() -> Request<Body>) -> f64 {
    let mut service = router.with_state(()).into_service::<Body>();
    let mut requests: Vec<_> = (0..WARM_UP + REQUESTS).map(|_| request()).collect();
    let mut handle = move || {
        let request = requests.pop().expect("as many requests as are handled");
        let response: Result<_, Infallible> = service.call(request).now_or_never().expect("no waiting");
        let mut body = response.expect("an answer").into_body();
        let mut frame = || poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).now_or_never();
        while frame().expect("no waiting").is_some() {}
    };
    (0..WARM_UP).for_each(|_| handle());
    let ((), counted) = count_allocations(|| (0..REQUESTS).for_each(|_| handle()));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let each = counted.count as f64 / REQUESTS as f64;
    (each * 100.0).round() / 100.0
}

/// Allocations of our own: with the layer, less those with the layer that does nothing.
fn own(layer: ObsLayer, request: impl Fn() -> Request<Body>) -> f64 {
    let baseline = allocations(routes().layer(layer_fn(Identity)), &request);
    allocations(routes().layer(layer), request) - baseline
}

fn builder() -> obs_core::ObsBuilder {
    Obs::builder("allocations").version("1.0.0").log_format(LogFormat::Json).log_writer(std::io::sink())
}

#[track_caller]
fn at_most(what: &str, limit: f64, own: f64) {
    println!("{what}: {own} allocations of our own, at most {limit}");
    assert!(own <= limit, "{what}: {own} allocations of our own, at most {limit}");
}

#[test]
fn metrics_alone_cost_none() {
    let obs = builder().build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs).logs(false).traces(false);
    at_most("metrics only", 0.0, own(layer(), || user(None)));
    at_most("metrics only, with a body", 1.0, own(layer(), upload));
}

#[test]
fn context_and_line_cost_two() {
    let obs = builder().build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs).traces(false);
    at_most("with context and line", 2.0, own(layer(), || user(None)));
    at_most("with context and line, in a caller's trace", 2.0, own(layer(), || user(Some(SAMPLED))));
    at_most("with context and line, with a body", 3.0, own(layer(), upload));
}

#[test]
fn a_sampled_span_with_its_exporter_costs_eight() {
    let receiver = Receiver::start();
    let obs = builder().otlp_endpoint(receiver.endpoint()).build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs);
    at_most("sampled, exported", 8.0, own(layer(), || user(None)));
    at_most("sampled, exported, in a caller's trace", 8.0, own(layer(), || user(Some(SAMPLED))));
    obs.shutdown(DEADLINE).expect("all is flushed");
    assert!(!receiver.spans().is_empty(), "the spans were meant to be exported");
}

#[test]
fn pushing_metrics_costs_no_more() {
    let receiver = Receiver::start();
    let builder = builder().otlp_endpoint(receiver.endpoint()).otlp_metrics(true).otlp_opt_in_metrics(true);
    let obs = builder.build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs);
    at_most("metrics only, pushed", 0.0, own(layer().logs(false).traces(false), || user(None)));
    at_most("sampled, exported, metrics pushed", 8.0, own(layer(), || user(None)));
    obs.shutdown(DEADLINE).expect("all is flushed");
    assert!(!receiver.metrics().is_empty(), "the metrics were meant to be pushed");
}

#[test]
fn an_unsampled_request_costs_three() {
    let receiver = Receiver::start();
    let obs = builder().otlp_endpoint(receiver.endpoint()).build().expect("valid settings");
    at_most("unsampled", 3.0, own(ObsLayer::new().obs(&obs), || user(Some(UNSAMPLED))));
    let none = builder().otlp_endpoint(receiver.endpoint()).sample_ratio(0.0).build().expect("valid settings");
    at_most("unsampled by ratio", 3.0, own(ObsLayer::new().obs(&none), || user(None)));
    assert!(receiver.spans().is_empty());
}

#[test]
fn what_may_be_kept_costs_no_more_until_it_is() {
    let receiver = Receiver::start();
    let builder = builder().otlp_endpoint(receiver.endpoint()).sample_ratio(0.0);
    let keeping = builder.keep_errors(true).keep_slower_than(DEADLINE);
    let obs = keeping.build().expect("valid settings");
    at_most("unsampled, to be kept if it fails", 3.0, own(ObsLayer::new().obs(&obs), || user(None)));
    assert!(receiver.spans().is_empty());
}

/// What the user's own provider does counts here as if it were ours.
#[test]
fn a_span_of_another_provider_costs_eight() {
    let obs = builder().tracer_provider(SpanBuffer::new().provider()).build().expect("valid settings");
    at_most("sampled, another's provider", 8.0, own(ObsLayer::new().obs(&obs), || user(Some(SAMPLED))));
}
