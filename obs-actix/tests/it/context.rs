//! Whose request it is: what bodies log and drop, middlewares within each other, applications that a
//! handler asks itself.

use std::{
    convert::Infallible,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    App, HttpResponse,
    body::{BodySize, MessageBody},
    dev::Service as _,
    http::StatusCode,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes},
};
use obs_actix::ObsMiddleware;
use obs_tests::{DEADLINE, logs::LogLine};
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::{Answer, Watch, get};

/// A body of one chunk, of no declared size, that logs when it is polled and when it is dropped.
struct Logging(Option<Bytes>);

impl MessageBody for Logging {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        tracing::info!("polled");
        Poll::Ready(self.0.take().map(Ok))
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        tracing::info!("dropped");
    }
}

/// The ids of the requests that the lines with this message belong to.
fn ids_of(lines: &[LogLine], message: &str) -> Vec<String> {
    let of_message = lines.iter().filter(|line| line.str("message") == message);
    of_message
        .map(|line| line.get("request_id").map_or_else(String::new, ToString::to_string))
        .collect()
}

/// Asks for a [`Logging`] body with this status, and reads it or drops it.
async fn logged(status: StatusCode, reads: bool) -> Vec<LogLine> {
    let watch = Watch::new();
    let subscriber = tracing_subscriber::registry().with(watch.obs.subscriber_layer());
    let asked = async {
        let handler = move || async move { HttpResponse::build(status).body(Logging(Some("hello".into()))) };
        let app = App::new().wrap(watch.middleware()).route("/", web::get().to(handler));
        let app = init_service(app).await;
        let response = call_service(&app, get("/").insert_header(("x-request-id", "a-1")).to_request()).await;
        if reads {
            drop(Answer::of(response).await);
        }
    };
    asked.with_subscriber(subscriber).await;
    watch.obs.shutdown(DEADLINE).unwrap();
    watch.lines.json_lines()
}

#[actix_web::test]
async fn what_a_body_logs_when_it_is_polled_and_dropped_has_the_requests_ids() {
    let read = logged(StatusCode::OK, true).await;
    assert_eq!(ids_of(&read, "polled"), ["\"a-1\"", "\"a-1\""]);
    assert_eq!(ids_of(&read, "dropped"), ["\"a-1\""]);
    assert_eq!(ids_of(&logged(StatusCode::OK, false).await, "dropped"), ["\"a-1\""]);
}

#[actix_web::test]
async fn the_body_after_a_101_has_the_ids_of_its_request() {
    let lines = logged(StatusCode::SWITCHING_PROTOCOLS, true).await;
    assert_eq!(ids_of(&lines, "polled"), ["\"a-1\"", "\"a-1\""]);
    assert_eq!(ids_of(&lines, "dropped"), ["\"a-1\""]);
}

#[actix_web::test]
async fn a_middleware_on_a_scope_and_one_around_it_count_a_request_once_with_the_inner_labels() {
    let watch = Watch::new();
    let inner = ObsMiddleware::new()
        .obs(&watch.obs)
        .label("tier", ["paid"], |_| Some("paid"));
    let scope = web::scope("/api")
        .wrap(inner)
        .route("/users/{id}", web::get().to(|| async { "hello" }));
    let app = init_service(App::new().wrap(watch.middleware()).service(scope)).await;
    let answer = Answer::of(call_service(&app, get("/api/users/7").to_request()).await).await;
    assert_eq!(answer.status, 200);
    assert_eq!(watch.only().endpoint, "/api/users/{id}");
    assert_eq!(watch.page().sum("http_requests_total", &[("tier", "paid")]), 1.0);
    assert_eq!(answer.header("x-request-id"), Some(watch.line().str("request_id")));
}

#[actix_web::test]
async fn a_request_to_an_application_of_ones_own_is_a_second_one_and_a_child_of_the_first() {
    let watch = Watch::new();
    let inner = App::new()
        .wrap(watch.middleware())
        .route("/inner/{id}", web::get().to(|| async { "inner" }));
    let inner = Rc::new(init_service(inner).await);
    let ask = move || {
        let inner = Rc::clone(&inner);
        async move {
            let answer = inner
                .call(TestRequest::get().uri("/inner/7").to_request())
                .await
                .unwrap();
            Answer::of(answer).await.body
        }
    };
    let outer = init_service(
        App::new()
            .wrap(watch.middleware())
            .route("/gateway", web::get().to(ask)),
    )
    .await;
    let answer = Answer::of(call_service(&outer, get("/gateway").to_request()).await).await;
    assert_eq!(&answer.body[..], b"inner");
    let endpoints: Vec<_> = watch.wait_for(2).into_iter().map(|ended| ended.endpoint).collect();
    assert_eq!(endpoints, ["/inner/{id}", "/gateway"]);
    let spans = watch.spans.ended();
    let (inner, outer) = (&spans[0], &spans[1]);
    assert_eq!(inner.span_context.trace_id(), outer.span_context.trace_id());
    assert_eq!(inner.parent_span_id, outer.span_context.span_id());
}
