//! Answers that no well-behaved server gives, and what is not gRPC.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response, Version};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use obs_axum::{ObsLayer, obs_core::Obs};
use tower::{ServiceBuilder, ServiceExt as _};

type Body = UnsyncBoxBody<Bytes, Infallible>;

fn trailers(status: Option<&'static str>) -> HeaderMap {
    status
        .into_iter()
        .map(|status| (http::HeaderName::from_static("grpc-status"), status.parse().unwrap()))
        .collect()
}

/// A message, then these trailers if there are any.
fn body(end: Option<HeaderMap>) -> Body {
    let message = Frame::data(Bytes::from_static(b"\0\0\0\0\0"));
    let frames = std::iter::once(message)
        .chain(end.map(Frame::trailers))
        .map(Ok::<_, Infallible>);
    StreamBody::new(stream::iter(frames.collect::<Vec<_>>())).boxed_unsync()
}

fn call(content_type: &str) -> Request<()> {
    let request = Request::post("/shop.Orders/Get")
        .version(Version::HTTP_2)
        .header("content-type", content_type);
    request.body(()).unwrap()
}

fn answer(body: Body) -> Response<Body> {
    Response::builder()
        .header("content-type", "application/grpc+proto")
        .body(body)
        .unwrap()
}

/// The counter of the one request: its status and outcome.
async fn recorded(request: Request<()>, response: Response<Body>) -> (String, String) {
    let obs = Obs::builder("grpc").build().unwrap();
    let layer = ObsLayer::new().obs(&obs).grpc_methods(["shop.Orders/Get"]);
    let response = std::sync::Mutex::new(Some(response));
    let service = ServiceBuilder::new().layer(layer).service_fn(move |_: Request<()>| {
        let response = response.lock().unwrap().take().expect("one request");
        async move { Ok::<_, Infallible>(response) }
    });
    service
        .oneshot(request)
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap();
    let page = obs_tests::page::text_of(obs.registry());
    let line = page
        .lines()
        .find(|line| line.starts_with("http_requests_total{"))
        .expect("a request");
    let label = |key: &str| {
        line.split(&format!("{key}=\""))
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    (label("status"), label("outcome"))
}

fn expect(status: &str, outcome: &str) -> (String, String) {
    (status.to_owned(), outcome.to_owned())
}

#[tokio::test]
async fn an_answer_that_ends_without_a_status_is_unknown() {
    let unknown = expect("UNKNOWN", "server_error");
    assert_eq!(recorded(call("application/grpc"), answer(body(None))).await, unknown);
    assert_eq!(
        recorded(call("application/grpc"), answer(body(Some(trailers(None))))).await,
        unknown
    );
}

#[tokio::test]
async fn a_number_that_is_no_code_is_unknown() {
    let response = answer(body(Some(trailers(Some("4711")))));
    assert_eq!(
        recorded(call("application/grpc"), response).await,
        expect("UNKNOWN", "server_error")
    );
}

#[tokio::test]
async fn a_body_of_known_size_still_has_its_trailers_to_come() {
    let full = Full::new(Bytes::from_static(b"\0\0\0\0\0"));
    let with_trailers = full
        .with_trailers(async { Some(Ok(trailers(Some("5")))) })
        .boxed_unsync();
    assert_eq!(
        recorded(call("application/grpc"), answer(with_trailers)).await,
        expect("NOT_FOUND", "client_error")
    );
}

#[tokio::test]
async fn an_answer_of_a_proxy_keeps_its_status_of_http() {
    for (status, outcome) in [(503, "server_error"), (404, "client_error"), (200, "ok")] {
        let mut response = Response::new(body(None));
        *response.status_mut() = status.try_into().unwrap();
        let expected = expect(&status.to_string(), outcome);
        assert_eq!(recorded(call("application/grpc"), response).await, expected);
    }
}

#[tokio::test]
async fn only_a_post_over_http_2_of_the_type_is_a_call() {
    let types = [
        "application/grpc",
        "Application/GRPC",
        "application/grpc+json",
        "application/grpc;a=b",
    ];
    for content_type in types {
        let response = answer(body(Some(trailers(Some("0")))));
        assert_eq!(
            recorded(call(content_type), response).await,
            expect("OK", "ok"),
            "{content_type}"
        );
    }
    let mut others = vec![
        call("application/grpc-webx"),
        call("application/grpcx"),
        call("text/plain"),
    ];
    others.extend([call("application/grpc"), call("application/grpc")]);
    *others[3].version_mut() = Version::HTTP_11;
    *others[4].method_mut() = http::Method::PUT;
    for request in others {
        let response = answer(body(Some(trailers(Some("13")))));
        assert_eq!(recorded(request, response).await, expect("200", "ok"));
    }
}
