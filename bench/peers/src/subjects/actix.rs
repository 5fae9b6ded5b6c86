//! Services of actix-web: the routes, the requests, and ours.

use std::{
    error::Error,
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, ready as try_ready},
};

use actix_http::Request;
use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    test::TestRequest,
    web,
};
use obs_actix::ObsMiddleware;
use pin_project_lite::pin_project;

use super::Subject;
use crate::{
    harness::{Aim, Tally, measure, ready},
    load::{Kind, Load},
    telemetry::Instance,
};

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
/// The body of a POST.
const UPLOAD: &[u8] = b"0123456789";

/// The subject whose app is made by this: the type of an app depends on what wraps it.
macro_rules! app {
    ($($middleware:expr),* ; $tally:expr) => {{
        let system = actix_web::rt::System::new();
        let app = actix_web::App::new().configure($crate::subjects::actix::routes)$(.wrap($middleware))*;
        let service = system.block_on(actix_web::test::init_service(app));
        $crate::subjects::actix::subject(system, service, $tally)
    }};
}

pub(super) use app;

/// Runs an app; its runtime lives as long as it does.
pub fn subject<S, B>(system: actix_web::rt::SystemRunner, service: S, tally: Tally) -> Subject
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    let run = move |aim: Aim, load: Load| {
        system.block_on(async { measure(aim, |_| request(load), |request| handle(&service, request)) })
    };
    Subject::new(run, tally)
}

pub fn routes(config: &mut web::ServiceConfig) {
    let read = async |body: web::Bytes| {
        if body == UPLOAD { HttpResponse::Created().finish() } else { HttpResponse::BadRequest().finish() }
    };
    config
        .route("/users/{id}", web::get().to(async |_: web::Path<u64>| "hello world"))
        .route("/upload", web::post().to(read));
}

fn request(load: Load) -> Request {
    let request = match load {
        Load::Plain(Kind::Post, _) => TestRequest::post().uri("/upload").set_payload(UPLOAD),
        Load::Plain(Kind::Unmatched, _) => TestRequest::get().uri("/wp-login.php"),
        _ => TestRequest::get().uri("/users/7?page=2"),
    };
    let request = request
        .insert_header(("host", "shop.example:8080"))
        .insert_header(("user-agent", AGENT))
        .insert_header(("accept", "*/*"));
    let request = match load.parent().traceparent() {
        Some(traceparent) => request.insert_header(("traceparent", traceparent)),
        None => request,
    };
    request.to_request()
}

/// Handles one request to the end of its answer.
fn handle<S, B>(service: &S, request: Request)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let Ok(response) = ready(service.call(request)) else {
        return;
    };
    let mut body = pin!(response.into_body());
    // As actix-http does: nobody polls a body that is empty.
    if matches!(body.size(), BodySize::None | BodySize::Sized(0)) {
        return;
    }
    while ready(poll_fn(|cx| body.as_mut().poll_next(cx))).is_some() {}
}

pub fn bare() -> Result<Subject, Box<dyn Error>> {
    Ok(app!(; Tally::default()))
}

pub fn identity() -> Result<Subject, Box<dyn Error>> {
    Ok(app!(Identity; Tally::default()))
}

pub fn metrics() -> Result<Subject, Box<dyn Error>> {
    ours(|middleware| middleware.logs(false).traces(false))
}

pub fn metrics_and_line() -> Result<Subject, Box<dyn Error>> {
    ours(|middleware| middleware.traces(false))
}

pub fn all() -> Result<Subject, Box<dyn Error>> {
    ours(|middleware| middleware)
}

fn ours(set: fn(ObsMiddleware) -> ObsMiddleware) -> Result<Subject, Box<dyn Error>> {
    let tally = Instance::start(1.0)?.tally("http_requests_total");
    Ok(app!(set(ObsMiddleware::new()); tally))
}

/// The baseline: wraps the future and the body, and does nothing.
struct Identity;

struct IdentityService<S>(Rc<S>);

pin_project! {
    struct IdentityFuture<F> {
        #[pin]
        inner: F,
    }
}

pin_project! {
    pub struct IdentityBody<B> {
        #[pin]
        inner: B,
    }
}

// === impl Identity ===

impl<S, B> Transform<S, ServiceRequest> for Identity
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<IdentityBody<B>>;
    type Error = actix_web::Error;
    type Transform = IdentityService<S>;
    type InitError = ();
    type Future = std::future::Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        std::future::ready(Ok(IdentityService(Rc::new(service))))
    }
}

// === impl IdentityService ===

impl<S, B> Service<ServiceRequest> for IdentityService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
{
    type Response = ServiceResponse<IdentityBody<B>>;
    type Error = actix_web::Error;
    type Future = IdentityFuture<S::Future>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        IdentityFuture { inner: self.0.call(request) }
    }
}

// === impl IdentityFuture ===

impl<F, B> Future for IdentityFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, actix_web::Error>>,
{
    type Output = Result<ServiceResponse<IdentityBody<B>>, actix_web::Error>;

    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = try_ready!(self.project().inner.poll(cx));
        Poll::Ready(response.map(|response| response.map_body(|_, inner| IdentityBody { inner })))
    }
}

// === impl IdentityBody ===

impl<B: MessageBody> MessageBody for IdentityBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<web::Bytes, Self::Error>>> {
        self.project().inner.poll_next(cx)
    }
}
