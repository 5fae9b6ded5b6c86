//! What a recorded attempt takes from the heap, above a middleware that does nothing.

use std::{convert::Infallible, io};

use bytes::Bytes;
use futures_util::stream;
use http::Extensions;
use http_body::Frame;
use http_body_util::StreamBody;
use obs_reqwest::{
    ObsClientMiddleware, RequestBuilderExt as _,
    obs_core::{Obs, context},
    reqwest::{self, Request, Response},
    reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result},
};
use obs_tests::{alloc::count_allocations_of, otlp::Receiver};

use crate::support::plain;

/// The most allocations of our own, with metrics and a sampled span; the design allows 25.
const MOST: u64 = 12;
/// How many more an answer takes whose body is watched: three boxes around the body, three for the URL.
const WATCHED: u64 = 6;

/// Does nothing.
struct Nothing;

#[async_trait::async_trait]
impl Middleware for Nothing {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        next.run(request, extensions).await
    }
}

/// Answers without a network.
struct Answers(Body);

#[derive(Clone, Copy)]
enum Body {
    /// Of known length.
    Sized,
    /// Of unknown length.
    Streamed,
}

#[async_trait::async_trait]
impl Middleware for Answers {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
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

fn client(middleware: impl Middleware, body: Body) -> ClientWithMiddleware {
    ClientBuilder::new(plain()).with(middleware).with(Answers(body)).build()
}

/// The steady count of one attempt within a request.
fn count(http: &ClientWithMiddleware) -> u64 {
    let once = || {
        let request = http.get("http://users.internal/users/7?page=2").target("/users/{id}");
        count_allocations_of(request.send()).1.count
    };
    // So that what is made once does not count.
    (0..50).for_each(|_| {
        once();
    });
    (0..20).map(|_| once()).max().unwrap()
}

/// The most that attempts with such an answer take of their own: with a span, and without.
fn own(body: Body) -> (u64, u64) {
    let receiver = Receiver::start();
    let obs = Obs::builder("shop")
        .log_writer(io::sink())
        .otlp_endpoint(receiver.endpoint())
        .build()
        .unwrap();
    let job = context::RequestContext::start();
    context::run_in(job, || {
        let without_spans = Obs::builder("shop").log_writer(io::sink()).build().unwrap();
        let bare = count(&client(Nothing, body));
        let recorded = count(&client(ObsClientMiddleware::new().obs(&obs), body));
        let unsampled = count(&client(ObsClientMiddleware::new().obs(&without_spans), body));
        (recorded - bare, unsampled - bare)
    })
}

#[test]
fn a_recorded_attempt_stays_within_its_allocations() {
    let (recorded, unsampled) = own(Body::Streamed);
    println!("allocations of our own: {recorded} with a span, {unsampled} without");
    assert!(recorded <= MOST, "{recorded}");
}

#[test]
fn an_answer_whose_body_is_watched_takes_six_allocations_more() {
    let (watched, other) = (own(Body::Sized), own(Body::Streamed));
    assert!(
        watched.0 <= other.0 + WATCHED && watched.1 <= other.1 + WATCHED,
        "{watched:?} {other:?}"
    );
}
