//! The ways in which a request can end.

use std::{
    convert::Infallible,
    future::{pending, ready},
    io,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::mpsc,
    task::{Context, Poll},
};

use actix_web::{
    App, HttpResponse, Responder,
    body::{BodySize, BodyStream, MessageBody, SizedStream},
    dev::Service as _,
    test::{TestRequest, call_service, init_service},
    web::{self, Bytes, ServiceConfig},
};
use futures_util::{FutureExt as _, poll, stream};
use obs_actix::obs_core::{StreamGuard, context, request::Outcome};

use crate::support::{Answer, Watch, get};

pub(super) fn answering<R: Responder + 'static>(
    answer: impl Fn() -> R + Clone + 'static,
) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.route("/", web::route().to(move || ready(answer())));
    }
}

pub(super) fn pieces(pieces: &'static [&'static str]) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))))
}

/// Polls a body until it has given a piece, or more than it has.
pub(super) async fn next<B: MessageBody>(body: &mut Pin<&mut B>) -> Option<Result<Bytes, B::Error>> {
    std::future::poll_fn(|cx| body.as_mut().poll_next(cx)).await
}

#[actix_web::test]
async fn a_sized_stream_that_is_short_is_an_incomplete_body() {
    let watch = Watch::new();
    let short = || HttpResponse::Ok().body(SizedStream::new(10, pieces(&["hel", "lo"])));
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(short))).await;
    let mut body = pin!(call_service(&app, get("/").to_request()).await.into_body());
    while next(&mut body).await.is_some() {}
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.response_bytes),
        (200, Outcome::BodyError, 5)
    );
    assert_eq!(ended.error_type.as_deref(), Some("incomplete_body"));
}

/// A body of one piece, which says afterwards that nothing is left; sends the request id that it is dropped with.
struct InMemory {
    announced: u64,
    piece: Option<Bytes>,
    dropped: mpsc::Sender<Option<String>>,
}

impl MessageBody for InMemory {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(if self.piece.is_some() { self.announced } else { 0 })
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.piece.take().map(Ok))
    }
}

impl Drop for InMemory {
    fn drop(&mut self) {
        let current = context::current().map(|context| context.request_id().to_owned());
        let _ = self.dropped.send(current);
    }
}

#[actix_web::test]
async fn a_body_in_memory_is_dropped_with_its_last_piece_in_the_context_of_its_request() {
    for (announced, outcome, error_type) in [
        (5, Outcome::Ok, None),
        (10, Outcome::BodyError, Some("incomplete_body")),
        (4, Outcome::BodyError, Some("oversized_body")),
    ] {
        let watch = Watch::new();
        let (sender, dropped) = mpsc::channel();
        let body = move || {
            HttpResponse::Ok().body(InMemory {
                announced,
                piece: Some(Bytes::from_static(b"hello")),
                dropped: sender.clone(),
            })
        };
        let app = init_service(App::new().wrap(watch.middleware()).configure(answering(body))).await;
        let mut body = pin!(call_service(&app, get("/").to_request()).await.into_body());
        assert!(matches!(next(&mut body).await, Some(Ok(piece)) if piece == "hello"));
        assert!(dropped.try_recv().unwrap().is_some(), "within the request");
        let ended = watch.only();
        assert_eq!((ended.outcome, ended.error_type.as_deref()), (outcome, error_type));
        assert!(next(&mut body).await.is_none() && body.size() == BodySize::Sized(0));
    }
}

#[actix_web::test]
async fn a_content_length_that_the_chunked_coding_replaces_is_no_promise() {
    let watch = Watch::new();
    let wrong = || {
        let mut answer = HttpResponse::Ok().body(BodyStream::new(pieces(&["hel", "lo"])));
        answer
            .headers_mut()
            .insert(actix_web::http::header::CONTENT_LENGTH, "10".parse().unwrap());
        answer
    };
    let answer = watch.ask(get("/"), answering(wrong)).await;
    assert_eq!(answer.body, "hello");
    assert_eq!((watch.only().outcome, watch.only().response_bytes), (Outcome::Ok, 5));
}

#[actix_web::test]
async fn a_response_that_is_never_read_counts_by_its_status() {
    let answers: [(fn() -> HttpResponse, Outcome); 3] = [
        (|| HttpResponse::Ok().body("hello"), Outcome::Ok),
        (
            || HttpResponse::NotFound().streaming(pieces(&["hello"])),
            Outcome::ClientError,
        ),
        (
            || HttpResponse::BadGateway().streaming(pieces(&["hello"])),
            Outcome::ServerError,
        ),
    ];
    for (answer, outcome) in answers {
        let watch = Watch::new();
        let app = init_service(App::new().wrap(watch.middleware()).configure(answering(answer))).await;
        drop(call_service(&app, get("/").to_request()).await);
        assert_eq!(watch.only().outcome, outcome);
    }
}

#[actix_web::test]
async fn a_panic_in_the_handler_is_recorded_as_one() {
    let watch = Watch::new();
    let panicking = |config: &mut ServiceConfig| {
        config.route(
            "/",
            web::get().to(|| async { if true { panic!("on purpose") } else { "hello" } }),
        );
    };
    let asked = AssertUnwindSafe(watch.ask(get("/"), panicking)).catch_unwind().await;
    assert!(asked.is_err());
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type.as_deref()),
        (500, Outcome::Panic, Some("panic"))
    );
    assert_eq!((ended.head, &*ended.endpoint), (None, "/"));
}

#[actix_web::test]
async fn a_panic_in_the_body_keeps_the_status_that_was_sent() {
    let watch = Watch::new();
    let body = || {
        HttpResponse::Ok().streaming(stream::poll_fn(|_| -> Poll<Option<io::Result<Bytes>>> {
            panic!("on purpose")
        }))
    };
    let asked = AssertUnwindSafe(watch.ask(get("/"), answering(body)))
        .catch_unwind()
        .await;
    assert!(asked.is_err());
    let ended = watch.only();
    assert_eq!((ended.status, ended.outcome), (200, Outcome::Panic));
}

#[actix_web::test]
async fn a_dropped_handler_is_cancelled_and_what_it_drops_has_its_context() {
    struct Tells(mpsc::Sender<Option<String>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self
                .0
                .send(context::current().map(|context| context.request_id().to_owned()));
        }
    }
    let watch = Watch::new();
    let (sender, dropped) = mpsc::channel();
    let app = init_service(App::new().wrap(watch.middleware()).route(
        "/",
        web::get().to(move || {
            let tells = Tells(sender.clone());
            async move {
                let _tells = tells;
                pending::<&str>().await
            }
        }),
    ))
    .await;
    let mut call = Box::pin(app.call(get("/").insert_header(("x-request-id", "order-7")).to_request()));
    assert!(poll!(&mut call).is_pending());
    assert_eq!(watch.ended().len(), 0);
    drop(call);
    assert_eq!(dropped.recv().unwrap().as_deref(), Some("order-7"));
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type),
        (499, Outcome::Cancelled, None)
    );
}

#[actix_web::test]
async fn a_stream_ends_with_its_last_piece() {
    let watch = Watch::new();
    let answer = watch
        .ask(
            get("/"),
            answering(|| HttpResponse::Ok().streaming(pieces(&["hel", "lo"]))),
        )
        .await;
    assert_eq!(answer.body, "hello");
    let ended = watch.only();
    assert_eq!((ended.outcome, ended.response_bytes), (Outcome::Ok, 5));
}

#[actix_web::test]
async fn a_body_of_known_size_ends_with_its_last_byte() {
    let watch = Watch::new();
    let sized = || HttpResponse::Ok().body(SizedStream::new(5, pieces(&["hel", "lo"])));
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(sized))).await;
    let body = call_service(&app, get("/").to_request()).await.into_body();
    assert_eq!(body.size(), BodySize::Sized(5));
    let mut body = pin!(body);
    next(&mut body).await;
    assert_eq!(watch.ended().len(), 0);
    next(&mut body).await;
    assert_eq!((watch.only().outcome, watch.only().response_bytes), (Outcome::Ok, 5));
}

#[actix_web::test]
async fn a_body_that_is_dropped_half_way_is_aborted() {
    let watch = Watch::new();
    let app = App::new().wrap(watch.middleware());
    let app = init_service(app.configure(answering(|| HttpResponse::Ok().streaming(pieces(&["hel", "lo"]))))).await;
    {
        let mut body = pin!(call_service(&app, get("/").to_request()).await.into_body());
        next(&mut body).await;
    }
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.response_bytes),
        (200, Outcome::Aborted, 3)
    );
}

#[actix_web::test]
async fn a_body_that_fails_is_a_body_error() {
    let watch = Watch::new();
    let failing = || {
        HttpResponse::Ok().streaming(stream::iter([
            Ok(Bytes::from_static(b"hel")),
            Err(io::Error::other("lost")),
        ]))
    };
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(failing))).await;
    let mut body = pin!(call_service(&app, get("/").to_request()).await.into_body());
    next(&mut body).await;
    assert!(next(&mut body).await.is_some_and(|piece| piece.is_err()));
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type.as_deref()),
        (200, Outcome::BodyError, Some("body_error"))
    );
}

#[actix_web::test]
async fn answers_without_a_body_end_at_their_head() {
    let answers: [(TestRequest, fn() -> HttpResponse); 4] = [
        (TestRequest::default().method("HEAD".parse().unwrap()), || {
            HttpResponse::Ok().body("hello")
        }),
        (get("/"), || HttpResponse::NoContent().finish()),
        (get("/"), || HttpResponse::NotModified().body("hello")),
        (get("/"), || HttpResponse::Ok().finish()),
    ];
    for (request, answer) in answers {
        let watch = Watch::new();
        let app = init_service(App::new().wrap(watch.middleware()).configure(answering(answer))).await;
        drop(call_service(&app, request.to_request()).await);
        let ended = watch.only();
        assert_eq!((ended.outcome, ended.response_bytes), (Outcome::Ok, 0));
    }
}

#[actix_web::test]
async fn server_sent_events_are_counted_at_their_head() {
    let watch = Watch::new();
    let events = || {
        HttpResponse::Ok()
            .content_type("text/event-stream")
            .streaming(pieces(&["data: 1\n\n"]))
    };
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(events))).await;
    let response = call_service(&app, get("/").to_request()).await;
    assert_eq!(watch.page().value("http_requests_total", &[]), Some(1.0));
    assert_eq!(watch.page().value("http_stream_duration_seconds_count", &[]), None);
    Answer::of(response).await;
    assert_eq!(watch.only().response_bytes, 9);
    assert_eq!(watch.page().value("http_stream_duration_seconds_count", &[]), Some(1.0));
}

#[actix_web::test]
async fn an_upgrade_is_counted_at_its_head_and_its_lifetime_where_the_guard_is_held() {
    let watch = Watch::new();
    let upgrade = || {
        let lifetime = StreamGuard::start();
        HttpResponse::SwitchingProtocols().streaming(stream::once(async move {
            drop(lifetime);
            Ok::<_, io::Error>(Bytes::from_static(b"frame"))
        }))
    };
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(upgrade))).await;
    let response = call_service(&app, get("/").to_request()).await;
    assert_eq!((watch.only().status, watch.only().outcome), (101, Outcome::Ok));
    assert_eq!(watch.page().value("http_stream_duration_seconds_count", &[]), None);
    Answer::of(response).await;
    assert_eq!(
        watch
            .page()
            .value("http_stream_duration_seconds_count", &[("endpoint", "/")]),
        Some(1.0)
    );
    watch.only();
}

#[actix_web::test]
async fn a_body_that_is_taken_as_bytes_ends_the_request() {
    let watch = Watch::new();
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(|| "hello"))).await;
    let body = call_service(&app, get("/").to_request()).await.into_body();
    assert_eq!(watch.ended().len(), 0);
    assert_eq!(body.try_into_bytes().unwrap(), "hello");
    assert_eq!((watch.only().outcome, watch.only().response_bytes), (Outcome::Ok, 5));
}

#[actix_web::test]
async fn a_stream_can_not_be_taken_as_bytes_and_goes_on() {
    let watch = Watch::new();
    let app = App::new().wrap(watch.middleware());
    let app = init_service(app.configure(answering(|| HttpResponse::Ok().streaming(pieces(&["hello"]))))).await;
    let body = call_service(&app, get("/").to_request()).await.into_body();
    let body = body.try_into_bytes().unwrap_err();
    assert_eq!(watch.ended().len(), 0);
    assert_eq!(actix_web::body::to_bytes(body).await.unwrap(), "hello");
    assert_eq!(watch.only().response_bytes, 5);
}

/// A body that pretends to be empty is never asked for bytes.
#[actix_web::test]
async fn a_body_without_size_is_never_waited_for() {
    struct Never;
    impl MessageBody for Never {
        type Error = Infallible;
        fn size(&self) -> BodySize {
            BodySize::None
        }
        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
            Poll::Pending
        }
    }
    let watch = Watch::new();
    let answer = || HttpResponse::Ok().message_body(Never).unwrap();
    let app = init_service(App::new().wrap(watch.middleware()).configure(answering(answer))).await;
    let _response = call_service(&app, get("/").to_request()).await;
    assert_eq!(watch.only().outcome, Outcome::Ok);
}
