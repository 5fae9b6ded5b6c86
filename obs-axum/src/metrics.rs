//! The metrics page.

use axum::{
    Router,
    body::Body,
    extract::OriginalUri,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    response::Response,
    routing::any,
};
use obs_core::{
    Obs,
    adapter::{MetricsPage, PageRequest, PageResponse},
};
use obs_http::Headers;

use crate::page::{self, unobserved};

/// A router with the metrics page of the process-wide default at `path`.
///
/// It answers `GET` and `HEAD` in the format that `Accept` prefers: Prometheus text 0.0.4,
/// OpenMetrics 1.0.0 or protobuf with native histograms; compressed as `Accept-Encoding` prefers;
/// with `name[]=…` in the query, only metrics with these names. Other methods are answered with
/// 405, too many concurrent scrapes or a page that takes too long with 503.
/// [`ObsBuilder`](obs_core::ObsBuilder) sets the limits and the bearer token. If metrics go to
/// another recorder, the response is 503 with an explanation.
///
/// No layer records the page, wherever it is mounted. The page is rendered on a separate thread.
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
    page(path, MetricsPage::of_default())
}

/// The page of this instance: see [`metrics`].
pub fn metrics_for<S: Clone + Send + Sync + 'static>(path: &str, obs: &Obs) -> Router<S> {
    page(path, MetricsPage::of(obs))
}

fn page<S: Clone + Send + Sync + 'static>(path: &str, page: MetricsPage) -> Router<S> {
    let owner = page.owner().clone();
    let answer = async move |OriginalUri(uri): OriginalUri, method: Method, headers: HeaderMap| {
        let (method, path, query) = (method.as_str(), uri.path(), uri.query());
        let answer = page.answer(&PageRequest {
            method,
            path,
            query,
            headers: &Headers(&headers),
        });
        translated(answer.await)
    };
    page::page(path, &owner, &any(answer))
}

fn translated(PageResponse { status, headers, body }: PageResponse) -> Response {
    let mut response = unobserved(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
