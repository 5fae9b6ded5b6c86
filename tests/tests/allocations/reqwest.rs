//! Clients of reqwest, answered by a middleware in the place of a network.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use http::{Extensions, Method};
use http_body::Frame;
use http_body_util::StreamBody;
use obs_reqwest::{
    ObsClientMiddleware,
    reqwest::{Client, Request, Response},
    reqwest_middleware::{self, ClientBuilder, Middleware, Next},
};
use obs_tests::{DEADLINE, otlp::Receiver};

use super::{UPLOAD, allocations, at_most, builder};

/// What kind of request, and one.
type Named = (&'static str, fn() -> Request);

/// What an answer costs more whose body is watched.
const WATCHED: f64 = 6.0;

const KINDS: [Named; 2] = [
    ("a query", || {
        request(Method::GET, "http://users.internal:8080/users/7?page=2")
    }),
    ("a body", || {
        let mut request = request(Method::POST, "http://users.internal:8080/upload");
        *request.body_mut() = Some(UPLOAD.into());
        request
    }),
];

fn request(method: Method, url: &str) -> Request {
    Request::new(method, url.parse().expect("a URL"))
}

/// Answers in the place of a network.
struct Answer(Body);

/// What an answer's body is.
#[derive(Clone, Copy)]
enum Body {
    /// Of known length, so that it is watched.
    Sized,
    /// Of unknown length.
    Streamed,
}

/// A middleware that hands on.
struct Identity;

#[async_trait::async_trait]
impl Middleware for Answer {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> reqwest_middleware::Result<Response> {
        let parts = || stream::iter([Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"hello")))]);
        let mut response = Response::from(match self.0 {
            Body::Sized => http::Response::new("hello".into()),
            Body::Streamed => http::Response::new(reqwest::Body::wrap(StreamBody::new(parts()))),
        });
        // What comes from a network has the connection in there.
        response.extensions_mut().insert("connection");
        Ok(response)
    }
}

#[async_trait::async_trait]
impl Middleware for Identity {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        next.run(request, extensions).await
    }
}

fn handled(middleware: impl Middleware, body: Body, request: fn() -> Request) -> f64 {
    let client = ClientBuilder::new(Client::new())
        .with(middleware)
        .with(Answer(body))
        .build();
    allocations(request, |request| {
        let response = client
            .execute(request)
            .now_or_never()
            .expect("no waiting")
            .expect("an answer");
        response.bytes().now_or_never().expect("no waiting").expect("a body");
    })
}

#[track_caller]
fn each_at_most(what: &str, limit: f64, middleware: impl Fn() -> ObsClientMiddleware) {
    for (name, kind) in KINDS {
        let own = |body| handled(middleware(), body, kind) - handled(Identity, body, kind);
        at_most(&format!("reqwest, {what}, {name}"), limit, own(Body::Streamed));
        at_most(
            &format!("reqwest, {what}, {name}, answer watched"),
            limit + WATCHED,
            own(Body::Sized),
        );
    }
}

#[test]
fn metrics_of_a_call_cost_six() {
    let obs = builder().build().expect("valid settings");
    each_at_most("metrics", 6.0, || ObsClientMiddleware::new().obs(&obs).traces(false));
}

#[test]
fn a_call_with_its_span_costs_eleven() {
    let receiver = Receiver::start();
    let obs = builder()
        .otlp_endpoint(receiver.endpoint())
        .build()
        .expect("valid settings");
    each_at_most("sampled, exported", 11.0, || ObsClientMiddleware::new().obs(&obs));
    obs.shutdown(DEADLINE).expect("all is flushed");
    assert!(!receiver.spans().is_empty(), "the spans were meant to be exported");
}

#[test]
fn a_call_that_is_not_sampled_costs_six() {
    let receiver = Receiver::start();
    let obs = builder()
        .otlp_endpoint(receiver.endpoint())
        .sample_ratio(0.0)
        .build()
        .expect("valid settings");
    each_at_most("unsampled", 6.0, || ObsClientMiddleware::new().obs(&obs));
    assert!(receiver.spans().is_empty());
}
