//! The table: what each route has done, by the registry of its service.

use std::collections::BTreeMap;

use obs_axum::obs_core::{
    metrics::{FamilySnapshot, HistogramSnapshot, Registry, SeriesSnapshot, ValueSnapshot},
    names::{MetricDef, label, metric},
};
use serde::Serialize;

/// One row.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Route {
    pub(super) service: &'static str,
    pub(super) method: String,
    pub(super) endpoint: String,
    /// All that have ended, whatever way.
    pub(super) requests: u64,
    /// `server_error`, `panic` and `body_error`.
    pub(super) errors: u64,
    /// Estimated from the buckets, as Prometheus does.
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

/// What is added up for a route over its statuses and outcomes.
#[derive(Debug, Default)]
struct Sums {
    requests: f64,
    errors: f64,
    duration: HistogramSnapshot,
}

/// The routes of one service that have had a request.
pub(super) fn of(service: &'static str, registry: &Registry) -> Vec<Route> {
    let mut routes: BTreeMap<(String, String), Sums> = BTreeMap::new();
    for family in registry.snapshot() {
        for series in &family.series {
            if let Some(route) = route_of(series) {
                routes.entry(route).or_default().add(&family, series);
            }
        }
    }
    let ended = routes.into_iter().filter(|(_, sums)| sums.requests > 0.0);
    ended
        .map(|((endpoint, method), sums)| sums.into_row(service, method, endpoint))
        .collect()
}

/// Endpoint and method of a series, if it has them.
fn route_of(series: &SeriesSnapshot) -> Option<(String, String)> {
    Some((
        series.label(label::ENDPOINT)?.to_owned(),
        series.label(label::METHOD)?.to_owned(),
    ))
}

// === impl Sums ===

impl Sums {
    fn add(&mut self, family: &FamilySnapshot, series: &SeriesSnapshot) {
        let is = |metric: MetricDef| family.name == metric.name(metric::DEFAULT_NAMESPACE);
        match &series.value {
            ValueSnapshot::Counter { total, .. } if is(metric::REQUESTS) => self.requests += total,
            ValueSnapshot::Counter { total, .. } if is(metric::ERRORS) => self.errors += total,
            ValueSnapshot::Histogram(duration) if is(metric::REQUEST_DURATION) => self.duration.merge(duration),
            _ => {}
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are whole and positive"
    )]
    fn into_row(self, service: &'static str, method: String, endpoint: String) -> Route {
        let Self {
            requests,
            errors,
            duration,
        } = self;
        let millis = |quantile| duration.quantile(quantile).map(|seconds| (seconds * 1e5).round() / 1e2);
        let (p50_ms, p99_ms) = (millis(0.5), millis(0.99));
        Route {
            service,
            method,
            endpoint,
            requests: requests as u64,
            errors: errors as u64,
            p50_ms,
            p99_ms,
        }
    }
}
