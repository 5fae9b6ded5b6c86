//! Objectives as `PromQL`.

use super::{Sli, Slo};
use crate::{
    Naming, Tally, condition,
    promql::{Expr, Window},
};

// === impl Slo ===

impl Slo {
    /// The share of bad requests over a window, 0 to 1. No bad one yet is 0, no request at all no data.
    ///
    /// A latency objective asks for a bucket with its threshold as bound: see
    /// [`Service::duration_bounds`](crate::definition::Service::duration_bounds).
    #[must_use]
    pub fn error_ratio(&self, naming: &Naming, window: Window) -> Expr {
        match self.sli() {
            Sli::Availability => condition::error_ratio(naming, self.requests(), window),
            Sli::Latency { threshold } => {
                let quick = Tally::new(vec![naming.duration_within(self.requests(), threshold)]);
                // Without `or 0`: buckets come with their count, and a missing one is no bad request.
                Expr::number(1.0) - quick.rate(window) / self.counted(naming).rate(window).above_zero()
            }
        }
    }

    /// The share of the error budget that is left over the SLO's window: 1 at first, 0 when it is spent,
    /// below 0 when more was.
    #[must_use]
    pub fn budget_left(&self, naming: &Naming) -> Expr {
        Expr::number(1.0) - self.error_ratio(naming, self.window()) / Expr::number(self.budget())
    }

    /// How many times faster than allowed the budget was spent over a window.
    #[must_use]
    pub fn burn_rate(&self, naming: &Naming, window: Window) -> Expr {
        self.error_ratio(naming, window) / Expr::number(self.budget())
    }

    /// The requests that count for it.
    #[must_use]
    pub fn counted(&self, naming: &Naming) -> Tally {
        match self.sli() {
            Sli::Availability => naming.counted(self.requests()),
            Sli::Latency { .. } => naming.answered(self.requests()),
        }
    }
}
