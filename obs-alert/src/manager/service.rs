//! What is always known of the whole service, and of its objectives.

use std::{sync::Arc, time::Duration};

use super::{BuildError, SloStatus};
use crate::{
    Naming, Scope, Sli, Slo,
    evaluate::Ratio,
    history::{Ask, AskId, History},
    promql::Window,
    time::millis,
};

/// The service's error ratio over 30 days and its latency over an hour: what anybody asks for.
#[derive(Debug)]
pub(super) struct Service {
    errors: Ratio,
    buckets: AskId,
}

/// An objective that is watched.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) slo: Arc<Slo>,
    ratio: Ratio,
}

/// How far back the error ratio of the whole service is known.
const ERROR_RATIOS: Window = Window::minutes(30 * 24 * 60);
/// How far back quantiles of the whole service are known.
const QUANTILES: Duration = Duration::from_secs(3_600);

// === impl Service ===

impl Service {
    pub(super) fn new(naming: &Naming, history: &mut History) -> Result<Self, BuildError> {
        let refuse = |why: &dyn std::fmt::Display| BuildError::setting("naming", why.to_string());
        let all = Slo::new("service", 0.99, ERROR_RATIOS, Sli::Availability);
        let [errors] = Ratio::of_slo(&all, [ERROR_RATIOS], naming, history).map_err(|error| refuse(&error))?;
        let buckets = history
            .keep(Ask::Buckets(naming.duration_buckets(&Scope::service())), millis(QUANTILES))
            .map_err(|error| refuse(&error))?;
        Ok(Self { errors, buckets })
    }

    pub(super) fn error_ratio(&self, history: &History, window: Duration) -> Option<f64> {
        self.errors.over(window.min(ERROR_RATIOS.duration())).read(history)
    }

    pub(super) fn quantile(&self, history: &History, quantile: f64, window: Duration) -> Option<f64> {
        history.quantile(self.buckets, quantile, millis(window.min(QUANTILES)))
    }
}

// === impl Watched ===

impl Watched {
    pub(super) fn new(slo: Arc<Slo>, naming: &Naming, history: &mut History) -> Result<Self, BuildError> {
        let [ratio] = Ratio::of_slo(&slo, [slo.window()], naming, history)
            .map_err(|error| BuildError::slo(slo.name(), error.to_string()))?;
        Ok(Self { slo, ratio })
    }

    pub(super) fn release(self, history: &mut History) {
        self.ratio.asks().into_iter().for_each(|id| history.release(id));
    }

    pub(super) fn status(&self, history: &History) -> SloStatus {
        let slo = &self.slo;
        let over = |window: Window| self.ratio.over(window.duration()).read(history);
        let error_ratio = over(slo.window());
        let burn = |burn: crate::BurnRate| Some((burn.long, over(burn.long)? / slo.budget()));
        SloStatus {
            name: slo.name().to_owned(),
            objective: slo.objective(),
            window: slo.window(),
            error_ratio,
            budget_left: error_ratio.map(|ratio| 1.0 - ratio / slo.budget()),
            burn_rates: slo.burn_rates().into_iter().filter_map(burn).collect(),
        }
    }
}
