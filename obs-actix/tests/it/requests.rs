//! An ordinary request: what is read of it, what is given to it, what it carries.

use std::{future::ready, sync::Arc};

use actix_service::{IntoServiceFactory as _, ServiceFactory as _};
use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::AppConfig,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes, Payload},
};
use futures_util::{StreamExt as _, stream};
use obs_actix::{
    ObsBody, ObsFuture, ObsMiddleware, ObsService, RequestView,
    obs_core::{context, request::Outcome},
};
use obs_tests::spans::value;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::{Answer, Watch, get, hello};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn told() -> HttpResponse {
    let context = context::current().unwrap();
    HttpResponse::Ok().body(format!("{} {}", context.request_id(), context.trace_id()))
}

#[actix_web::test]
async fn a_request_is_recorded_once_in_each_signal() {
    let watch = Watch::new();
    let answer = watch.ask(get("/users/7?verbose=true"), hello("/users/{id}")).await;
    assert_eq!((answer.status, &*answer.body), (200, &b"hello"[..]));
    let ended = watch.only();
    assert_eq!((&*ended.method, &*ended.endpoint), ("GET", "/users/{id}"));
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type),
        (200, Outcome::Ok, None)
    );
    assert_eq!((ended.request_bytes, ended.response_bytes), (Some(0), 5));
    assert_eq!(watch.line().str("path"), "/users/7");
}

#[actix_web::test]
async fn the_handler_finds_the_ids_that_the_answer_the_line_and_the_span_carry() {
    let watch = Watch::new();
    let request = get("/")
        .insert_header(("traceparent", PARENT))
        .insert_header(("x-request-id", "order-7"));
    let answer = watch
        .ask(request, |config| {
            config.route("/", web::get().to(|| ready(told())));
        })
        .await;
    assert_eq!(answer.body, "order-7 0af7651916cd43dd8448eb211c80319c");
    assert_eq!(answer.header("x-request-id"), Some("order-7"));
    watch.only();
    let (line, span) = (watch.line(), &watch.spans.ended()[0]);
    assert_eq!(
        (line.str("request_id"), line.str("trace_id")),
        ("order-7", "0af7651916cd43dd8448eb211c80319c")
    );
    assert_eq!(span.span_context.trace_id().to_string(), line.str("trace_id"));
    assert_eq!(span.parent_span_id.to_string(), "b7ad6b7169203331");
}

#[actix_web::test]
async fn a_new_request_id_is_echoed_in_place_of_one_that_is_none() {
    let watch = Watch::new();
    let answer = watch
        .ask(get("/").insert_header(("x-request-id", "no id")), hello("/"))
        .await;
    assert_eq!(answer.header("x-request-id").map(str::len), Some(36));
    assert_eq!(answer.header("x-request-id"), Some(watch.line().str("request_id")));
}

#[actix_web::test]
async fn without_logs_and_traces_there_is_no_context_and_no_echo() {
    let watch = Watch::new();
    let app = init_service(App::new().wrap(watch.middleware().logs(false).traces(false)).route(
        "/",
        web::get().to(|| async { HttpResponse::Ok().body(format!("{}", context::current().is_none())) }),
    ))
    .await;
    let response = call_service(&app, get("/").insert_header(("x-request-id", "order-7")).to_request()).await;
    assert!(response.headers().get("x-request-id").is_none());
    assert_eq!(actix_web::test::read_body(response).await, "true");
    assert_eq!(watch.page().value("http_requests_total", &[]), Some(1.0));
    assert_eq!(watch.spans.ended().len(), 0);
}

#[actix_web::test]
async fn log_lines_of_handler_and_body_carry_the_ids() {
    let watch = Watch::new();
    let _subscriber =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(watch.obs.subscriber_layer()));
    let answer = watch
        .ask(get("/"), |config| {
            config.route(
                "/",
                web::get().to(|| async {
                    tracing::info!("in the handler");
                    HttpResponse::Ok().streaming(stream::once(async {
                        tracing::info!("in the body");
                        Ok::<_, std::io::Error>(Bytes::from_static(b"hello"))
                    }))
                }),
            );
        })
        .await;
    watch.only();
    for message in ["in the handler", "in the body"] {
        let lines = watch.lines.json_lines();
        let line = lines.iter().find(|line| line.str("message") == message).unwrap();
        assert_eq!(Some(line.str("request_id")), answer.header("x-request-id"));
    }
}

#[actix_web::test]
async fn the_body_that_a_handler_reads_is_counted() {
    let watch = Watch::new();
    let request = TestRequest::post()
        .uri("/")
        .insert_header(("content-length", 5))
        .set_payload("order");
    let answer = watch
        .ask(request, |config| {
            config.route("/", web::post().to(|body: Bytes| async { body }));
        })
        .await;
    assert_eq!(answer.body, "order");
    assert_eq!(watch.only().request_bytes, Some(5));
}

#[actix_web::test]
async fn of_a_body_that_nobody_reads_nothing_is_counted() {
    let watch = Watch::new();
    let request = TestRequest::post()
        .uri("/")
        .insert_header(("content-length", 5))
        .set_payload("order");
    watch
        .ask(request, |config| {
            config.route("/", web::post().to(|| async { "read nothing" }));
        })
        .await;
    assert_eq!(watch.only().request_bytes, Some(0));
}

#[actix_web::test]
async fn a_request_body_in_pieces_is_counted_as_it_is_read() {
    let watch = Watch::new();
    let request = TestRequest::post()
        .uri("/")
        .insert_header(("transfer-encoding", "chunked"))
        .set_payload("order");
    watch
        .ask(request, |config| {
            config.route(
                "/",
                web::post().to(|mut body: Payload| async move {
                    let read = body.next().await.unwrap().unwrap();
                    format!("{}", read.len())
                }),
            );
        })
        .await;
    assert_eq!(watch.only().request_bytes, Some(5));
}

#[actix_web::test]
async fn the_span_tells_of_the_connection_and_not_of_forwarded_headers() {
    let watch = Watch::new();
    let request = get("/users/7?token=secret")
        .peer_addr("192.0.2.7:4711".parse().unwrap())
        .insert_header(("host", "shop.example:8080"))
        .insert_header(("x-forwarded-for", "198.51.100.1"))
        .insert_header(("forwarded", "for=198.51.100.1;proto=https;host=evil.example"));
    watch.ask(request, hello("/users/{id}")).await;
    watch.only();
    let span = &watch.spans.ended()[0];
    assert_eq!(span.name, "GET /users/{id}");
    for (key, expected) in [
        ("http.route", "/users/{id}"),
        ("url.scheme", "http"),
        ("url.path", "/users/7"),
        ("url.query", "token=REDACTED"),
        ("server.address", "shop.example"),
        ("server.port", "8080"),
        ("client.address", "192.0.2.7"),
        ("network.peer.port", "4711"),
        ("network.protocol.version", "1.1"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(
            value(span, key).map(ToString::to_string).as_deref(),
            Some(expected),
            "{key}"
        );
    }
}

#[actix_web::test]
async fn the_scheme_is_that_of_the_listener() {
    let watch = Watch::new();
    let config = AppConfig::__priv_test_new(true, "shop.example".to_owned(), "127.0.0.1:443".parse().unwrap());
    let factory = App::new().wrap(watch.middleware()).configure(hello("/")).into_factory();
    let app = factory.new_service(config).await.unwrap();
    Answer::of(call_service(&app, get("/").to_request()).await).await;
    watch.only();
    assert_eq!(value(&watch.spans.ended()[0], "url.scheme"), Some(&"https".into()));
}

#[actix_web::test]
async fn a_method_that_nobody_knows_is_no_label() {
    let watch = Watch::new();
    let request = get("/").method("BREW".parse().unwrap());
    watch
        .ask(request, |config| {
            config.route(
                "/",
                web::route().to(|request: HttpRequest| async move { request.method().to_string() }),
            );
        })
        .await;
    assert_eq!(watch.only().method, "_OTHER");
}

#[test]
fn the_middleware_can_be_moved_into_workers() {
    fn is_send_sync_clone<T: Send + Sync + Clone>() {}
    fn has_debug<T: std::fmt::Debug>() {}
    is_send_sync_clone::<ObsMiddleware>();
    has_debug::<(
        ObsMiddleware,
        ObsService<()>,
        ObsFuture<()>,
        ObsBody<()>,
        RequestView<'_>,
    )>();
    let _hook: Arc<dyn Send + Sync> =
        Arc::new(ObsMiddleware::new().endpoint(|request| request.uri.path().len().to_string()));
}
