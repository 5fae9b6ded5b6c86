//! The metrics page of another recorder of the crate `metrics`.

use std::{future::ready, sync::Arc};

use axum::{Router, http::header};
use obs_core::{
    adapter::PageOwner,
    metrics::{Format, TextPage},
};

use crate::page::{self, unobserved};

/// A router with the metrics page of another recorder at `path`: the one given to
/// `ObsBuilder::recorder`, or the one that was installed before `ObsBuilder::init`.
///
/// `page` is a closure that returns the text, or with the feature `prometheus-exporter` the
/// `PrometheusHandle` of `metrics-exporter-prometheus`. No layer records the page.
///
/// That exporter keeps every sample of its histograms until the page is fetched or `run_upkeep`
/// is called, so call that regularly if nothing scrapes the page. Without bounds its histograms
/// are summaries: set [`DURATION_BUCKETS`](obs_core::metrics::DURATION_BUCKETS) and
/// [`SIZE_BUCKETS`](obs_core::metrics::SIZE_BUCKETS).
///
/// ```
/// use axum::{Router, routing::get};
///
/// # let handle = String::new;
/// let app: Router = Router::new()
///     .route("/", get(|| async { "hello" }))
///     .layer(obs_axum::ObsLayer::new())
///     .merge(obs_axum::metrics_from("/metrics", handle));
/// ```
pub fn metrics_from<S: Clone + Send + Sync + 'static>(path: &str, page: impl TextPage) -> Router<S> {
    let (owner, source) = (PageOwner::of_default(), Arc::new(page));
    let answer = move || {
        let content_type = [(header::CONTENT_TYPE, Format::Text.content_type())];
        ready(unobserved((content_type, source.text_page())))
    };
    page::page(path, &owner, &page::get_only(&owner, answer))
}
