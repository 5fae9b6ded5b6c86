//! Servers of axum.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    Router,
    body::Body,
    extract::Path,
    routing::{get, post},
};
use bytes::Bytes;
use futures_util::{FutureExt as _, future::poll_fn};
use http::{Request, Response, request};
use http_body::{Frame, SizeHint};
use obs_axum::ObsLayer;
use obs_tests::{DEADLINE, otlp::Receiver, spans::SpanBuffer};
use tower::Service;
use tower_layer::layer_fn;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{AGENT, Kind, SAMPLED, UNSAMPLED, UPLOAD, allocations, at_most, builder};

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
    Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/upload", post(read))
        .route("/frames/{count}", get(frames))
}

/// A body of so many frames.
async fn frames(Path(count): Path<usize>) -> Body {
    let frames = (0..count).map(|_| Ok::<_, Infallible>(Bytes::from_static(b"frame")));
    Body::from_stream(futures_util::stream::iter(frames))
}

/// The ceiling of metrics alone.
const METRICS: f64 = 0.0;

const KINDS: [Kind<request::Builder>; 3] = [
    Kind {
        name: "a route with a parameter and a query",
        beyond: 0.0,
        echoed: 0.0,
        request: || Request::get("/users/7?page=2"),
    },
    Kind {
        name: "a body",
        // The body that is counted stands in a box.
        beyond: 1.0,
        echoed: 0.0,
        request: || Request::post("/upload").header("content-length", UPLOAD.len()),
    },
    Kind {
        name: "no route",
        beyond: 0.0,
        // The answer has no headers: the first one makes the map and its table.
        echoed: 2.0,
        request: || Request::get("/wp-login.php"),
    },
];

fn request(kind: fn() -> request::Builder, traceparent: Option<&str>) -> Request<Body> {
    let request = kind().header("host", "shop.example").header("user-agent", AGENT);
    let request = match traceparent {
        Some(parent) => request.header("traceparent", parent),
        None => request,
    };
    let is_post = request.method_ref() == Some(&http::Method::POST);
    request
        .body(if is_post { Body::from(UPLOAD) } else { Body::empty() })
        .expect("a request")
}

fn handled(router: Router, request: impl Fn() -> Request<Body>) -> f64 {
    let mut service = router.with_state(()).into_service::<Body>();
    allocations(request, |request| {
        let response: Result<_, Infallible> = service.call(request).now_or_never().expect("no waiting");
        let mut body = response.expect("an answer").into_body();
        let mut frame = || poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).now_or_never();
        while frame().expect("no waiting").is_some() {}
    })
}

/// Allocations of our own: with the layer, less those with the layer that does nothing.
fn own(layer: ObsLayer, request: impl Fn() -> Request<Body>) -> f64 {
    let baseline = handled(routes().layer(layer_fn(Identity)), &request);
    handled(routes().layer(layer), request) - baseline
}

/// Every kind of request costs at most `limit`, and what its kind may cost beyond.
#[track_caller]
fn each_at_most(what: &str, limit: f64, layer: impl Fn() -> ObsLayer, traceparent: Option<&str>) {
    // The layer that does nothing but metrics has no ids.
    let echoed = limit > METRICS;
    for Kind {
        name,
        beyond,
        echoed: beyond_echoed,
        request: kind,
    } in KINDS
    {
        let limit = limit + beyond + if echoed { beyond_echoed } else { 0.0 };
        let own = own(layer(), || request(kind, traceparent));
        at_most(&format!("axum, {what}, {name}"), limit, own);
    }
}

#[test]
fn metrics_alone_cost_none() {
    let obs = builder().build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs).logs(false).traces(false);
    each_at_most("metrics", METRICS, layer, None);
    each_at_most("metrics, in a caller's trace", METRICS, layer, Some(SAMPLED));
}

#[test]
fn context_and_line_cost_one() {
    let obs = builder().build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs).traces(false);
    each_at_most("context and line", 1.0, layer, None);
    each_at_most("context and line, in a caller's trace", 1.0, layer, Some(SAMPLED));
    each_at_most(
        "context and line, in a caller's trace that is not sampled",
        1.0,
        layer,
        Some(UNSAMPLED),
    );
}

#[test]
fn a_sampled_span_with_its_exporter_costs_three() {
    let receiver = Receiver::start();
    let obs = builder()
        .otlp_endpoint(receiver.endpoint())
        .build()
        .expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs);
    each_at_most("sampled, exported", 3.0, layer, None);
    each_at_most("sampled, exported, in a caller's trace", 3.0, layer, Some(SAMPLED));
    obs.shutdown(DEADLINE).expect("all is flushed");
    assert!(!receiver.spans().is_empty(), "the spans were meant to be exported");
}

#[test]
fn pushing_metrics_costs_no_more() {
    let receiver = Receiver::start();
    let builder = builder()
        .otlp_endpoint(receiver.endpoint())
        .otlp_metrics(true)
        .otlp_opt_in_metrics(true);
    let obs = builder.build().expect("valid settings");
    let layer = || ObsLayer::new().obs(&obs);
    each_at_most(
        "metrics only, pushed",
        METRICS,
        || layer().logs(false).traces(false),
        None,
    );
    each_at_most("sampled, exported, metrics pushed", 3.0, layer, None);
    obs.shutdown(DEADLINE).expect("all is flushed");
    assert!(!receiver.metrics().is_empty(), "the metrics were meant to be pushed");
}

#[test]
fn an_unsampled_request_costs_two() {
    let receiver = Receiver::start();
    let obs = builder()
        .otlp_endpoint(receiver.endpoint())
        .build()
        .expect("valid settings");
    each_at_most("unsampled", 2.0, || ObsLayer::new().obs(&obs), Some(UNSAMPLED));
    let none = builder()
        .otlp_endpoint(receiver.endpoint())
        .sample_ratio(0.0)
        .build()
        .expect("valid settings");
    each_at_most("unsampled by ratio", 2.0, || ObsLayer::new().obs(&none), None);
    assert!(receiver.spans().is_empty());
}

#[test]
fn a_frame_of_a_body_costs_none() {
    let obs = builder().build().expect("valid settings");
    let of = |kind| own(ObsLayer::new().obs(&obs), || request(kind, None));
    let (one, many) = (of(|| Request::get("/frames/1")), of(|| Request::get("/frames/100")));
    at_most("axum, 99 frames more", 0.0, many - one);
}

#[test]
fn what_may_be_kept_costs_no_more_until_it_is() {
    let receiver = Receiver::start();
    let builder = builder().otlp_endpoint(receiver.endpoint()).sample_ratio(0.0);
    let keeping = builder.keep_errors(true).keep_slower_than(DEADLINE);
    let obs = keeping.build().expect("valid settings");
    each_at_most(
        "unsampled, to be kept if it fails",
        2.0,
        || ObsLayer::new().obs(&obs),
        None,
    );
    assert!(receiver.spans().is_empty());
}

/// What the user's own provider does counts here as if it were ours.
#[test]
fn a_span_of_another_provider_costs_seven() {
    let obs = builder()
        .tracer_provider(SpanBuffer::new().provider())
        .build()
        .expect("valid settings");
    each_at_most(
        "sampled, another's provider",
        7.0,
        || ObsLayer::new().obs(&obs),
        Some(SAMPLED),
    );
}

/// Why no request has a span of `tracing` unless somebody wants its fields.
#[test]
fn a_span_that_handlers_record_fields_on_costs_five() {
    let obs = builder().request_fields(["user_id"]).build().expect("valid settings");
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    let _default = tracing::subscriber::set_default(subscriber);
    each_at_most(
        "context, line and span of tracing",
        5.0,
        || ObsLayer::new().obs(&obs).traces(false),
        None,
    );
}
