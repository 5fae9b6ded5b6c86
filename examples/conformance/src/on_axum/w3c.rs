//! The service of the W3C Trace Context suite.

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use obs_axum::ObsLayer;
use reqwest_middleware::ClientWithMiddleware;

use crate::callbacks::{self, Callback};

pub(crate) fn w3c(http: ClientWithMiddleware) -> Router {
    Router::new()
        .route("/test", post(test))
        .layer(ObsLayer::new())
        .with_state(http)
}

async fn test(State(http): State<ClientWithMiddleware>, Json(callbacks): Json<Vec<Callback>>) -> StatusCode {
    match callbacks::send_all(&http, &callbacks).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "callback failed");
            StatusCode::BAD_GATEWAY
        }
    }
}
