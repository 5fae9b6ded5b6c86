//! Servers of actix-web.

use std::{
    future::{Ready, poll_fn, ready},
    pin::{Pin, pin},
    task::{Context, Poll, ready as wait},
};

use actix_web::{
    App, Error, HttpResponse,
    body::{BodySize, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    test::{TestRequest, init_service},
    web::{self, Bytes},
};
use futures_util::FutureExt as _;
use obs_actix::ObsMiddleware;
use obs_tests::{DEADLINE, otlp::Receiver};
use pin_project_lite::pin_project;

use super::{AGENT, Kind, SAMPLED, UNSAMPLED, UPLOAD, allocations, at_most, builder};

/// A middleware that wraps future and body.
struct Identity;

struct IdentityService<S>(S);

pin_project! {
    struct IdentityFuture<F> {
        #[pin]
        inner: F,
    }
}

pin_project! {
    struct Wrapped<B> {
        #[pin]
        inner: B,
    }
}

impl<S, B> Transform<S, ServiceRequest> for Identity
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<Wrapped<B>>;
    type Error = Error;
    type Transform = IdentityService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(IdentityService(service)))
    }
}

impl<S, B> Service<ServiceRequest> for IdentityService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<Wrapped<B>>;
    type Error = Error;
    type Future = IdentityFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        IdentityFuture {
            inner: self.0.call(request),
        }
    }
}

impl<F: Future<Output = Result<ServiceResponse<B>, Error>>, B> Future for IdentityFuture<F> {
    type Output = Result<ServiceResponse<Wrapped<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = wait!(self.project().inner.poll(cx));
        Poll::Ready(response.map(|response| response.map_body(|_, inner| Wrapped { inner })))
    }
}

impl<B: MessageBody> MessageBody for Wrapped<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().inner.poll_next(cx)
    }
}

/// The ceiling of metrics alone.
const METRICS: f64 = 1.0;

const KINDS: [Kind<TestRequest>; 3] = [
    Kind {
        name: "a route with a parameter and a query",
        beyond: 0.0,
        echoed: 0.0,
        request: || TestRequest::get().uri("/users/7?page=2"),
    },
    Kind {
        name: "a body",
        // The body that is counted stands in a box.
        beyond: 1.0,
        echoed: 0.0,
        request: || TestRequest::post().uri("/upload").set_payload(UPLOAD),
    },
    Kind {
        name: "no route",
        beyond: 0.0,
        echoed: 0.0,
        request: || TestRequest::get().uri("/wp-login.php"),
    },
];

fn routes(config: &mut web::ServiceConfig) {
    let read = async |body: Bytes| {
        if body == UPLOAD {
            HttpResponse::Created().finish()
        } else {
            HttpResponse::BadRequest().finish()
        }
    };
    config
        .route("/users/{id}", web::get().to(async || "hello"))
        .route("/upload", web::post().to(read));
}

fn request(kind: fn() -> TestRequest, traceparent: Option<&str>) -> actix_http::Request {
    let request = kind()
        .insert_header(("host", "shop.example"))
        .insert_header(("user-agent", AGENT));
    let request = match traceparent {
        Some(parent) => request.insert_header(("traceparent", parent)),
        None => request,
    };
    request.to_request()
}

/// The app in a middleware. Its type has parts that can't be named.
macro_rules! app {
    ($middleware:expr) => {
        init_service(App::new().configure(routes).wrap($middleware))
            .now_or_never()
            .expect("no waiting")
    };
}

/// Allocations of a request to an app.
fn handled<S, B>(app: &S, kind: fn() -> TestRequest, traceparent: Option<&str>) -> f64
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let make = || request(kind, traceparent);
    allocations(make, |request| {
        let response = app
            .call(request)
            .now_or_never()
            .expect("no waiting")
            .expect("an answer");
        let mut body = pin!(response.into_body());
        let mut frame = || poll_fn(|cx| body.as_mut().poll_next(cx)).now_or_never();
        while frame().expect("no waiting").is_some() {}
    })
}

/// Every kind of request costs at most `limit` of our own, and what its kind may cost beyond.
#[track_caller]
fn each_at_most(what: &str, limit: f64, middleware: impl Fn() -> ObsMiddleware, traceparent: Option<&str>) {
    // The middleware that does nothing but metrics has no ids.
    let echoed = limit > METRICS;
    for Kind {
        name,
        beyond,
        echoed: beyond_echoed,
        request: kind,
    } in KINDS
    {
        let limit = limit + beyond + if echoed { beyond_echoed } else { 0.0 };
        let own = handled(&app!(middleware()), kind, traceparent) - handled(&app!(Identity), kind, traceparent);
        at_most(&format!("actix-web, {what}, {name}"), limit, own);
    }
}

#[test]
fn metrics_alone_cost_one() {
    let obs = builder().build().expect("valid settings");
    each_at_most(
        "metrics",
        METRICS,
        || ObsMiddleware::new().obs(&obs).logs(false).traces(false),
        None,
    );
}

#[test]
fn context_and_line_cost_two() {
    let obs = builder().build().expect("valid settings");
    let middleware = || ObsMiddleware::new().obs(&obs).traces(false);
    each_at_most("context and line", 2.0, middleware, None);
    each_at_most("context and line, in a caller's trace", 2.0, middleware, Some(SAMPLED));
}

#[test]
fn a_sampled_span_with_its_exporter_costs_four() {
    let receiver = Receiver::start();
    let obs = builder()
        .otlp_endpoint(receiver.endpoint())
        .build()
        .expect("valid settings");
    let middleware = || ObsMiddleware::new().obs(&obs);
    each_at_most("sampled, exported", 4.0, middleware, None);
    each_at_most("sampled, exported, in a caller's trace", 4.0, middleware, Some(SAMPLED));
    obs.shutdown(DEADLINE).expect("all is flushed");
    assert!(!receiver.spans().is_empty(), "the spans were meant to be exported");
}

#[test]
fn an_unsampled_request_costs_three() {
    let receiver = Receiver::start();
    let obs = builder()
        .otlp_endpoint(receiver.endpoint())
        .build()
        .expect("valid settings");
    each_at_most("unsampled", 3.0, || ObsMiddleware::new().obs(&obs), Some(UNSAMPLED));
    assert!(receiver.spans().is_empty());
}
