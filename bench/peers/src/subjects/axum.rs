//! Services of axum: the routes, the requests, and ours.

use std::{
    collections::HashMap,
    error::Error,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Path,
    routing::{RouterIntoService, get, post},
};
use http::{Request, StatusCode};
use http_body::Body as _;
use obs_axum::ObsLayer;
use tower::{Service, layer::layer_fn};

use super::{
    Subject,
    busy::{Busy, rounds},
    identity::Identity,
};
use crate::{
    harness::{Aim, SLICE, Slice, Tally, measure, on_threads, ready},
    load::{Kind, Load, POLLS},
    telemetry::Instance,
};

/// Adds a layer to the routes.
type Layered = Box<dyn Fn(Router) -> Router>;
/// A router that is called itself: `Router` as a service would clone every layer for each request.
type App = RouterIntoService<Body>;

/// Requests that are spread over many routes.
struct Spread {
    app: App,
    routes: usize,
    /// Requests so far: the next slice goes on where the one before ended.
    handled: usize,
}

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
/// The body of a POST.
const UPLOAD: &[u8] = b"0123456789";
/// Routes that threads use apart.
const APART: usize = 4;

// === impl Spread ===

impl Spread {
    /// Uses each route, so that what is made at a route's first request is there. Nothing is measured, and the
    /// first measurement of a process is only a warm-up.
    fn touch(&mut self, load: Load) -> Slice {
        let requests = self.routes.next_multiple_of(SLICE);
        (0..requests).for_each(|number| handle(&mut self.app, request(load, number % self.routes)));
        Slice { figure: f64::NAN, requests }
    }

    fn measure(&mut self, aim: Aim, load: Load) -> Slice {
        let Self { app, routes, handled } = self;
        // In an order that no cache foresees.
        let route = |number: usize| (*handled + number).wrapping_mul(7_919) % *routes;
        let slice = measure(aim, |number| request(load, route(number)), |request| handle(app, request));
        *handled += slice.requests;
        slice
    }
}

/// The subject whose layer is added by `layer`.
pub fn subject(layer: impl Fn(Router) -> Router + 'static, tally: Tally) -> Subject {
    let layer: Layered = Box::new(layer);
    let router = layer(routes());
    let mut app = router.clone().with_state(()).into_service();
    // Made when they are needed: ten thousand routes are not there while others are measured.
    let mut spread: HashMap<usize, Spread> = HashMap::new();
    let run = move |aim, load| match load {
        Load::Plain(..) | Load::Polls => measure(aim, |_| request(load, 0), |request| handle(&mut app, request)),
        Load::Routes(routes) => match spread.get_mut(&routes) {
            Some(spread) => spread.measure(aim, load),
            None => {
                let app = layer(many(routes)).with_state(()).into_service();
                spread.entry(routes).or_insert(Spread { app, routes, handled: 0 }).touch(load)
            }
        },
        Load::Threads { threads, apart } => {
            let make = |thread| request(load, if apart { thread } else { 0 });
            on_threads(threads, make, || {
                let mut app = app.clone();
                move |request| handle(&mut app, request)
            })
        }
    };
    Subject::new(run, tally).with_router(router)
}

fn routes() -> Router {
    let read = async |body: Bytes| if body == UPLOAD { StatusCode::CREATED } else { StatusCode::BAD_REQUEST };
    let hello = async |Path(_): Path<u64>| "hello world";
    let routes = Router::new().route("/users/{id}", get(hello)).route("/upload", post(read)).route(
        "/polls",
        get(async || {
            polled(POLLS).await;
            "hello world"
        }),
    );
    (0..APART).fold(routes, |routes, thread| routes.route(&format!("/apart{thread}/{{id}}"), get(hello)))
}

fn many(routes: usize) -> Router {
    let hello = async |Path(_): Path<u64>| "hello world";
    (0..routes).fold(Router::new(), |router, route| router.route(&format!("/route{route}/{{id}}"), get(hello)))
}

/// Is ready when it has been polled so often.
async fn polled(times: usize) {
    let mut left = times;
    poll_fn(|_| {
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn request(load: Load, route: usize) -> Request<Body> {
    let request = match load {
        Load::Plain(Kind::Get, _) => Request::get("/users/7?page=2"),
        Load::Plain(Kind::Post, _) => Request::post("/upload").header("content-length", UPLOAD.len()),
        Load::Plain(Kind::Unmatched, _) => Request::get("/wp-login.php"),
        Load::Polls => Request::get("/polls"),
        Load::Routes(_) => Request::get(format!("/route{route}/7")),
        Load::Threads { .. } => Request::get(format!("/apart{route}/7")),
    };
    let request = request.header("host", "shop.example:8080").header("user-agent", AGENT).header("accept", "*/*");
    let request = match load.parent().traceparent() {
        Some(traceparent) => request.header("traceparent", traceparent),
        None => request,
    };
    let body = if load.is_upload() { Body::from(UPLOAD) } else { Body::empty() };
    request.body(body).expect("a valid request")
}

/// Handles one request to the end of its answer.
fn handle(app: &mut App, request: Request<Body>) {
    let Ok(response) = ready(app.call(request));
    let mut body = pin!(response.into_body());
    // As hyper does: nobody polls a body that says that it has ended.
    while !body.is_end_stream() {
        let frame = ready(poll_fn(|cx| Pin::as_mut(&mut body).poll_frame(cx)));
        if frame.is_none() {
            break;
        }
    }
}

pub fn bare() -> Result<Subject, Box<dyn Error>> {
    Ok(subject(|routes| routes, Tally::default()))
}

pub fn identity() -> Result<Subject, Box<dyn Error>> {
    Ok(subject(|routes| routes.layer(layer_fn(Identity)), Tally::default()))
}

/// What a layer costs that takes the time that all three signals may take, unsampled.
pub fn busy() -> Result<Subject, Box<dyn Error>> {
    let rounds = rounds(Duration::from_nanos(600));
    Ok(subject(move |routes| routes.layer(layer_fn(move |inner| Busy::new(inner, rounds))), Tally::default()))
}

pub fn metrics() -> Result<Subject, Box<dyn Error>> {
    ours(|layer| layer.logs(false).traces(false))
}

pub fn metrics_and_line() -> Result<Subject, Box<dyn Error>> {
    ours(|layer| layer.traces(false))
}

pub fn all() -> Result<Subject, Box<dyn Error>> {
    ours(|layer| layer)
}

fn ours(set: fn(ObsLayer) -> ObsLayer) -> Result<Subject, Box<dyn Error>> {
    let tally = Instance::start(1.0)?.tally("http_requests_total");
    Ok(subject(move |routes| routes.layer(set(ObsLayer::new())), tally))
}
