//! The error ratio and latency of the whole service, and its objectives.

use std::{sync::Arc, time::Duration};

use obs_rules::query::{Growth, Input, Query};

use super::{BuildError, SloStatus};
use crate::{
    Naming, Scope, Slo,
    evaluate::{Read, Resolved},
    history::History,
    promql::Window,
    time::millis,
};

/// The service's error ratio over 30 days and its latency over an hour, which are always computed.
#[derive(Debug)]
pub(super) struct Service {
    error_ratio: Query<Read>,
    quantile: Query<Read>,
}

/// An objective with its queries.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) slo: Arc<Slo>,
    /// The share of bad requests over the objective's window.
    error_ratio: Resolved,
    /// The burn rates over the long windows of its alerts.
    burn_rates: Vec<(Window, Resolved)>,
}

/// The history of the service's error ratio.
const ERROR_RATIOS: Window = Window::minutes(30 * 24 * 60);
/// The history of the service's quantiles.
const QUANTILES: Window = Window::minutes(60);

// === impl Service ===

impl Service {
    pub(super) fn new(naming: &Naming, history: &mut History) -> Result<Self, BuildError> {
        let all = Scope::service();
        let errors = Growth::new(naming.errors(&all), ERROR_RATIOS);
        let error_ratio = Query::ratio(errors, Growth::new(naming.counted(&all), ERROR_RATIOS));
        let buckets = naming.duration_buckets(&all);
        let quantile = Query::Read(Input::Quantile {
            buckets,
            quantile: 0.99,
            window: QUANTILES,
        });
        let mut resolve = |query: &Query| {
            let resolved = Resolved::new(query, history);
            resolved
                .map(|resolved| resolved.query)
                .map_err(|error| BuildError::setting("naming", error.to_string()))
        };
        Ok(Self {
            error_ratio: resolve(&error_ratio)?,
            quantile: resolve(&quantile)?,
        })
    }

    pub(super) fn error_ratio(&self, history: &History, window: Duration) -> Option<f64> {
        let window = millis(window.min(ERROR_RATIOS.duration()));
        self.error_ratio.map(|read| read.over(window)).eval(history).single()
    }

    pub(super) fn quantile(&self, history: &History, quantile: f64, window: Duration) -> Option<f64> {
        let window = millis(window.min(QUANTILES.duration()));
        self.quantile
            .map(|read| read.over(window).at(quantile))
            .eval(history)
            .single()
    }
}

// === impl Watched ===

impl Watched {
    pub(super) fn new(slo: &Arc<Slo>, naming: &Naming, history: &mut History) -> Result<Self, BuildError> {
        let refuse = |error: &dyn std::fmt::Display| BuildError::slo(slo.name(), error.to_string());
        let error_ratio =
            Resolved::new(&slo.error_ratio(naming, slo.window()), history).map_err(|error| refuse(&error))?;
        let mut watched = Self {
            slo: Arc::clone(slo),
            error_ratio,
            burn_rates: Vec::new(),
        };
        for burn in slo.burn_rates() {
            match Resolved::new(&slo.burn_rate(naming, burn.long), history) {
                Ok(rate) => watched.burn_rates.push((burn.long, rate)),
                Err(error) => {
                    watched.release(history);
                    return Err(refuse(&error));
                }
            }
        }
        Ok(watched)
    }

    pub(super) fn release(self, history: &mut History) {
        let of_rates = self.burn_rates.into_iter().flat_map(|(_, rate)| rate.aggregates);
        history.release_all(self.error_ratio.aggregates.into_iter().chain(of_rates));
    }

    pub(super) fn status(&self, history: &History) -> SloStatus {
        let slo = &self.slo;
        // Counts and buckets are interpolated separately: without a bad request the difference may be slightly below 0.
        let error_ratio = self
            .error_ratio
            .query
            .eval(history)
            .single()
            .map(|ratio| ratio.max(0.0));
        let rate = |(window, rate): &(Window, Resolved)| Some((*window, rate.query.eval(history).single()?.max(0.0)));
        SloStatus {
            name: slo.name().to_owned(),
            objective: slo.objective(),
            window: slo.window(),
            error_ratio,
            budget_left: error_ratio.map(|ratio| 1.0 - ratio / slo.budget()),
            burn_rates: self.burn_rates.iter().filter_map(rate).collect(),
        }
    }
}
