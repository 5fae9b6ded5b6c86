//! actix-web with our middleware on it, as the scenario table wants to have it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    pin::Pin,
    sync::mpsc::{self, Receiver},
    task::{Context, Poll},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_files::NamedFile;
use actix_web::{
    App, Error, HttpResponse, ResponseError,
    body::{BodySize, BodyStream, MessageBody},
    dev::{ServerHandle, ServiceRequest, ServiceResponse},
    error::ErrorBadGateway,
    http::StatusCode,
    middleware::{Condition, Next, from_fn},
    rt::System,
    web::{self, Bytes, Payload, ServiceConfig},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use obs_actix::ObsMiddleware;
use obs_core::{Obs, StreamGuard};
use obs_tests::{
    apply_settings,
    scenario::{
        Adapter, Content, Does, Failing, Plan, REPLACED, Reply, Route, ScriptedBody, ServiceFailure, Serving,
        UPGRADED_FOR,
    },
};
use pin_project_lite::pin_project;
use tracing::{Dispatch, dispatcher, instrument::WithSubscriber as _};

/// How long a server waits for a client: longer than a client for a server.
const PATIENCE: Duration = Duration::from_secs(120);

/// An application with our middleware around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Actix;

/// What each worker makes its application of.
#[derive(Clone)]
struct Blueprint {
    middleware: ObsMiddleware,
    routes: Vec<Route>,
    page: Option<(&'static str, Option<Obs>)>,
    subscriber: Option<Dispatch>,
    nested: bool,
    replaces_bodies: bool,
}

/// A server on a thread of its own.
struct ActixServer {
    addr: SocketAddr,
    handle: ServerHandle,
    stopped: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

pin_project! {
    /// A body polled with a subscriber current.
    struct SubscribedBody<B> {
        #[pin]
        inner: B,
        subscriber: Dispatch,
    }
}

/// An error that is answered with this status.
#[derive(Debug)]
struct Answered(u16, Failing);

/// The error of a service that answers nothing, as actix-web takes errors.
#[derive(Debug)]
struct Failed(ServiceFailure);

// === impl Actix ===

impl Adapter for Actix {
    fn name(&self) -> &'static str {
        "actix"
    }

    fn start(&self, plan: &Plan<'_>) -> Box<dyn Serving> {
        let blueprint = Blueprint {
            middleware: apply_settings!(ObsMiddleware::new(), plan),
            routes: plan.routes.to_vec(),
            page: plan.settings.metrics_page.map(|path| (path, plan.obs.cloned())),
            subscriber: plan.subscriber.clone(),
            nested: plan.settings.nested,
            replaces_bodies: plan.settings.replaces_bodies,
        };
        Box::new(ActixServer::start(blueprint))
    }
}

// === impl Blueprint ===

impl Blueprint {
    /// What stands in every application.
    fn configure(&self, config: &mut ServiceConfig) {
        let mut scopes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for route in &self.routes {
            scopes.entry(route.nested_in).or_default().push(route);
        }
        for (prefix, routes) in scopes {
            match prefix {
                Some(prefix) => {
                    config.service(
                        routes
                            .into_iter()
                            .fold(web::scope(prefix), |scope, route| scope.service(resource(route))),
                    );
                }
                None => routes.into_iter().for_each(|route| {
                    config.service(resource(route));
                }),
            }
        }
        match &self.page {
            Some((path, Some(obs))) => config.service(obs_actix::metrics_for(path, obs)),
            Some((path, None)) => config.service(obs_actix::metrics(path)),
            None => config,
        };
    }
}

/// The template in actix-web's words: a tail is a parameter with an expression.
fn pattern(template: &str) -> String {
    template.replace("{*rest}", "{rest:.*}")
}

fn resource(route: &Route) -> actix_web::Resource {
    let (get, head, post) = (web::get(), web::head(), web::post());
    let resource = web::resource(pattern(&route.template));
    let does = route.does.clone();
    match does {
        Does::Upgrade => resource.route(get.to(upgrade)),
        Does::File(path) => {
            let file = move || {
                let path = path.clone();
                async move { NamedFile::open_async(path).await }
            };
            resource.route(get.to(file.clone())).route(head.to(file))
        }
        Does::Error(status, error) => {
            let handler = move || async move { Err::<HttpResponse, _>(Answered(status, error)) };
            resource.route(get.to(handler))
        }
        // The middleware around the resource fails.
        Does::Fail => resource.route(get.to(HttpResponse::Ok)),
        does => {
            let handler = move |body: Payload| perform(does.clone(), body);
            if route.does.reads_body() {
                resource.route(post.to(handler))
            } else {
                resource.route(get.to(handler.clone())).route(head.to(handler))
            }
        }
    }
}

async fn perform(does: Does, body: Payload) -> HttpResponse {
    let read = async move { body.try_collect::<Vec<Bytes>>().await.expect("a whole body").concat() };
    respond(does.perform(read).await.expect("failures are the middleware's"))
}

/// The answer as actix-web's.
fn respond(reply: Reply) -> HttpResponse {
    let Reply {
        status,
        headers,
        content,
    } = reply;
    let mut response = HttpResponse::build(StatusCode::from_u16(status).expect("a status"));
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok());
    for (name, value) in headers {
        response.append_header((name, value));
    }
    match content {
        Content::Empty => response.finish(),
        Content::Full(bytes) => response.body(bytes),
        Content::Stream(steps) => {
            if let Some(length) = length {
                response.no_chunking(length);
            }
            response.body(BodyStream::new(ScriptedBody::new(steps)))
        }
    }
}

/// The connection after the upgrade: actix-web hands it over as the request's body and the answer's.
async fn upgrade(mut inbound: Payload) -> HttpResponse {
    let lifetime = StreamGuard::start();
    let echo = stream::once(async move {
        let mut message = Vec::new();
        while message.len() < 4 {
            message.extend_from_slice(&inbound.next().await.expect("a message").expect("a message"));
        }
        actix_web::rt::time::sleep(UPGRADED_FOR).await;
        drop(lifetime);
        Ok::<_, Error>(Bytes::from(message))
    });
    HttpResponse::SwitchingProtocols().upgrade("websocket").streaming(echo)
}

/// Inside of our middleware: fails in place of the routes that are to fail.
async fn fail(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let fails = request.app_data::<web::Data<Vec<String>>>().is_some_and(|failing| {
        request
            .match_pattern()
            .is_some_and(|pattern| failing.contains(&pattern))
    });
    if fails {
        return Err(Failed(ServiceFailure).into());
    }
    next.call(request).await
}

/// Outside of our middleware: turns such a failure into an answer.
async fn answer(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    next.call(request)
        .await
        .map_err(|error| match error.as_error::<Failed>() {
            Some(_) => ErrorBadGateway("failed"),
            None => error,
        })
}

/// Outside of our middleware: puts another body in the place of each answer's.
async fn replace(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    Ok(next.call(request).await?.map_body(|_, _| REPLACED))
}

/// Around everything: what a program has once, a test has for each of its servers.
async fn subscribed(
    subscriber: Option<Dispatch>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let subscriber = subscriber.unwrap_or_else(|| dispatcher::get_default(Dispatch::clone));
    let response = next.call(request).with_subscriber(subscriber.clone()).await?;
    Ok(response.map_body(|_, inner| SubscribedBody { inner, subscriber }))
}

// === impl SubscribedBody ===

impl<B: MessageBody> MessageBody for SubscribedBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.project();
        dispatcher::with_default(this.subscriber, || this.inner.poll_next(cx))
    }
}

// === impl ActixServer ===

impl ActixServer {
    fn start(blueprint: Blueprint) -> Self {
        let (started, start) = mpsc::channel();
        let (done, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let factory = move || {
                    let subscriber = blueprint.subscriber.clone();
                    let failing = blueprint.routes.iter().filter(|route| matches!(route.does, Does::Fail));
                    App::new()
                        .app_data(web::Data::new(failing.map(Route::endpoint).collect::<Vec<_>>()))
                        .wrap(from_fn(fail))
                        .wrap(Condition::new(blueprint.nested, blueprint.middleware.clone()))
                        .wrap(blueprint.middleware.clone())
                        .wrap(Condition::new(blueprint.replaces_bodies, from_fn(replace)))
                        .wrap(from_fn(answer))
                        .wrap(from_fn(move |request, next| {
                            subscribed(subscriber.clone(), request, next)
                        }))
                        .configure(|config| blueprint.configure(config))
                };
                let server = actix_web::HttpServer::new(factory)
                    .workers(2)
                    .disable_signals()
                    // Where a machine is busy, five seconds pass between two bytes, and actix-web hangs up.
                    .keep_alive(PATIENCE)
                    .client_request_timeout(PATIENCE)
                    .client_disconnect_timeout(PATIENCE)
                    .bind_auto_h2c("127.0.0.1:0")
                    .expect("a free port on loopback");
                let addr = server.addrs()[0];
                let running = server.run();
                started.send((addr, running.handle())).expect("a test that waits");
                running.await.expect("a server that ends well");
            });
            // Nobody listens if the test has dropped the server.
            let _ = done.send(());
        });
        let (addr, handle) = start.recv().expect("a server that starts");
        Self {
            addr,
            handle,
            stopped,
            thread: Some(thread),
        }
    }
}

impl Serving for ActixServer {
    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn stop(self: Box<Self>, within: Duration) -> bool {
        let started = Instant::now();
        // The command is sent at once; the future completes when it is done.
        drop(self.handle.stop(true));
        self.stopped.recv_timeout(within).is_ok() && started.elapsed() < within
    }
}

impl Drop for ActixServer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(thread::panicking() || ended.is_ok(), "the server panicked");
        }
    }
}

// === impl Answered ===

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.1.fmt(f)
    }
}

impl ResponseError for Answered {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0).expect("a status")
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).body("answer")
    }
}

// === impl Failed ===

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Failed {}
