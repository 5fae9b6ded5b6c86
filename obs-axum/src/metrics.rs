//! The page that Prometheus scrapes.

use axum::{
    Router,
    body::Body,
    extract::OriginalUri,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    response::Response,
    routing::any,
};
use obs_core::{MetricsPage, Obs, PageRequest, PageResponse};
use obs_http::Headers;

use crate::page::{self, unobserved};

/// A router with the metrics page of the process-wide default at `path`.
///
/// It answers `GET` and `HEAD` in the format that `Accept` prefers: Prometheus text 0.0.4, OpenMetrics
/// 1.0.0 or protobuf with native histograms; compressed as `Accept-Encoding` prefers; with `name[]=…` in
/// the query only the metrics of these names. Other methods get a 405, too many scrapes at once or a page
/// that takes too long a 503. [`ObsBuilder`](obs_core::ObsBuilder) has the limits and the bearer token.
/// Where metrics go to another recorder, it answers 503 and says so.
///
/// The layer leaves the page out of all signals, wherever it is mounted. The page is written on a thread
/// of its own.
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

/// [`metrics`] of this instance.
pub fn metrics_for<S: Clone + Send + Sync + 'static>(path: &str, obs: &Obs) -> Router<S> {
    page(path, MetricsPage::of(obs))
}

fn page<S: Clone + Send + Sync + 'static>(path: &str, page: MetricsPage) -> Router<S> {
    let owner = page.owner().clone();
    let answer = async move |OriginalUri(uri): OriginalUri, method: Method, headers: HeaderMap| {
        let (method, path, query) = (method.as_str(), uri.path(), uri.query());
        let answer = page.answer(&PageRequest { method, path, query, headers: &Headers(&headers) });
        translated(answer.await)
    };
    page::page(path, &owner, any(answer))
}

fn translated(PageResponse { status, headers, body }: PageResponse) -> Response {
    let mut response = unobserved(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
