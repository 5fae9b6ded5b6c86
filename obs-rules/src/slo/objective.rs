//! Service level objectives.

use std::time::Duration;

use crate::{Scope, promql::Window};

/// What a service promises: over `window`, a share of `objective` of its requests is good.
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

// === impl Slo ===

impl Slo {
    /// The promise that a share of `objective` (above 0, below 1) of the requests is good over `window`.
    /// What can't be kept or watched is refused by [`check`](Self::check).
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

    /// Whose requests. Defaults to all of the service.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Why it was promised, in a sentence. Defaults to none.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Requests that an alert's long window must have seen at least: at 10 requests an hour one failure
    /// spends the budget of a month 139 times too fast. Defaults to 0.
    #[must_use]
    pub const fn min_requests(mut self, requests: f64) -> Self {
        self.min_requests = requests;
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

    /// Why it was promised; empty if that was not said.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.description
    }

    /// Requests that an alert's long window must have seen at least.
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
