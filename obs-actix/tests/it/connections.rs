//! What the connection decides: clients that go, streams, workers.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, mpsc},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    web::{self, Bytes, ServiceConfig},
};
use futures_util::stream;
use http::Request;
use obs_actix::{ObsMiddleware, obs_core::request::Outcome};
use obs_tests::{
    DEADLINE,
    net::{H1Client, H2Client, Reason},
    spans::value,
    until,
};
use tokio::sync::Semaphore;

use crate::support::{Served, Watch, hello};

/// A handler that waits at a gate, and tells when a request has come to it.
#[derive(Clone)]
struct Gate {
    arrived: mpsc::Sender<()>,
    open: Arc<Semaphore>,
}

// === impl Gate ===

impl Gate {
    fn new() -> (Self, mpsc::Receiver<()>) {
        let (arrived, arrivals) = mpsc::channel();
        (
            Self {
                arrived,
                open: Arc::new(Semaphore::new(0)),
            },
            arrivals,
        )
    }

    fn route(&self) -> impl Fn(&mut ServiceConfig) + Clone + Send + use<> {
        let gate = self.clone();
        move |config| {
            let gate = gate.clone();
            config.route(
                "/slow",
                web::get().to(move || {
                    let gate = gate.clone();
                    async move {
                        gate.arrived.send(()).unwrap();
                        let _passed = gate.open.acquire().await.unwrap();
                        "late"
                    }
                }),
            );
        }
    }
}

/// A stream that never ends.
fn endless(config: &mut ServiceConfig) {
    let ticks = || {
        HttpResponse::Ok().streaming(stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Some((Ok::<_, io::Error>(Bytes::from_static(b"tick")), ()))
        }))
    };
    config.route("/ticks", web::get().to(move || std::future::ready(ticks())));
}

fn serve(watch: &Watch, routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Served {
    let middleware = watch.middleware();
    Served::start(1, move || middleware.clone(), routes)
}

fn ask(served: &Served, path: &str) -> H1Client {
    let mut client = H1Client::open(served.addr);
    client.send(format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n"));
    client
}

#[test]
fn a_handler_runs_to_its_end_after_the_client_has_closed() {
    let watch = Watch::new();
    let (gate, arrivals) = Gate::new();
    let served = serve(&watch, gate.route());
    let client = ask(&served, "/slow");
    arrivals.recv_timeout(DEADLINE).unwrap();
    client.close();
    gate.open.add_permits(1);
    watch.wait_for(1);
    let ended = watch.only();
    assert_eq!((ended.status, ended.outcome), (200, Outcome::Ok));
}

#[test]
fn a_reset_connection_cancels_the_handler() {
    let watch = Watch::new();
    let (gate, arrivals) = Gate::new();
    let served = serve(&watch, gate.route());
    let client = ask(&served, "/slow");
    arrivals.recv_timeout(DEADLINE).unwrap();
    client.abort();
    watch.wait_for(1);
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, &*ended.endpoint),
        (499, Outcome::Cancelled, "/slow")
    );
}

#[test]
fn a_stream_whose_client_has_gone_is_aborted() {
    let watch = Watch::new();
    let served = serve(&watch, endless);
    let mut client = ask(&served, "/ticks");
    client.head().unwrap();
    client.chunk().unwrap();
    client.abort();
    watch.wait_for(1);
    let ended = watch.only();
    assert_eq!((ended.status, ended.outcome), (200, Outcome::Aborted));
    assert!(ended.response_bytes >= 4);
}

#[test]
fn a_stream_takes_as_long_as_it_takes() {
    const PIECE: Duration = Duration::from_millis(50);
    let watch = Watch::new();
    let served = serve(&watch, |config| {
        config.route(
            "/",
            web::get().to(|| async {
                HttpResponse::Ok().streaming(stream::unfold(0, |sent| async move {
                    tokio::time::sleep(PIECE).await;
                    (sent < 4).then(|| (Ok::<_, io::Error>(Bytes::from_static(b"piece")), sent + 1))
                }))
            }),
        );
    });
    let mut client = ask(&served, "/");
    assert_eq!(client.response("GET").unwrap().body.len(), 20);
    watch.wait_for(1);
    let ended = watch.only();
    assert_eq!((ended.outcome, ended.response_bytes), (Outcome::Ok, 20));
    assert!(
        ended.duration >= 5 * PIECE && ended.head.is_some_and(|head| head < 4 * PIECE),
        "{ended:?}"
    );
}

#[test]
fn a_stream_that_fails_closes_the_connection_as_a_body_error() {
    let watch = Watch::new();
    let served = serve(&watch, |config| {
        let broken = || {
            HttpResponse::Ok().streaming(stream::iter([
                Ok(Bytes::from_static(b"hel")),
                Err(io::Error::other("lost")),
            ]))
        };
        config.route("/", web::get().to(move || std::future::ready(broken())));
    });
    let mut client = ask(&served, "/");
    assert!(client.response("GET").is_err());
    watch.wait_for(1);
    let ended = watch.only();
    assert_eq!((ended.outcome, ended.response_bytes), (Outcome::BodyError, 3));
}

#[test]
fn a_panic_closes_its_connection_and_the_worker_lives_on() {
    let watch = Watch::new();
    let served = serve(&watch, |config| {
        config.configure(hello("/")).route(
            "/panic",
            web::get().to(|| async { if true { panic!("on purpose") } else { "hello" } }),
        );
    });
    assert!(ask(&served, "/panic").response("GET").is_err());
    assert_eq!(ask(&served, "/").response("GET").unwrap().body, b"hello");
    let outcomes: Vec<_> = watch
        .wait_for(2)
        .into_iter()
        .map(|ended| (ended.status, ended.outcome))
        .collect();
    assert_eq!(outcomes, [(500, Outcome::Panic), (200, Outcome::Ok)]);
    assert_eq!(watch.page().sum("http_requests_in_flight", &[]), 0.0);
}

#[test]
fn requests_of_one_connection_are_recorded_each() {
    let watch = Watch::new();
    let served = serve(&watch, hello("/{page}"));
    let mut client = H1Client::open(served.addr);
    let heads: BTreeSet<_> = (0..5)
        .map(|page| {
            client.send(format!("GET /{page} HTTP/1.1\r\nhost: test\r\n\r\n"));
            let answer = client.response("GET").unwrap();
            answer.headers["x-request-id"].to_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(heads.len(), 5);
    assert_eq!(watch.wait_for(5).len(), 5);
    assert_eq!(
        watch.page().value("http_requests_total", &[("endpoint", "/{page}")]),
        Some(5.0)
    );
}

#[test]
fn workers_share_their_series_whether_the_middleware_is_made_once_or_in_each() {
    for made_once in [true, false] {
        let watch = Watch::new();
        let (shared, obs) = (watch.middleware(), watch.obs.clone());
        let middleware = move || {
            if made_once {
                shared.clone()
            } else {
                ObsMiddleware::new().obs(&obs)
            }
        };
        let served = Served::start(2, middleware, hello("/"));
        for _ in 0..8 {
            assert_eq!(ask(&served, "/").response("GET").unwrap().status, 200);
        }
        until(DEADLINE, || watch.page().sum("http_requests_total", &[]) == 8.0);
        assert_eq!(watch.page().series_count("http_requests_total"), 1);
        assert_eq!(watch.page().sum("http_requests_in_flight", &[]), 0.0);
    }
}

#[test]
fn bodies_over_http_2_are_counted_and_none_is_none() {
    let watch = Watch::new();
    let served = serve(&watch, |config| {
        let resource = web::resource("/").route(web::get().to(|| async { "hello" }));
        config.service(resource.route(web::post().to(|body: Bytes| async { body })));
    });
    let client = H2Client::open(served.addr);
    let mut stream = client
        .send_head(Request::post("http://localhost/").body(()).unwrap())
        .unwrap();
    stream.send_data("ord", false).unwrap();
    stream.send_data("er", true).unwrap();
    assert_eq!(stream.response().unwrap().body, b"order");
    assert_eq!(client.get("/").unwrap().body, b"hello");
    let bytes: Vec<_> = watch
        .wait_for(2)
        .into_iter()
        .map(|ended| (ended.request_bytes, ended.response_bytes))
        .collect();
    assert_eq!(bytes, [(Some(5), 5), (Some(0), 5)]);
    let span = &watch.spans.ended()[0];
    assert_eq!(value(span, "network.protocol.version"), Some(&"2".into()));
    assert_eq!(value(span, "server.address"), Some(&"localhost".into()));
}

#[test]
fn a_handler_runs_to_its_end_after_its_http_2_stream_was_reset() {
    let watch = Watch::new();
    let (gate, arrivals) = Gate::new();
    let served = serve(&watch, gate.route());
    let client = H2Client::open(served.addr);
    let stream = client
        .send(Request::get("http://localhost/slow").body(()).unwrap())
        .unwrap();
    arrivals.recv_timeout(DEADLINE).unwrap();
    stream.reset(Reason::CANCEL);
    gate.open.add_permits(1);
    watch.wait_for(1);
    assert_eq!(watch.only().status, 200);
}

#[test]
fn an_http_2_stream_that_is_reset_aborts_its_body() {
    let watch = Watch::new();
    let served = serve(&watch, endless);
    let client = H2Client::open(served.addr);
    let mut stream = client
        .send(Request::get("http://localhost/ticks").body(()).unwrap())
        .unwrap();
    stream.head().unwrap();
    stream.data().unwrap();
    stream.reset(Reason::CANCEL);
    watch.wait_for(1);
    assert_eq!(watch.only().outcome, Outcome::Aborted);
}
