//! Errors in place of a response.

use std::{future::ready, panic::AssertUnwindSafe, pin::pin};

use actix_web::{
    App, Error, HttpResponse,
    body::MessageBody,
    dev::{Service as _, ServiceRequest, ServiceResponse},
    error,
    http::StatusCode,
    middleware::{Next, from_fn},
    test::init_service,
    web::{self, Bytes},
};
use obs_actix::obs_core::request::Outcome;

use crate::support::{Watch, get};

use super::endings::{answering, next, pieces};

async fn failing(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse<Bytes>, Error> {
    Err(error::ErrorUnauthorized("no token"))
}

async fn broken(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse<Bytes>, Error> {
    Err(error::ErrorServiceUnavailable("no database"))
}

#[actix_web::test]
async fn a_handler_s_error_keeps_its_status() {
    for (status, outcome, error_type) in [
        (StatusCode::CONFLICT, Outcome::ClientError, None),
        (StatusCode::SERVICE_UNAVAILABLE, Outcome::ServerError, Some("503")),
    ] {
        let watch = Watch::new();
        let failed = move || Err::<&str, Error>(error::InternalError::new("why", status).into());
        let answer = watch.ask(get("/"), answering(failed)).await;
        assert_eq!((answer.status, &*answer.body), (status.as_u16(), &b"why"[..]));
        assert!(answer.header("x-request-id").is_some());
        let ended = watch.only();
        assert_eq!((ended.status, ended.outcome), (status.as_u16(), outcome));
        assert_eq!((ended.error_type.as_deref(), ended.response_bytes), (error_type, 3));
    }
}

#[actix_web::test]
async fn an_extractor_s_error_is_a_client_error() {
    let watch = Watch::new();
    let answer = watch
        .ask(get("/users/seven"), |config| {
            config.route(
                "/users/{id}",
                web::get().to(|id: web::Path<u64>| async move { id.to_string() }),
            );
        })
        .await;
    assert_eq!(answer.status, 404);
    let ended = watch.only();
    assert_eq!((&*ended.endpoint, ended.outcome), ("/users/{id}", Outcome::ClientError));
}

#[actix_web::test]
async fn a_middleware_s_error_is_recorded_under_its_status_and_passed_on() {
    let watch = Watch::new();
    let app = App::new()
        .wrap(from_fn(failing))
        .wrap(watch.middleware())
        .configure(answering(|| "hello"));
    let error = init_service(app)
        .await
        .call(get("/").to_request())
        .await
        .map(drop)
        .unwrap_err();
    assert!(error.as_error::<error::InternalError<&str>>().is_some());
    assert_eq!(watch.ended().len(), 0);
    let answer = error.error_response();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let ended = watch.only();
    assert_eq!(
        (&*ended.endpoint, ended.status, ended.outcome),
        ("/", 401, Outcome::ClientError)
    );
    assert_eq!(ended.response_bytes, 8);
    let id = answer.headers().get("x-request-id").unwrap().to_str().unwrap();
    assert_eq!(id, watch.line().str("request_id"));
}

#[actix_web::test]
async fn a_middleware_s_server_error_has_its_status_as_error_type() {
    let watch = Watch::new();
    let app = App::new()
        .wrap(from_fn(broken))
        .wrap(watch.middleware())
        .configure(answering(|| "hello"));
    assert!(init_service(app).await.call(get("/").to_request()).await.is_err());
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type.as_deref()),
        (503, Outcome::ServerError, Some("503"))
    );
    // Nobody has rendered it: unknown is not 0.
    assert_eq!(watch.page().value("http_response_size_bytes_count", &[]), None);
}

/// An error that is another one to the client than to itself.
#[derive(Debug)]
struct Masked {
    answers: fn() -> HttpResponse,
    rendered: std::rc::Rc<std::cell::Cell<u32>>,
}

impl std::fmt::Display for Masked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("masked")
    }
}

impl actix_web::ResponseError for Masked {
    fn error_response(&self) -> HttpResponse {
        self.rendered.set(self.rendered.get() + 1);
        (self.answers)()
    }
}

/// The error of an application whose inner middleware fails so, and how often it was rendered.
async fn masked(watch: &Watch, answers: fn() -> HttpResponse) -> (Error, std::rc::Rc<std::cell::Cell<u32>>) {
    let rendered = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&rendered);
    let failing = from_fn(move |_: ServiceRequest, _: Next<actix_web::body::BoxBody>| {
        let error = Masked {
            answers,
            rendered: std::rc::Rc::clone(&count),
        };
        ready(Err::<ServiceResponse<Bytes>, Error>(error.into()))
    });
    let app = App::new()
        .wrap(failing)
        .wrap(watch.middleware())
        .configure(answering(|| "hello"));
    let failed = init_service(app).await.call(get("/").to_request()).await.map(drop);
    (failed.unwrap_err(), rendered)
}

#[actix_web::test]
async fn an_error_is_recorded_as_the_response_that_it_makes_and_rendered_once() {
    let watch = Watch::new();
    let (error, rendered) = masked(&watch, || HttpResponse::Forbidden().body("go away")).await;
    assert_eq!(
        (error.as_response_error().status_code(), rendered.get()),
        (StatusCode::INTERNAL_SERVER_ERROR, 0)
    );
    let answer = HttpResponse::from(actix_http::Response::from(error));
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(actix_web::body::to_bytes(answer.into_body()).await.unwrap(), "go away");
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type.as_deref()),
        (403, Outcome::ClientError, None)
    );
    assert_eq!((ended.response_bytes, rendered.get()), (7, 1));
    assert_eq!(watch.page().value("http_response_size_bytes_sum", &[]), Some(7.0));
}

#[actix_web::test]
async fn the_body_of_an_error_is_watched_to_its_end() {
    let watch = Watch::new();
    let (error, _) = masked(&watch, || HttpResponse::NotFound().streaming(pieces(&["go ", "away"]))).await;
    let mut body = pin!(error.error_response().into_body());
    next(&mut body).await;
    assert_eq!(watch.ended().len(), 0);
    while next(&mut body).await.is_some() {}
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.response_bytes),
        (404, Outcome::ClientError, 7)
    );
}

#[actix_web::test]
async fn an_error_that_panics_when_it_is_rendered_is_recorded_as_a_panic() {
    let watch = Watch::new();
    let (error, _) = masked(&watch, || panic!("on purpose")).await;
    let rendered = std::panic::catch_unwind(AssertUnwindSafe(move || error.error_response().status()));
    assert!(rendered.is_err());
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, ended.error_type.as_deref()),
        (500, Outcome::Panic, Some("panic"))
    );
}

#[actix_web::test]
async fn an_error_that_another_middleware_answers_for_has_its_own_status() {
    let watch = Watch::new();
    let (error, rendered) = masked(&watch, || HttpResponse::Forbidden().finish()).await;
    drop(error);
    let ended = watch.only();
    assert_eq!(
        (ended.status, ended.outcome, rendered.get()),
        (500, Outcome::ServerError, 0)
    );
}
