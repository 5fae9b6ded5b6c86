//! Objectives as queries.

use super::{Sli, Slo};
use crate::{
    Naming, Tally,
    condition::{complement, error_ratio},
    promql::Window,
    query::{Growth, Input, Operator, Query},
};

// === impl Slo ===

impl Slo {
    /// The share of bad requests over a window, 0 to 1. No bad one yet is 0, no request at all no data.
    ///
    /// A latency objective needs a bucket with its threshold as bound: see
    /// [`Service::duration_bounds`](crate::definition::Service::duration_bounds).
    #[must_use]
    pub fn error_ratio(&self, naming: &Naming, window: Window) -> Query {
        match self.sli() {
            Sli::Availability => error_ratio(naming, self.requests(), window),
            Sli::Latency { threshold } => complement(Query::Ratio {
                numerator: Input::Growth(Growth::new(naming.duration_within(self.requests(), threshold), window)),
                denominator: Input::Growth(Growth::new(self.counted(naming), window)),
                // Buckets and count exist together: a missing bucket doesn't mean that all requests were bad.
                is_zero_filled: false,
            }),
        }
    }

    /// The share of the error budget that is left over the SLO's window: 1 at first, 0 when it is spent,
    /// below 0 when more was.
    #[must_use]
    pub fn budget_left(&self, naming: &Naming) -> Query {
        complement(self.burn_rate(naming, self.window()))
    }

    /// How many times faster than allowed the budget was spent over a window: at 1 it lasts exactly the SLO's window.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_rules::{Naming, Sli, Slo, promql::Window};
    ///
    /// let month = Window::new(Duration::from_secs(30 * 86_400))?;
    /// let slo = Slo::new("availability", 0.99, month, Sli::Availability);
    /// let query = slo.burn_rate(&Naming::default(), Window::minutes(60)).to_string();
    /// assert!(query.ends_with("/ 0.01"));
    /// # Ok::<(), obs_rules::promql::BadWindow>(())
    /// ```
    #[must_use]
    pub fn burn_rate(&self, naming: &Naming, window: Window) -> Query {
        self.error_ratio(naming, window)
            .binary(Operator::Divide, Query::Number(self.budget()))
    }

    /// The requests that count for it: good and bad ones.
    #[must_use]
    pub fn counted(&self, naming: &Naming) -> Tally {
        match self.sli() {
            Sli::Availability => naming.counted(self.requests()),
            Sli::Latency { .. } => naming.answered(self.requests()),
        }
    }
}
