//! The outcomes of calls and bodies over HTTP/2 with the middleware for reqwest.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::SendStream;
use http::Response;
use obs_core::{
    Obs,
    request::{GrpcStatus, Outcome},
};
use obs_reqwest::{
    ObsClientMiddleware,
    reqwest_middleware::{ClientBuilder, ClientWithMiddleware},
};

use crate::answers::{Plain, answering, serving};

/// The arguments of the hook: statuses of HTTP and of gRPC, outcome and error type.
type Told = (Option<u16>, Option<GrpcStatus>, Outcome, Option<String>);

fn client() -> (ClientWithMiddleware, Arc<Mutex<Vec<Told>>>) {
    let told = Arc::<Mutex<Vec<Told>>>::default();
    let hook = Arc::clone(&told);
    let obs = Obs::builder("caller").log_writer(std::io::sink()).build().unwrap();
    let middleware = ObsClientMiddleware::new().obs(&obs).on_finish(move |finished| {
        let error_type = finished.error_type.map(str::to_owned);
        hook.lock()
            .unwrap()
            .push((finished.status, finished.grpc_status, finished.outcome, error_type));
    });
    let http = reqwest::Client::builder()
        .http2_prior_knowledge()
        .no_proxy()
        .build()
        .unwrap();
    (ClientBuilder::new(http).with(middleware).build(), told)
}

const GRPC: (&str, &str) = ("content-type", "application/grpc");
const WEB: (&str, &str) = ("content-type", "application/grpc-web");
const MESSAGE: &[u8] = b"\0\0\0\0\0";

#[tokio::test]
async fn the_outcome_of_a_call_comes_from_its_trailers_or_from_what_answers_instead() {
    use GrpcStatus::{Internal, NotFound, Ok, Unavailable, Unknown};

    let cases: [(Plain, GrpcStatus, Outcome); 7] = [
        ((200, &[GRPC], MESSAGE, &[("grpc-status", "0")]), Ok, Outcome::Ok),
        (
            (200, &[GRPC], MESSAGE, &[("grpc-status", "5")]),
            NotFound,
            Outcome::ClientError,
        ),
        (
            (200, &[GRPC, ("grpc-status", "5")], b"", &[]),
            NotFound,
            Outcome::ClientError,
        ),
        (
            (200, &[WEB], b"\x80\0\0\0\x0fgrpc-status:14\n", &[]),
            Unavailable,
            Outcome::ServerError,
        ),
        ((200, &[GRPC], MESSAGE, &[]), Unknown, Outcome::ServerError),
        ((503, &[], b"", &[]), Unavailable, Outcome::ServerError),
        ((503, &[], b"<html>", &[]), Internal, Outcome::ServerError),
    ];
    for (answer, grpc_status, outcome) in cases {
        let (http, told) = client();
        let url = format!("http://{}/shop.Orders/Get", answering(answer).await);
        let response = http
            .post(url)
            .header(GRPC.0, GRPC.1)
            .body(MESSAGE)
            .send()
            .await
            .unwrap();
        assert_eq!(response.bytes().await.unwrap(), answer.2);
        let error_type = (outcome != Outcome::Ok).then(|| grpc_status.as_str().to_owned());
        assert_eq!(
            *told.lock().unwrap(),
            [(Some(answer.0), Some(grpc_status), outcome, error_type)],
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_call_whose_body_is_dropped_is_aborted_and_no_error() {
    let (http, told) = client();
    let url = format!(
        "http://{}/shop.Orders/Get",
        answering((200, &[GRPC], MESSAGE, &[("grpc-status", "0")])).await
    );
    drop(
        http.post(url)
            .header(GRPC.0, GRPC.1)
            .body(MESSAGE)
            .send()
            .await
            .unwrap(),
    );
    assert_eq!(
        *told.lock().unwrap(),
        [(Some(200), Some(GrpcStatus::Cancelled), Outcome::Aborted, None)]
    );
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_a_body_error_over_http_2_too() {
    for is_reset in [true, false] {
        let sending = Arc::<Mutex<Vec<SendStream<Bytes>>>>::default();
        let kept = Arc::clone(&sending);
        let addr = serving(move |respond| {
            let head = Response::builder().header("content-length", "10").body(()).unwrap();
            let mut send = respond.send_response(head, false).unwrap();
            send.send_data(Bytes::from_static(b"abc"), false).unwrap();
            kept.lock().unwrap().push(send);
        })
        .await;
        let (http, told) = client();
        let mut response = http.get(format!("http://{addr}/")).send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "abc");
        let mut send = sending.lock().unwrap().remove(0);
        if is_reset {
            send.send_reset(h2::Reason::INTERNAL_ERROR);
        } else {
            send.send_data(Bytes::new(), true).unwrap();
        }
        response.bytes().await.unwrap_err();
        let expected = (Some(200), None, Outcome::BodyError, Some("body_error".to_owned()));
        assert_eq!(*told.lock().unwrap(), [expected], "{is_reset}");
    }
}

#[tokio::test]
async fn a_whole_body_is_ok_over_http_2_too() {
    let (http, told) = client();
    let addr = answering((200, &[("content-length", "5")], b"hello", &[])).await;
    assert_eq!(
        http.get(format!("http://{addr}/"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "hello"
    );
    assert_eq!(*told.lock().unwrap(), [(Some(200), None, Outcome::Ok, None)]);
}
