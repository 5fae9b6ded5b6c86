//! The service on axum.

use ::axum::{Router, body::Body, http::StatusCode, routing::get};
use http::Request;
use http_body_util::BodyExt as _;
use obs_axum::ObsLayer;
use tower::ServiceExt as _;

use crate::served::Ask;

pub(crate) fn app(layer: ObsLayer) -> Router {
    Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/fail", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(layer)
}

/// The status of the answer to each.
pub(crate) fn ask(app: &Router, asks: &[Ask]) -> Vec<u16> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut statuses = Vec::new();
        for ask in asks {
            let response = app.clone().oneshot(request(ask)).await.expect("a router never fails");
            statuses.push(response.status().as_u16());
            response.into_body().collect().await.expect("a body to its end");
        }
        statuses
    })
}

fn request(ask: &Ask) -> Request<Body> {
    let Ask {
        method,
        path,
        version,
        tier,
    } = *ask;
    let mut request = Request::builder().method(method).uri(path).version(version);
    if let Some(tier) = tier {
        request = request.header("x-tier", tier);
    }
    request.body(Body::empty()).expect("a request")
}
