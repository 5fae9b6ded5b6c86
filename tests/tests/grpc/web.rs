//! gRPC-Web through tonic's own translation, on either side of it.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use obs_axum::{ObsLayer, obs_core::Obs};
use prost::Message as _;
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Service, ServiceBuilder, ServiceExt as _};

use crate::{
    orders::{Ask, Orders},
    stage::{error, total},
};

const GET: &str = "shop.Orders/Get";
const WATCH: &str = "shop.Orders/Watch";

/// A call of gRPC-Web over HTTP/1.1 that fails with this code, and takes answers of this type.
fn call(method: &str, fails: i32, content_type: &str) -> Request<Body> {
    let message = Ask { fails, messages: 2 }.encode_to_vec();
    let size = u32::try_from(message.len()).unwrap().to_be_bytes();
    let body = Bytes::from([&[0][..], &size, &message].concat());
    let request = Request::post(format!("http://orders/{method}")).version(Version::HTTP_11);
    let request = request
        .header("content-type", "application/grpc-web+proto")
        .header("accept", content_type);
    request.body(Body::new(Full::new(body))).unwrap()
}

/// What is counted of the one call, once its answer is read.
async fn counted<S, B>(obs: &Obs, service: S, request: Request<Body>) -> Vec<String>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_ok());
    let page = obs_tests::page::text_of(obs.registry());
    let of = |metric: &'static str| {
        page.lines()
            .filter(move |line| line.starts_with(metric))
            .map(str::to_owned)
    };
    of("http_requests_total{").chain(of("http_errors_total{")).collect()
}

fn instance() -> Obs {
    Obs::builder("grpc").log_writer(std::io::sink()).build().unwrap()
}

#[tokio::test]
async fn a_call_over_grpc_web_has_the_status_of_its_trailers_on_either_side_of_the_translation() {
    for content_type in [
        "application/grpc-web+proto",
        "application/grpc-web-text+proto",
        "application/grpc-web-text",
    ] {
        for (fails, status, outcome) in [
            (0, "OK", "ok"),
            (5, "NOT_FOUND", "client_error"),
            (13, "INTERNAL", "server_error"),
        ] {
            let of_server = (outcome == "server_error").then(|| error(GET, status));
            let expected: Vec<_> = [total(GET, status, outcome)].into_iter().chain(of_server).collect();
            let (outer, inner) = (instance(), instance());
            let layer = |obs: &Obs| ObsLayer::new().obs(obs).grpc_methods([GET]);
            let outside = ServiceBuilder::new()
                .layer(layer(&outer))
                .layer(GrpcWebLayer::new())
                .service(Orders);
            assert_eq!(
                counted(&outer, outside, call(GET, fails, content_type)).await,
                expected,
                "{content_type}"
            );
            let inside = ServiceBuilder::new()
                .layer(GrpcWebLayer::new())
                .layer(layer(&inner))
                .service(Orders);
            assert_eq!(
                counted(&inner, inside, call(GET, fails, content_type)).await,
                expected,
                "{content_type}"
            );
        }
    }
}

#[tokio::test]
async fn a_stream_over_grpc_web_has_its_status_in_the_last_frame() {
    for content_type in ["application/grpc-web", "application/grpc-web-text"] {
        let obs = instance();
        let service = ServiceBuilder::new()
            .layer(ObsLayer::new().obs(&obs))
            .layer(GrpcWebLayer::new())
            .service(Orders);
        // Its method is learnt from this very answer, which has messages.
        let expected = [total(WATCH, "DATA_LOSS", "server_error"), error(WATCH, "DATA_LOSS")];
        assert_eq!(counted(&obs, service, call(WATCH, 15, content_type)).await, expected);
    }
}

#[tokio::test]
async fn layers_on_both_sides_of_the_translation_count_a_call_once() {
    let obs = instance();
    let layer = || ObsLayer::new().obs(&obs).grpc_methods([GET]);
    let service = ServiceBuilder::new()
        .layer(layer())
        .layer(GrpcWebLayer::new())
        .layer(layer())
        .service(Orders);
    let expected = [total(GET, "INTERNAL", "server_error"), error(GET, "INTERNAL")];
    assert_eq!(
        counted(&obs, service, call(GET, 13, "application/grpc-web")).await,
        expected
    );
}
