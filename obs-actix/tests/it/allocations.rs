//! What the middleware takes from the heap for each request, above a middleware that does nothing.

use std::{
    future::{Ready, ready},
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    App, Error,
    body::{BodySize, MessageBody, to_bytes},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    test::init_service,
};
use futures_util::FutureExt as _;
use obs_actix::{
    ObsMiddleware,
    obs_core::{Obs, logs::LogFormat, metrics::Registry},
};
use obs_tests::alloc::count_allocations;

use crate::support::{get, hello};

const RUNS: usize = 50;

/// Wraps service and body and does nothing.
struct Identity;

struct IdentityService<S> {
    inner: S,
}

pin_project_lite::pin_project! {
    struct IdentityFuture<F> {
        #[pin]
        inner: F,
    }
}

pin_project_lite::pin_project! {
    struct IdentityBody<B> {
        #[pin]
        inner: B,
    }
}

impl<S, B> Transform<S, ServiceRequest> for Identity
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<IdentityBody<B>>;
    type Error = Error;
    type Transform = IdentityService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(IdentityService { inner: service }))
    }
}

impl<S, B> Service<ServiceRequest> for IdentityService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<IdentityBody<B>>;
    type Error = Error;
    type Future = IdentityFuture<S::Future>;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        IdentityFuture {
            inner: self.inner.call(request),
        }
    }
}

impl<F, B> Future for IdentityFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = Result<ServiceResponse<IdentityBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = std::task::ready!(self.project().inner.poll(cx));
        Poll::Ready(response.map(|response| response.map_body(|_, inner| IdentityBody { inner })))
    }
}

impl<B: MessageBody> MessageBody for IdentityBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<actix_web::web::Bytes, Self::Error>>> {
        self.project().inner.poll_next(cx)
    }
}

/// The allocations of one request in the steady state, on a path that comes again and on one that is
/// new each time: the middle of many runs. A macro, as the router's type has no public name.
macro_rules! steady {
    ($middleware:expr) => {{
        let app = App::new()
            .wrap($middleware)
            .configure(hello("/health"))
            .configure(hello("/users/{id}"));
        let app = init_service(app).await;
        [|_| 7, |run| 1_000 + run].map(|id: fn(usize) -> usize| {
            middle((0..2 * RUNS).map(|run| {
                let request = get(&format!("/users/{}", id(run)))
                    .peer_addr("192.0.2.7:4711".parse().unwrap())
                    .insert_header(("host", "shop.example"))
                    .insert_header(("user-agent", "test"))
                    .to_request();
                let ((), counted) = count_allocations(|| {
                    let body = app.call(request).now_or_never().unwrap().unwrap().into_body();
                    assert!(to_bytes(body).now_or_never().unwrap().is_ok());
                });
                counted.count
            }))
        })
    }};
}

/// The middle count once all tables are made.
fn middle(counts: impl Iterator<Item = u64>) -> u64 {
    let mut counts: Vec<u64> = counts.skip(RUNS).collect();
    counts.sort_unstable();
    counts[counts.len() / 2]
}

fn instance(ratio: f64) -> Obs {
    // A collector that is not there: spans are exported as far as the wire.
    Obs::builder("test")
        .registry(Registry::new())
        .log_format(LogFormat::Json)
        .log_writer(std::io::sink())
        .otlp_endpoint("http://127.0.0.1:9")
        .sample_ratio(ratio)
        .build()
        .unwrap()
}

#[actix_web::test]
async fn own_allocations_stay_within_the_budget() {
    let (sampled, unsampled) = (instance(1.0), instance(0.0));
    let bare = steady!(Identity);
    for (what, middleware, most) in [
        (
            "metrics only",
            ObsMiddleware::new().obs(&sampled).logs(false).traces(false),
            [1, 3],
        ),
        (
            "metrics and line",
            ObsMiddleware::new().obs(&sampled).traces(false),
            [3, 5],
        ),
        // One of them is the remote context that keeps other OpenTelemetry code from starting a trace.
        ("all three, unsampled", ObsMiddleware::new().obs(&unsampled), [4, 6]),
        ("all three, sampled", ObsMiddleware::new().obs(&sampled), [8, 10]),
    ] {
        let counted = steady!(middleware);
        let own = [counted[0] - bare[0], counted[1] - bare[1]];
        println!("{what}: {own:?}, bare: {bare:?}");
        assert!(
            own[0] <= most[0] && own[1] <= most[1],
            "{what}: {own:?}, at most {most:?}"
        );
    }
}
