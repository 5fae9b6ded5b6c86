//! The page of another recorder of the `metrics` facade.

use std::{future::ready, sync::Arc};

use actix_web::{HttpResponse, dev::HttpServiceFactory, http::header};
use obs_core::{
    PageOwner,
    metrics::{Format, TextPage},
};

use crate::page::{self, unobserved};

/// A resource with the metrics page of another recorder at `path`, where metrics go to that: the one
/// given to `ObsBuilder::recorder`, or the one that `ObsBuilder::init` has found installed.
///
/// `page` is a closure that gives the text, or with the feature `prometheus-exporter` the
/// `PrometheusHandle` of `metrics-exporter-prometheus`. The middleware leaves the page out of all
/// signals.
///
/// That exporter keeps every sample of its histograms until somebody asks for the page or calls
/// `run_upkeep`: where nobody scrapes, call that now and then. Its histograms need bounds, or they are
/// summaries: give it [`DURATION_BUCKETS`](obs_core::metrics::DURATION_BUCKETS) and
/// [`SIZE_BUCKETS`](obs_core::metrics::SIZE_BUCKETS).
///
/// ```
/// use actix_web::{App, web};
///
/// # let handle = String::new;
/// let app = App::new()
///     .wrap(obs_actix::ObsMiddleware::new())
///     .route("/", web::get().to(|| async { "hello" }))
///     .service(obs_actix::metrics_from("/metrics", handle));
/// ```
#[must_use = "the page is served once the application has it as a service"]
pub fn metrics_from<P: TextPage>(path: &str, page: P) -> impl HttpServiceFactory + use<P> {
    let (owner, source) = (PageOwner::of_default(), Arc::new(page));
    page::page(path, &owner, move || ready(answer(&*source)))
}

fn answer(page: &impl TextPage) -> HttpResponse {
    let content_type = (header::CONTENT_TYPE, Format::Text.content_type());
    unobserved(HttpResponse::Ok().insert_header(content_type).body(page.text_page()))
}
