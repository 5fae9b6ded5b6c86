//! Answers to a client that no well-behaved server gives, and what is not gRPC.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty, Full, StreamBody, combinators::UnsyncBoxBody};
use obs_axum::{ObsClientLayer, client::ObsClientBody, obs_core::Obs};
use obs_core::request::{GrpcStatus, Outcome};
use tower::{ServiceBuilder, ServiceExt as _};

type Body = UnsyncBoxBody<Bytes, &'static str>;
type Told = (Option<u16>, Option<GrpcStatus>, Outcome, Option<String>);

const MESSAGE: &[u8] = b"\0\0\0\0\0";

fn status(code: &'static str) -> HeaderMap {
    [(
        http::HeaderName::from_static("grpc-status"),
        http::HeaderValue::from_static(code),
    )]
    .into_iter()
    .collect()
}

/// A message, then what follows.
fn body(end: impl IntoIterator<Item = Result<Frame<Bytes>, &'static str>>) -> Body {
    let frames = std::iter::once(Ok(Frame::data(Bytes::from_static(MESSAGE)))).chain(end);
    StreamBody::new(stream::iter(frames.collect::<Vec<_>>())).boxed_unsync()
}

fn grpc(body: Body) -> Response<Body> {
    Response::builder()
        .header("content-type", "application/grpc")
        .body(body)
        .unwrap()
}

fn call(content_type: &str) -> Request<Empty<Bytes>> {
    Request::post("http://orders/shop.Orders/Get")
        .header("content-type", content_type)
        .body(Empty::new())
        .unwrap()
}

/// The response through the layer, and the argument of its hook.
async fn through(
    request: Request<Empty<Bytes>>,
    response: Response<Body>,
) -> (Response<ObsClientBody<Body>>, Arc<Mutex<Vec<Told>>>) {
    let told = Arc::<Mutex<Vec<Told>>>::default();
    let hook = Arc::clone(&told);
    let obs = Obs::builder("caller").log_writer(std::io::sink()).build().unwrap();
    let layer = ObsClientLayer::new().obs(&obs).on_finish(move |finished| {
        let error_type = finished.error_type.map(str::to_owned);
        hook.lock()
            .unwrap()
            .push((finished.status, finished.grpc_status, finished.outcome, error_type));
    });
    let response = Mutex::new(Some(response));
    let client = ServiceBuilder::new()
        .layer(layer)
        .service_fn(move |_: Request<Empty<Bytes>>| {
            let response = response.lock().unwrap().take().expect("one request");
            async move { Ok::<_, Infallible>(response) }
        });
    (client.oneshot(request).await.unwrap(), told)
}

/// The record of a call with this response, after its body was read to the end.
async fn told_of(response: Response<Body>) -> Vec<Told> {
    let (response, told) = through(call("application/grpc"), response).await;
    // It may fail, which is recorded.
    let _ = response.into_body().collect().await;
    Arc::into_inner(told).map_or_else(Vec::new, |told| told.into_inner().unwrap())
}

fn expect(grpc_status: GrpcStatus, outcome: Outcome, error_type: Option<&str>) -> Vec<Told> {
    vec![(Some(200), Some(grpc_status), outcome, error_type.map(str::to_owned))]
}

#[tokio::test]
async fn an_answer_that_ends_without_a_status_is_unknown() {
    let unknown = expect(GrpcStatus::Unknown, Outcome::ServerError, Some("UNKNOWN"));
    assert_eq!(told_of(grpc(body([]))).await, unknown);
    assert_eq!(
        told_of(grpc(body([Ok(Frame::trailers(HeaderMap::new()))]))).await,
        unknown
    );
    assert_eq!(
        told_of(grpc(Empty::new().map_err(|_| "never").boxed_unsync())).await,
        unknown
    );
    // Its last frame shows that it is the last, and nobody asks for another.
    let full = Full::new(Bytes::from_static(MESSAGE))
        .map_err(|_| "never")
        .boxed_unsync();
    let (response, told) = through(call("application/grpc"), grpc(full)).await;
    let mut body = pin!(response.into_body());
    poll_fn(|cx| body.as_mut().poll_frame(cx)).await.unwrap().unwrap();
    assert_eq!(*told.lock().unwrap(), unknown);
}

#[tokio::test]
async fn a_number_that_is_no_code_is_unknown() {
    let response = grpc(body([Ok(Frame::trailers(status("4711")))]));
    assert_eq!(
        told_of(response).await,
        expect(GrpcStatus::Unknown, Outcome::ServerError, Some("UNKNOWN"))
    );
}

#[tokio::test]
async fn a_body_that_fails_is_an_error() {
    let response = grpc(body([Err("reset")]));
    assert_eq!(
        told_of(response).await,
        expect(GrpcStatus::Internal, Outcome::BodyError, Some("body_error"))
    );
}

#[tokio::test]
async fn a_status_in_the_head_ends_the_call_there() {
    let mut response = grpc(Empty::new().map_err(|_| "never").boxed_unsync());
    response.headers_mut().extend(status("5"));
    let (response, told) = through(call("application/grpc"), response).await;
    assert_eq!(
        *told.lock().unwrap(),
        expect(GrpcStatus::NotFound, Outcome::ClientError, Some("NOT_FOUND"))
    );
    drop(response);
    assert_eq!(told.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_grpc_has_the_status_that_clients_make_of_it_read_or_not() {
    for (status, grpc_status, outcome) in [
        (503, GrpcStatus::Unavailable, Outcome::ServerError),
        (404, GrpcStatus::Unimplemented, Outcome::ServerError),
        (401, GrpcStatus::Unauthenticated, Outcome::ClientError),
        (200, GrpcStatus::Unknown, Outcome::ServerError),
    ] {
        let expected = vec![(
            Some(status),
            Some(grpc_status),
            outcome,
            Some(grpc_status.as_str().to_owned()),
        )];
        let answer = || {
            let mut response = Response::new(body([]));
            *response.status_mut() = status.try_into().unwrap();
            response
        };
        assert_eq!(told_of(answer()).await, expected);
        let (response, told) = through(call("application/grpc"), answer()).await;
        drop(response);
        assert_eq!(*told.lock().unwrap(), expected);
    }
}

#[tokio::test]
async fn a_body_that_is_no_message_is_internal_as_soon_as_that_shows() {
    let page = || {
        Full::new(Bytes::from_static(b"<html>"))
            .map_err(|_| "never")
            .boxed_unsync()
    };
    let mut response = Response::new(page());
    *response.status_mut() = http::StatusCode::BAD_GATEWAY;
    let (response, told) = through(call("application/grpc"), response).await;
    assert_eq!(*told.lock().unwrap(), []);
    let mut body = pin!(response.into_body());
    poll_fn(|cx| body.as_mut().poll_frame(cx)).await.unwrap().unwrap();
    let internal = (
        Some(502),
        Some(GrpcStatus::Internal),
        Outcome::ServerError,
        Some("INTERNAL".to_owned()),
    );
    assert_eq!(*told.lock().unwrap(), [internal]);
}

#[tokio::test]
async fn only_a_post_of_the_type_is_a_call() {
    let mut others = vec![
        call("application/grpc-webx"),
        call("application/grpcx"),
        call("text/plain"),
    ];
    others.push(call("application/grpc"));
    *others[3].method_mut() = http::Method::PUT;
    for request in others {
        let (_response, told) = through(request, grpc(body([Ok(Frame::trailers(status("13")))]))).await;
        assert_eq!(*told.lock().unwrap(), [(Some(200), None, Outcome::Ok, None)]);
    }
}

#[tokio::test]
async fn size_end_frames_and_trailers_are_those_of_the_inner_body() {
    let full = Full::new(Bytes::from_static(MESSAGE)).with_trailers(async { Some(Ok(status("0"))) });
    let response = grpc(full.map_err(|_: Infallible| "never").boxed_unsync());
    let inner: (SizeHint, bool) = (response.body().size_hint(), response.body().is_end_stream());
    let (response, told) = through(call("application/grpc"), response).await;
    let body = response.into_body();
    assert_eq!(
        (body.size_hint().exact(), body.is_end_stream()),
        (inner.0.exact(), inner.1)
    );
    let collected = body.collect().await.unwrap();
    assert_eq!(
        collected
            .trailers()
            .and_then(|all| all.get("grpc-status"))
            .map(http::HeaderValue::as_bytes),
        Some(&b"0"[..])
    );
    assert_eq!(collected.to_bytes(), MESSAGE);
    assert_eq!(*told.lock().unwrap(), expect(GrpcStatus::Ok, Outcome::Ok, None));
}
