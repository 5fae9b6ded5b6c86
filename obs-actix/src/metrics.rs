//! The metrics page.

use actix_web::{
    HttpRequest, HttpResponse,
    dev::HttpServiceFactory,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web,
};
use obs_core::{
    Obs,
    adapter::{MetricsPage, PageRequest, PageResponse},
};

use crate::{headers::Headers, page::unobserved};

/// A resource with the metrics page of the process-wide default at `path`.
///
/// It answers `GET` and `HEAD` in the format that `Accept` prefers: Prometheus text 0.0.4,
/// OpenMetrics 1.0.0 or protobuf with native histograms; compressed as `Accept-Encoding` prefers;
/// with `name[]=…` in the query, only metrics with these names. Other methods are answered with
/// 405, too many concurrent scrapes or a page that takes too long with 503.
/// [`ObsBuilder`](obs_core::ObsBuilder) sets the limits and the bearer token. If metrics go to
/// another recorder, the response is 503 with an explanation.
///
/// No middleware records the page, in whatever scope it is mounted. The page is rendered on a
/// separate thread.
///
/// ```
/// use actix_web::{App, web};
///
/// let app = App::new()
///     .wrap(obs_actix::ObsMiddleware::new())
///     .route("/", web::get().to(|| async { "hello" }))
///     .service(obs_actix::metrics("/metrics"));
/// ```
#[must_use = "the page is served once the application has it as a service"]
pub fn metrics(path: &str) -> impl HttpServiceFactory + use<> {
    page(path, MetricsPage::of_default())
}

/// The page of this instance: see [`metrics`].
#[must_use = "the page is served once the application has it as a service"]
pub fn metrics_for(path: &str, obs: &Obs) -> impl HttpServiceFactory + use<> {
    page(path, MetricsPage::of(obs))
}

fn page(path: &str, page: MetricsPage) -> impl HttpServiceFactory + use<> {
    web::resource(path.to_owned()).to(move |request: HttpRequest| answer(page.clone(), request))
}

async fn answer(page: MetricsPage, request: HttpRequest) -> HttpResponse {
    let query = request.uri().query();
    let headers = Headers(request.headers());
    let asked = PageRequest {
        method: request.method().as_str(),
        path: request.path(),
        query,
        headers: &headers,
    };
    translated(page.answer(&asked).await)
}

fn translated(PageResponse { status, headers, body }: PageResponse) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status).body(body);
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    unobserved(response)
}
