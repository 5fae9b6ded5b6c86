//! What the tests have in common.

use std::future::Future;

use axum::{Router, body::Body, http::Request};
use http_body_util::BodyExt as _;
use obs_core::Obs;
use obs_tests::page::Page;
use tower::ServiceExt as _;
use tracing_subscriber::prelude::*;

/// Sends one request and reads the answer to its end.
pub(crate) async fn get(app: &Router, path: &str, request_id: &str) -> u16 {
    let request = Request::get(path)
        .header("x-request-id", request_id)
        .header("user-agent", "tests/1.0");
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.unwrap();
    status
}

/// Runs `work` on one thread with the layers of `obs` as its subscriber.
pub(crate) fn run<T>(obs: &Obs, work: impl Future<Output = T>) -> T {
    let _default = tracing_subscriber::registry()
        .with(obs.subscriber_layer())
        .set_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

/// The value of a counter on the page of `obs`.
pub(crate) fn count(obs: &Obs, name: &str, labels: &[(&str, &str)]) -> u64 {
    let text = obs_tests::page::text_of(obs.registry());
    let value = Page::parse(&text).unwrap().value(name, labels).unwrap_or_default();
    format!("{value:.0}").parse().unwrap()
}
