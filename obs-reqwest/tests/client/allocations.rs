//! What a recorded attempt takes from the heap, above a middleware that does nothing.

use std::io;

use http::Extensions;
use obs_reqwest::{
    ObsMiddleware, RequestBuilderExt as _,
    obs_core::{Obs, context},
    reqwest::{Request, Response},
    reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result},
};
use obs_tests::{alloc::count_allocations_of, otlp::Receiver};

use crate::support::plain;

/// The most allocations of our own, with metrics and a sampled span; the design allows 25.
const MOST: u64 = 12;

/// Does nothing.
struct Nothing;

#[async_trait::async_trait]
impl Middleware for Nothing {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        next.run(request, extensions).await
    }
}

/// Answers without a network.
struct Answers;

#[async_trait::async_trait]
impl Middleware for Answers {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        Ok(http::Response::new("hello").into())
    }
}

fn client(middleware: impl Middleware) -> ClientWithMiddleware {
    ClientBuilder::new(plain()).with(middleware).with(Answers).build()
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

#[test]
fn a_recorded_attempt_stays_within_its_allocations() {
    let receiver = Receiver::start();
    let obs = Obs::builder("shop").log_writer(io::sink()).otlp_endpoint(receiver.endpoint()).build().unwrap();
    let job = context::RequestContext::start();
    let (bare, recorded, unsampled) = context::run_in(job, || {
        let without_spans = Obs::builder("shop").log_writer(io::sink()).build().unwrap();
        let unsampled = client(ObsMiddleware::new().obs(&without_spans));
        (count(&client(Nothing)), count(&client(ObsMiddleware::new().obs(&obs))), count(&unsampled))
    });
    println!("allocations of our own: {} with a span, {} without", recorded - bare, unsampled - bare);
    assert!(recorded - bare <= MOST, "{recorded} above {bare}");
}
