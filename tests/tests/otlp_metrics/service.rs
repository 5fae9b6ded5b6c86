//! What the tests have in common.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    routing::get,
};
use http_body_util::BodyExt as _;
use obs_axum::ObsLayer;
use obs_core::{Obs, ObsBuilder};
use obs_tests::otlp::{ReceivedMetric, Receiver};
use tower::ServiceExt as _;

/// A service that pushes when it ends, and not before.
pub(crate) fn builder(receiver: &Receiver) -> ObsBuilder {
    Obs::builder("shop")
        .version("1.4.2")
        .log_writer(std::io::sink())
        .otlp_endpoint(receiver.endpoint())
        .otlp_metrics(true)
}

pub(crate) fn app(layer: ObsLayer) -> Router {
    Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/fails", get(async || StatusCode::SERVICE_UNAVAILABLE))
        .layer(layer)
}

/// Sends one request and reads the answer to its end.
pub(crate) fn ask(app: &Router, method: &str, path: &str) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let response = app.clone().oneshot(request).await.unwrap();
        response.into_body().collect().await.unwrap();
    });
}

/// The metric of this name in a push.
pub(crate) fn named<'a>(push: &'a [ReceivedMetric], name: &str) -> Option<&'a ReceivedMetric> {
    let mut found = push.iter().filter(|metric| metric.name() == name);
    let first = found.next();
    assert!(found.next().is_none(), "{name} comes twice in one push");
    first
}

/// Attributes as [`written`](obs_tests::otlp::written) has them.
pub(crate) fn attributes(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// The metrics of the last push.
pub(crate) fn last_push(receiver: &Receiver) -> Vec<ReceivedMetric> {
    receiver.metrics().pop().expect("a push")
}
