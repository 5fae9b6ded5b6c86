//! The layer around clients that answer without a network.

use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::{Arc, Mutex},
};

use axum::body::Body;
use http::{HeaderMap, Request, Response, Version};
use obs_core::{
    Obs,
    client::{Outcome, transport_error},
    context,
};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn, timeout::TimeoutLayer};

use super::*;

/// What the hook was told: method, host, target, status, outcome, error type, retries.
type Told = (String, String, String, Option<u16>, Outcome, Option<String>, u32);

/// A layer, and what its hook was told.
fn layer() -> (ObsClientLayer, Arc<Mutex<Vec<Told>>>) {
    let told = Arc::<Mutex<Vec<Told>>>::default();
    let hook = Arc::clone(&told);
    let obs = Obs::builder("test").log_writer(io::sink()).build().unwrap();
    let layer = ObsClientLayer::new().obs(&obs).on_finish(move |finished| {
        hook.lock().unwrap().push((
            finished.method.to_owned(),
            finished.host.to_owned(),
            finished.target.to_owned(),
            finished.status,
            finished.outcome,
            finished.error_type.map(str::to_owned),
            finished.resend_count,
        ));
    });
    (layer, told)
}

fn told(
    host: &str,
    target: &str,
    status: impl Into<Option<u16>>,
    outcome: Outcome,
    error_type: Option<&str>,
) -> [Told; 1] {
    let error_type = error_type.map(str::to_owned);
    [(
        "GET".to_owned(),
        host.to_owned(),
        target.to_owned(),
        status.into(),
        outcome,
        error_type,
        0,
    )]
}

fn get(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

/// A client that answers with this status.
fn answering(
    status: u16,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone {
    service_fn(move |_| async move { Ok(Response::builder().status(status).body(Body::empty()).unwrap()) })
}

#[tokio::test]
async fn an_answer_is_recorded_under_host_and_target() {
    let (layer, seen) = layer();
    let mut request = get("http://Users.Internal:8080/users/7");
    request.extensions_mut().insert(Target::new("/users/{id}"));
    let response = ServiceBuilder::new()
        .layer(layer)
        .service(answering(200))
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        *seen.lock().unwrap(),
        told("users.internal", "/users/{id}", 200, Outcome::Ok, None)
    );
}

#[tokio::test]
async fn a_4xx_answer_is_an_error_of_the_client() {
    let (layer, seen) = layer();
    ServiceBuilder::new()
        .layer(layer)
        .service(answering(404))
        .oneshot(get("http://users/"))
        .await
        .unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        told("users", "", 404, Outcome::ClientError, Some("404"))
    );
}

#[tokio::test]
async fn an_error_of_the_client_is_classified_by_its_sources() {
    let (layer, seen) = layer();
    let refuses = service_fn(|_: Request<Body>| async {
        Err::<Response<Body>, _>(io::Error::from(io::ErrorKind::ConnectionRefused))
    });
    let result = ServiceBuilder::new()
        .layer(layer)
        .service(refuses)
        .oneshot(get("http://users/"))
        .await;
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(
        *seen.lock().unwrap(),
        told("users", "", None, Outcome::ServerError, Some("connect"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_of_the_layer_is_an_error() {
    let (layer, seen) = layer();
    let hangs = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    let client = ServiceBuilder::new()
        .layer(layer.classify_error(|error: &BoxError| Some(transport_error(&**error))))
        .layer(TimeoutLayer::new(std::time::Duration::from_secs(1)))
        .service(hangs);
    client.oneshot(get("http://users/")).await.unwrap_err();
    assert_eq!(
        *seen.lock().unwrap(),
        told("users", "", None, Outcome::ServerError, Some("timeout"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_outside_of_the_layer_cancels() {
    let (layer, seen) = layer();
    let hangs = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    let client = ServiceBuilder::new()
        .layer(TimeoutLayer::new(std::time::Duration::from_secs(1)))
        .layer(layer)
        .service(hangs);
    client.oneshot(get("http://users/")).await.unwrap_err();
    assert_eq!(*seen.lock().unwrap(), told("users", "", None, Outcome::Cancelled, None));
}

#[tokio::test]
async fn a_request_of_a_grpc_client_is_named_by_base_url_and_path() {
    let (layer, seen) = layer();
    let layer = layer
        .base_url("http://payments.internal:50051")
        .target(|request| request.uri.path().to_owned());
    let mut request = get("/shop.Payments/Charge");
    *request.version_mut() = Version::HTTP_2;
    ServiceBuilder::new()
        .layer(layer)
        .service(answering(200))
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        told("payments.internal", "/shop.Payments/Charge", 200, Outcome::Ok, None)
    );
}

#[tokio::test]
async fn hooks_that_panic_break_no_request() {
    let (layer, seen) = layer();
    let layer = layer.target(|_| -> String { panic!("on purpose") });
    ServiceBuilder::new()
        .layer(layer)
        .service(answering(200))
        .oneshot(get("http://users/"))
        .await
        .unwrap();
    assert_eq!(
        std::mem::take(&mut *seen.lock().unwrap()),
        told("users", "", 200, Outcome::Ok, None)
    );

    let (layer, seen) = self::layer();
    let layer = layer.classify_error(|_: &BoxError| -> Option<&'static str> { panic!("on purpose") });
    let fails = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>(BoxError::from("no")) });
    let error = ServiceBuilder::new()
        .layer(layer)
        .service(fails)
        .oneshot(get("http://users/"))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no");
    assert_eq!(
        *seen.lock().unwrap(),
        told("users", "", None, Outcome::ServerError, Some("_OTHER"))
    );
}

#[tokio::test]
async fn a_retry_tells_its_number() {
    let (layer, seen) = layer();
    let mut request = get("http://users/");
    request.extensions_mut().insert(ResendCount(2));
    ServiceBuilder::new()
        .layer(layer)
        .service(answering(200))
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(seen.lock().unwrap()[0].6, 2);
}

#[tokio::test]
async fn the_trace_goes_along() {
    let (layer, _) = layer();
    let sent = Arc::new(Mutex::new(HeaderMap::new()));
    let headers = Arc::clone(&sent);
    let echo = service_fn(move |request: Request<Body>| {
        *headers.lock().unwrap() = request.headers().clone();
        async { Ok::<_, Infallible>(Response::new(Body::empty())) }
    });
    let job = context::RequestContext::start();
    let trace_id = job.trace_id().to_string();
    let call = ServiceBuilder::new()
        .layer(layer)
        .service(echo)
        .oneshot(get("http://users/"));
    context::scope(job, call).await.unwrap();
    let sent = sent.lock().unwrap();
    assert_eq!(sent["traceparent"].to_str().unwrap()[3..35], trace_id);
    assert_eq!(sent.get("tracestate"), None);
}

#[test]
fn services_and_futures_can_be_sent() {
    fn sendable<T: Send>(_: &T) {}
    let mut service = ServiceBuilder::new().layer(layer().0).service(answering(200));
    sendable(&service);
    sendable(&service.call(get("http://users/")));
}

/// A client that answers with this body and these headers.
fn sending(
    status: u16,
    length: Option<&'static str>,
    body: fn() -> Body,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone {
    service_fn(move |_| async move {
        let builder = Response::builder().status(status);
        let builder = length
            .into_iter()
            .fold(builder, |builder, length| builder.header("content-length", length));
        Ok(builder.body(body()).unwrap())
    })
}

fn streamed(pieces: &'static [Result<&'static str, &'static str>]) -> Body {
    Body::from_stream(futures_util::stream::iter(
        pieces.iter().map(|piece| piece.map_err(io::Error::other)),
    ))
}

#[tokio::test]
async fn an_answer_that_ends_before_its_size_is_an_incomplete_body() {
    type Answer = (u16, Option<&'static str>, fn() -> Body);

    let short = || streamed(&[Ok("hello")]);
    let failing = || streamed(&[Ok("hello"), Err("lost")]);
    let cases: [(Answer, Outcome, Option<&str>); 8] = [
        ((200, Some("10"), short), Outcome::BodyError, Some("incomplete_body")),
        ((200, Some("3"), short), Outcome::BodyError, Some("oversized_body")),
        ((200, Some("10"), failing), Outcome::BodyError, Some("body_error")),
        ((200, Some("5"), short), Outcome::Ok, None),
        ((200, None, short), Outcome::Ok, None),
        ((200, None, || Body::from("hello")), Outcome::Ok, None),
        (
            (200, Some("10"), Body::empty),
            Outcome::BodyError,
            Some("incomplete_body"),
        ),
        ((404, Some("10"), short), Outcome::ClientError, Some("404")),
    ];
    for ((status, length, body), outcome, error_type) in cases {
        let (layer, seen) = layer();
        let client = ServiceBuilder::new()
            .layer(layer)
            .service(sending(status, length, body));
        let response = client.oneshot(get("http://users/")).await.unwrap();
        let _ = axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await;
        assert_eq!(
            *seen.lock().unwrap(),
            told("users", "", status, outcome, error_type),
            "{length:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_whose_body_nobody_wants_counts_by_its_status() {
    for (status, outcome, error_type) in [(200, Outcome::Ok, None), (503, Outcome::ServerError, Some("503"))] {
        let (layer, seen) = layer();
        let client = ServiceBuilder::new()
            .layer(layer)
            .service(sending(status, Some("5"), || Body::from("hello")));
        let response = client.oneshot(get("http://users/")).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), 0);
        drop(response);
        assert_eq!(*seen.lock().unwrap(), told("users", "", status, outcome, error_type));
    }
}

#[tokio::test]
async fn the_time_of_an_answer_stops_at_its_head_although_its_body_is_watched() {
    let took = Arc::<Mutex<Vec<std::time::Duration>>>::default();
    let hook = Arc::clone(&took);
    let obs = Obs::builder("test").log_writer(io::sink()).build().unwrap();
    let layer = ObsClientLayer::new()
        .obs(&obs)
        .on_finish(move |finished| hook.lock().unwrap().push(finished.duration));
    let client = ServiceBuilder::new()
        .layer(layer)
        .service(sending(200, Some("5"), || Body::from("hello")));
    let response = client.oneshot(get("http://users/")).await.unwrap();
    let page = || String::from_utf8(obs.registry().render(obs_core::metrics::Format::Text)).unwrap();
    assert!(
        page().contains(r#"http_client_requests_in_flight{method="GET",host="users",target=""} 0"#),
        "{}",
        page()
    );
    let read = std::time::Instant::now();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    axum::body::to_bytes(Body::new(response.into_body()), usize::MAX)
        .await
        .unwrap();
    assert!(took.lock().unwrap()[0] < read.elapsed());
    assert!(
        page()
            .contains(r#"http_client_requests_total{method="GET",host="users",target="",status="200",outcome="ok"} 1"#)
    );
}

#[tokio::test]
async fn a_client_has_its_own_known_methods_and_tells_the_one_that_was_sent() {
    let told = Arc::<Mutex<Vec<(String, Option<String>)>>>::default();
    let hook = Arc::clone(&told);
    let obs = Obs::builder("test").log_writer(io::sink()).build().unwrap();
    let layer = ObsClientLayer::new()
        .obs(&obs)
        .known_methods(["PURGE"])
        .on_finish(move |finished| {
            hook.lock()
                .unwrap()
                .push((finished.method.to_owned(), finished.method_original.map(str::to_owned)));
        });
    for method in ["PURGE", "GET"] {
        let mut request = get("http://users/");
        *request.method_mut() = method.parse().unwrap();
        ServiceBuilder::new()
            .layer(layer.clone())
            .service(answering(200))
            .oneshot(request)
            .await
            .unwrap();
    }
    let expected = [
        ("PURGE".to_owned(), None),
        ("_OTHER".to_owned(), Some("GET".to_owned())),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}
