//! The metrics page and the layer, in whatever order they are put together.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use obs_axum::{ObsLayer, metrics_for, obs_core::Obs};
use tower::ServiceExt;

fn instance() -> Obs {
    Obs::builder("test").log_writer(std::io::sink()).build().unwrap()
}

fn hello() -> Router {
    Router::new().route("/hello", get(|| async { "hello" }))
}

async fn send(app: &Router, path: &str) -> (StatusCode, String) {
    let response = app
        .clone()
        .oneshot(Request::get(path).body(Body::empty()).unwrap())
        .await
        .unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// The counted requests, after one of each kind.
async fn counted(app: Router, page: &str) -> Vec<String> {
    assert_eq!(send(&app, "/hello").await.0, StatusCode::OK);
    assert_eq!(send(&app, "/nowhere").await.0, StatusCode::NOT_FOUND);
    send(&app, page).await;
    let (status, text) = send(&app, page).await;
    assert_eq!(status, StatusCode::OK);
    text.lines()
        .filter(|line| line.contains("_requests_total{"))
        .map(str::to_owned)
        .collect()
}

const EXPECTED: [&str; 2] = [
    "shop_requests_total{method=\"GET\",endpoint=\"/hello\",status=\"200\",outcome=\"ok\"} 1",
    "shop_requests_total{method=\"GET\",endpoint=\"unmatched\",status=\"404\",outcome=\"client_error\"} 1",
];

#[tokio::test]
async fn a_page_that_is_merged_after_the_layer_leaves_unmatched_requests_observed() {
    let obs = instance();
    let app = hello()
        .layer(ObsLayer::new().obs(&obs).namespace("shop"))
        .merge(metrics_for("/metrics", &obs));
    assert_eq!(counted(app, "/metrics").await, EXPECTED);
}

#[tokio::test]
async fn a_page_below_the_layer_is_left_out_and_unmatched_requests_count_once() {
    let obs = instance();
    let app = hello()
        .merge(metrics_for("/metrics", &obs))
        .layer(ObsLayer::new().obs(&obs).namespace("shop"));
    assert_eq!(counted(app, "/metrics").await, EXPECTED);
}

#[tokio::test]
async fn a_nested_page_is_left_out_too() {
    let obs = instance();
    let app = hello()
        .nest("/internal", metrics_for("/metrics", &obs))
        .layer(ObsLayer::new().obs(&obs).namespace("shop"));
    assert_eq!(counted(app, "/internal/metrics").await, EXPECTED);
}

#[tokio::test]
async fn a_fallback_of_the_application_stays_in_place() {
    let obs = instance();
    let app = hello()
        .fallback(|| async { (StatusCode::NOT_FOUND, "mine") })
        .layer(ObsLayer::new().obs(&obs).namespace("shop"))
        .merge(metrics_for("/metrics", &obs));
    assert_eq!(send(&app, "/nowhere").await.1, "mine");
    assert_eq!(counted(app, "/metrics").await[1], EXPECTED[1].replace("} 1", "} 2"));
}
