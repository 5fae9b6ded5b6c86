//! The page that Prometheus scrapes.

use axum::{
    Router,
    extract::OriginalUri,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::get,
};
use obs_core::{MetricsPage, Obs};

use crate::page::{self, unobserved};

/// A router with the metrics page of the process-wide default at `path`.
///
/// It answers `GET` and `HEAD` in the format that `Accept` prefers: Prometheus text 0.0.4 or
/// OpenMetrics 1.0.0. The layer leaves the page out of all signals, wherever it is mounted. Where
/// metrics go to another recorder, it answers 503 and says so.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new()
///     .route("/", get(|| async { "hello" }))
///     .layer(obs_axum::ObsLayer::new())
///     .merge(obs_axum::metrics("/metrics"));
/// ```
pub fn metrics<S: Clone + Send + Sync + 'static>(path: &str) -> Router<S> {
    page(path, MetricsPage::of_default(path))
}

/// [`metrics`] of this instance.
pub fn metrics_for<S: Clone + Send + Sync + 'static>(path: &str, obs: &Obs) -> Router<S> {
    page(path, MetricsPage::of(obs, path))
}

fn page<S: Clone + Send + Sync + 'static>(path: &str, page: MetricsPage) -> Router<S> {
    let owner = page.owner().clone();
    let get =
        get(async move |OriginalUri(uri): OriginalUri, headers: HeaderMap| answer(&page, uri.path(), &headers).await);
    page::page(path, &owner, get)
}

async fn answer(page: &MetricsPage, path: &str, headers: &HeaderMap) -> Response {
    page.leave_out(path).await;
    let accept = headers.get_all(header::ACCEPT).iter().map(header::HeaderValue::as_bytes);
    match page.render(accept) {
        Ok((content_type, body)) => unobserved(([(header::CONTENT_TYPE, content_type)], body)),
        Err(reason) => unobserved((StatusCode::SERVICE_UNAVAILABLE, reason)),
    }
}
