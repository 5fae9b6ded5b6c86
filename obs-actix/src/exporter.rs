//! The metrics page of another recorder of the crate `metrics`.

use std::{future::ready, sync::Arc};

use actix_web::{HttpResponse, dev::HttpServiceFactory, http::header};
use obs_core::{
    adapter::PageOwner,
    metrics::{Format, TextPage},
};

use crate::page::{self, unobserved};

/// A resource with the metrics page of another recorder at `path`: the one given to
/// `ObsBuilder::recorder`, or the one that was installed before `ObsBuilder::init`.
///
/// `page` is a closure that returns the text, or with the feature `prometheus-exporter` the
/// `PrometheusHandle` of `metrics-exporter-prometheus`. No middleware records the page.
///
/// That exporter keeps every sample of its histograms until the page is fetched or `run_upkeep`
/// is called, so call that regularly if nothing scrapes the page. Without bounds its histograms
/// are summaries: set [`DURATION_BUCKETS`](obs_core::metrics::DURATION_BUCKETS) and
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
