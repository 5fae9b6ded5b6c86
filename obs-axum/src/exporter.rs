//! The page of another recorder of the `metrics` facade.

use std::{future::ready, sync::Arc};

use axum::{Router, http::header};
use obs_core::{
    PageOwner,
    metrics::{Format, TextPage},
};

use crate::page::{self, unobserved};

/// A router with the metrics page of another recorder at `path`, where metrics go to that: the one
/// given to `ObsBuilder::recorder`, or the one that `ObsBuilder::init` has found installed.
///
/// `page` is a closure that gives the text, or with the feature `prometheus-exporter` the
/// `PrometheusHandle` of `metrics-exporter-prometheus`. The layer leaves the page out of all signals.
///
/// That exporter keeps every sample of its histograms until somebody asks for the page or calls
/// `run_upkeep`: where nobody scrapes, call that now and then. Its histograms need bounds, or they are
/// summaries: give it [`DURATION_BUCKETS`](obs_core::metrics::DURATION_BUCKETS) and
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
    page::page(path, &owner, page::get_only(&owner, answer))
}
