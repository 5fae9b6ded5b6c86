//! The HTTP conformance traffic, and answers that end in every other way.

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use obs_axum::{ObsLayer, obs_core::metrics::Convention};
use serde_json::Value;
use tokio::time::sleep;

use crate::{answers, bodies};

pub(crate) fn scenario(convention: Convention) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/users/{id}", get(user))
        .route("/items", post(item))
        .route("/status/{code}", get(status))
        .route("/slow", get(slow))
        .route("/stream", get(stream))
        .route("/broken", get(broken))
        .route("/panic", get(panic))
        .layer(ObsLayer::new().convention(convention))
        .merge(obs_axum::metrics("/metrics"))
}

async fn health() -> Json<Value> {
    Json(answers::health())
}

async fn user(Path(id): Path<u64>) -> Json<Value> {
    Json(answers::user(id))
}

async fn item(body: Bytes) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(answers::item(&body)))
}

async fn status(Path(code): Path<u16>) -> Result<(StatusCode, Json<Value>), StatusCode> {
    let status = StatusCode::from_u16(code).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok((status, Json(answers::status(code))))
}

async fn slow() -> &'static str {
    sleep(bodies::SLOW).await;
    "at last\n"
}

async fn stream() -> Body {
    Body::from_stream(bodies::paced())
}

async fn broken() -> Body {
    Body::from_stream(bodies::broken())
}

async fn panic() -> &'static str {
    panic!("panicked on purpose")
}
