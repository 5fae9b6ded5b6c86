//! The page that Prometheus scrapes.

use actix_web::{
    HttpRequest, HttpResponse,
    dev::HttpServiceFactory,
    http::header::{self, HeaderValue},
};
use obs_core::{MetricsPage, Obs};

use crate::page::{self, unobserved};

/// A resource with the metrics page of the process-wide default at `path`.
///
/// It answers `GET` and `HEAD` in the format that `Accept` prefers: Prometheus text 0.0.4 or
/// OpenMetrics 1.0.0. The middleware leaves the page out of all signals, in whatever scope it is
/// mounted. Where metrics go to another recorder, it answers 503 and says so.
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
    page(path, MetricsPage::of_default(path))
}

/// [`metrics`] of this instance.
#[must_use = "the page is served once the application has it as a service"]
pub fn metrics_for(path: &str, obs: &Obs) -> impl HttpServiceFactory + use<> {
    page(path, MetricsPage::of(obs, path))
}

fn page(path: &str, page: MetricsPage) -> impl HttpServiceFactory + use<> {
    page::page(path, move |request: HttpRequest| answer(page.clone(), request))
}

async fn answer(page: MetricsPage, request: HttpRequest) -> HttpResponse {
    page.leave_out(request.path()).await;
    let accept = request.headers().get(header::ACCEPT).map(HeaderValue::as_bytes);
    unobserved(match page.render(accept) {
        Ok((content_type, body)) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, content_type)).body(body),
        Err(reason) => HttpResponse::ServiceUnavailable().body(reason),
    })
}
