//! Service level objectives.

use std::time::Duration;

use crate::{Scope, Severity, promql::Window};

/// What a service promises: over `window`, a share of `objective` of its requests is good.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    name: String,
    objective: f64,
    window: Window,
    scope: Scope,
    sli: Sli,
}

/// What makes a request a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sli {
    /// It did not fail.
    Availability,
    /// It was answered within the threshold, which becomes a bucket of the duration.
    Latency {
        /// The threshold.
        threshold: Duration,
    },
}

/// How fast an error budget may be spent before somebody is told: an alert of the four of the
/// [SRE workbook](https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct BurnRate {
    /// Page or ticket.
    pub severity: Severity,
    /// The window that tells how much was spent.
    pub long: Window,
    /// The window that tells that it goes on, a twelfth of the long one.
    pub short: Window,
    /// How many times faster than what would spend the budget exactly within the SLO's window.
    pub factor: f64,
    /// How long both must hold.
    pub hold_for: Duration,
}

// === impl Slo ===

impl Slo {
    /// The promise that a share of `objective` (above 0, below 1) of the requests is good over `window`.
    #[must_use]
    pub fn new(name: impl Into<String>, objective: f64, window: Window, sli: Sli) -> Self {
        Self { name: name.into(), objective, window, scope: Scope::service(), sli }
    }

    /// Whose requests. Defaults to all of the service.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The share of good requests that is promised, above 0 and below 1.
    #[must_use]
    pub const fn objective(&self) -> f64 {
        self.objective
    }

    /// Over how long.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// Whose requests.
    #[must_use]
    pub const fn requests(&self) -> &Scope {
        &self.scope
    }

    /// What makes a request a good one.
    #[must_use]
    pub const fn sli(&self) -> Sli {
        self.sli
    }
}
