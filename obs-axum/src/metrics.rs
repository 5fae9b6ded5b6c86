//! The page that Prometheus scrapes.

use axum::{
    Extension, Router,
    extract::OriginalUri,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use obs_core::{MetricsPage, Obs};
use tower_layer::layer_fn;

use crate::{ObsService, service::Observer};

/// Marks a response that the layer leaves unrecorded: the page itself, wherever it is nested.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unobserved;

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
    let observer = Observer::Unmatched(page.clone());
    Router::new()
        .route(
            path,
            get(async move |OriginalUri(uri): OriginalUri, headers: HeaderMap| {
                answer(&page, uri.path(), &headers).await
            }),
        )
        .layer(layer_fn(move |inner| ObsService::new(inner, observer.clone())))
}

async fn answer(page: &MetricsPage, path: &str, headers: &HeaderMap) -> Response {
    page.leave_out(path).await;
    let accept = headers.get_all(header::ACCEPT).iter().map(header::HeaderValue::as_bytes);
    match page.render(accept) {
        Ok((content_type, body)) => {
            (Extension(Unobserved), [(header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, Extension(Unobserved), reason).into_response(),
    }
}
