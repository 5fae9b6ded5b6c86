//! Service level objectives.

use std::time::Duration;

use crate::{Scope, promql::Window};

/// A service level objective: over `window`, a share of at least `objective` of the requests is good.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Scope, Sli, Slo, promql::Window};
///
/// let month = Window::new(Duration::from_secs(30 * 86_400))?;
/// let quick = Sli::Latency { threshold: Duration::from_millis(300) };
/// let slo = Slo::new("quick-orders", 0.99, month, quick).scope(Scope::service().endpoint("/orders"));
/// assert!(slo.check().is_ok());
/// assert_eq!(slo.budget(), 0.01);
/// assert_eq!(slo.burn_rates().len(), 4);
/// # Ok::<(), obs_rules::promql::BadWindow>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    name: String,
    objective: f64,
    window: Window,
    scope: Scope,
    sli: Sli,
    description: String,
    min_requests: f64,
}

/// The service level indicator: which requests are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sli {
    /// Requests that did not fail.
    Availability,
    /// Requests that were answered within the threshold, which must be a bound of the duration's buckets.
    Latency {
        /// The threshold, 1 ms to 1 h in whole milliseconds.
        threshold: Duration,
    },
}

// === impl Slo ===

impl Slo {
    /// The objective that a share of `objective` (0.01 to 1) of all requests is good over `window` (1 to 366 days).
    /// [`check`](Self::check) refuses other values.
    #[must_use]
    pub fn new(name: impl Into<String>, objective: f64, window: Window, sli: Sli) -> Self {
        Self {
            name: name.into(),
            objective,
            window,
            scope: Scope::service(),
            sli,
            description: String::new(),
            min_requests: 0.0,
        }
    }

    /// The requests that it is about. Defaults to all of the service.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// The reason for the objective, in a sentence. Defaults to none.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// The number of requests in an alert's long window below which it does not fire: at 10 requests an hour one failure
    /// spends the budget of a month 139 times too fast. Defaults to 0.
    #[must_use]
    pub const fn min_requests(mut self, requests: f64) -> Self {
        self.min_requests = requests;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The share of requests that must be good, above 0 and below 1.
    #[must_use]
    pub const fn objective(&self) -> f64 {
        self.objective
    }

    /// The window over which it is measured.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// The requests that it is about.
    #[must_use]
    pub const fn requests(&self) -> &Scope {
        &self.scope
    }

    /// The service level indicator: which requests are good.
    #[must_use]
    pub const fn sli(&self) -> Sli {
        self.sli
    }

    /// The reason for the objective; empty without one.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.description
    }

    /// The minimum of requests in an alert's long window.
    #[must_use]
    pub const fn requests_at_least(&self) -> f64 {
        self.min_requests
    }

    /// The share of requests that may be bad: 1 − objective, without the noise of binary fractions.
    #[must_use]
    pub fn budget(&self) -> f64 {
        const PLACES: f64 = 1e12;
        ((1.0 - self.objective) * PLACES).round() / PLACES
    }
}
