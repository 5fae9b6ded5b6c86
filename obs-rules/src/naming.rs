//! What the RED metrics of a service are called, and which of their series mean what.

use std::time::Duration;

use obs_conventions::{
    Convention, Outcome,
    names::{MetricDef, error_type, label, metric, semconv},
};

use crate::{
    Scope,
    promql::{Expr, Range, Selector, Window},
};

/// What the RED metrics of a service are called: by its layer's namespace and convention, and by the
/// `job` that Prometheus scrapes it as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    namespace: String,
    convention: Convention,
    job: Option<String>,
}

/// Series that count together: their sum is the number. They never overlap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tally {
    selectors: Vec<Selector>,
}

// === impl Naming ===

impl Default for Naming {
    fn default() -> Self {
        Self::new(metric::DEFAULT_NAMESPACE, Convention::Prometheus)
    }
}

impl Naming {
    /// The names of a layer with this namespace and convention, in the process itself, where series
    /// have no `job`.
    #[must_use]
    pub fn new(namespace: impl Into<String>, convention: Convention) -> Self {
        Self {
            namespace: namespace.into(),
            convention,
            job: None,
        }
    }

    /// The names as Prometheus stores them, with the `job` it scrapes the service as.
    #[must_use]
    pub fn with_job(mut self, job: impl Into<String>) -> Self {
        self.job = Some(job.into());
        self
    }

    /// The layer's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The layer's convention.
    #[must_use]
    pub const fn convention(&self) -> Convention {
        self.convention
    }

    /// The `job`, where there is one.
    #[must_use]
    pub fn job(&self) -> Option<&str> {
        self.job.as_deref()
    }

    /// All series of any metric, of this job.
    #[must_use]
    pub fn of(&self, name: impl Into<String>) -> Selector {
        self.within_job(Selector::new(name))
    }

    /// A selector narrowed to this job.
    #[must_use]
    pub fn within_job(&self, selector: Selector) -> Selector {
        match &self.job {
            Some(job) => selector.with("job", job),
            None => selector,
        }
    }

    /// Series that count together, narrowed to this job.
    #[must_use]
    pub fn tally_within_job(&self, tally: &Tally) -> Tally {
        Tally {
            selectors: tally
                .selectors
                .iter()
                .map(|selector| self.within_job(selector.clone()))
                .collect(),
        }
    }

    /// The label of the method.
    #[must_use]
    pub const fn method_label(&self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::METHOD,
            Convention::OpenTelemetry => label::HTTP_REQUEST_METHOD,
        }
    }

    /// The label of the endpoint's template.
    #[must_use]
    pub const fn endpoint_label(&self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::ENDPOINT,
            Convention::OpenTelemetry => label::HTTP_ROUTE,
        }
    }

    /// The label of the status code.
    #[must_use]
    pub const fn status_label(&self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::STATUS,
            Convention::OpenTelemetry => label::HTTP_RESPONSE_STATUS_CODE,
        }
    }

    /// Requests, however they ended.
    #[must_use]
    pub fn requests(&self, scope: &Scope) -> Tally {
        Tally {
            selectors: vec![self.all(scope)],
        }
    }

    /// Requests that count for the error ratio: all that their client did not give up.
    #[must_use]
    pub fn counted(&self, scope: &Scope) -> Tally {
        let selectors = match self.convention {
            Convention::Prometheus => {
                vec![
                    self.all(scope)
                        .not_matching(label::OUTCOME, &outcomes(Outcome::is_abandoned)),
                ]
            }
            // Given up before an answer: neither a status nor an error.
            Convention::OpenTelemetry => vec![
                self.all(scope).without(self.status_label(), ""),
                self.all(scope)
                    .with(self.status_label(), "")
                    .without(label::ERROR_TYPE, ""),
            ],
        };
        Tally { selectors }
    }

    /// Requests that failed: the numerator of the error ratio.
    #[must_use]
    pub fn errors(&self, scope: &Scope) -> Tally {
        let all = self.all(scope);
        let errors = match self.convention {
            Convention::Prometheus => all.matching(label::OUTCOME, &outcomes(Outcome::is_error)),
            Convention::OpenTelemetry => all.without(label::ERROR_TYPE, ""),
        };
        Tally {
            selectors: vec![errors],
        }
    }

    /// Requests whose handler panicked.
    #[must_use]
    pub fn panics(&self, scope: &Scope) -> Selector {
        let errors = match self.convention {
            Convention::Prometheus => self.scoped(&metric::ERRORS.name(&self.namespace), scope),
            Convention::OpenTelemetry => self.all(scope),
        };
        errors.with(label::ERROR_TYPE, error_type::PANIC)
    }

    /// Calls of other services that were answered or failed.
    #[must_use]
    pub fn client_calls(&self) -> Tally {
        let calls = match self.convention {
            Convention::Prometheus => self
                .of(metric::CLIENT_REQUESTS.name(&self.namespace))
                .not_matching(label::OUTCOME, &outcomes(Outcome::is_abandoned)),
            Convention::OpenTelemetry => self.of(self.client_duration_count()),
        };
        Tally { selectors: vec![calls] }
    }

    /// Calls of other services that failed, those with a 4xx answer among them.
    #[must_use]
    pub fn client_errors(&self) -> Tally {
        let errors = match self.convention {
            Convention::Prometheus => self.of(metric::CLIENT_ERRORS.name(&self.namespace)),
            Convention::OpenTelemetry => self.of(self.client_duration_count()).without(label::ERROR_TYPE, ""),
        };
        Tally {
            selectors: vec![errors],
        }
    }

    /// The buckets of the duration of requests that their client did not give up before an answer.
    #[must_use]
    pub fn duration_buckets(&self, scope: &Scope) -> Selector {
        self.within_answers(self.scoped(&format!("{}_bucket", self.duration()), scope))
    }

    /// The number of requests in [`duration_buckets`](Self::duration_buckets).
    #[must_use]
    pub fn duration_count(&self, scope: &Scope) -> Selector {
        self.within_answers(self.scoped(&format!("{}_count", self.duration()), scope))
    }

    /// Requests that were answered: [`duration_count`](Self::duration_count).
    #[must_use]
    pub fn answered(&self, scope: &Scope) -> Tally {
        Tally {
            selectors: vec![self.duration_count(scope)],
        }
    }

    /// Those of [`duration_count`](Self::duration_count) that took `threshold` at most, which must be
    /// a bound of the buckets.
    #[must_use]
    pub fn duration_within(&self, scope: &Scope, threshold: Duration) -> Selector {
        self.duration_buckets(scope)
            .with(label::LE, &le(threshold.as_secs_f64()))
    }

    /// Requests that have arrived and not ended.
    #[must_use]
    pub fn in_flight(&self, scope: &Scope) -> Selector {
        let name = self.name(&metric::IN_FLIGHT, &semconv::SERVER_ACTIVE_REQUESTS);
        match self.convention {
            Convention::Prometheus => self.scoped(&name, scope),
            // The convention splits it by method and scheme only.
            Convention::OpenTelemetry => match scope.method_name() {
                Some(method) => self.of(name).with(self.method_label(), method),
                None => self.of(name),
            },
        }
    }

    /// The name of the duration histogram.
    #[must_use]
    pub fn duration(&self) -> String {
        self.name(&metric::REQUEST_DURATION, &semconv::SERVER_REQUEST_DURATION)
    }

    /// The name under this namespace and convention: `prometheus` or `open_telemetry`.
    #[must_use]
    pub fn name(&self, prometheus: &MetricDef, open_telemetry: &MetricDef) -> String {
        match self.convention {
            Convention::Prometheus => prometheus.name(&self.namespace),
            Convention::OpenTelemetry => open_telemetry.name(&self.namespace),
        }
    }

    fn client_duration_count(&self) -> String {
        format!("{}_count", semconv::CLIENT_REQUEST_DURATION.name(&self.namespace))
    }

    fn all(&self, scope: &Scope) -> Selector {
        match self.convention {
            Convention::Prometheus => self.scoped(&metric::REQUESTS.name(&self.namespace), scope),
            Convention::OpenTelemetry => self.scoped(&format!("{}_count", self.duration()), scope),
        }
    }

    fn within_answers(&self, selector: Selector) -> Selector {
        match self.convention {
            Convention::Prometheus => selector.without(label::STATUS, "499"),
            // A panic before the head has no status either, and an end that is no answer's.
            Convention::OpenTelemetry => selector.without(label::HTTP_RESPONSE_STATUS_CODE, ""),
        }
    }

    fn scoped(&self, name: &str, scope: &Scope) -> Selector {
        let mut selector = self.of(name);
        if let Some(method) = scope.method_name() {
            selector = selector.with(self.method_label(), method);
        }
        if let Some(endpoint) = scope.template() {
            selector = selector.with(self.endpoint_label(), endpoint);
        }
        selector
    }
}

/// A bound as the pages write it, a float in every format: `0.25`, `1.0`.
fn le(bound: f64) -> String {
    format!("{bound:?}")
}

fn outcomes(is_meant: impl Fn(Outcome) -> bool) -> String {
    let meant: Vec<_> = Outcome::ALL
        .into_iter()
        .filter(|outcome| is_meant(*outcome))
        .map(Outcome::as_str)
        .collect();
    meant.join("|")
}

// === impl Tally ===

impl From<Selector> for Tally {
    fn from(selector: Selector) -> Self {
        Self::new(vec![selector])
    }
}

impl Tally {
    /// The series of these selectors, which must not overlap.
    #[must_use]
    pub const fn new(selectors: Vec<Selector>) -> Self {
        Self { selectors }
    }

    /// What to add up.
    #[must_use]
    pub const fn selectors(&self) -> &[Selector] {
        self.selectors.as_slice()
    }

    /// Growth per second over a window. One selector without series is no data; of several, each without series counts
    /// as 0.
    #[must_use]
    pub fn rate(&self, range: impl Into<Range>) -> Expr {
        let range = range.into();
        self.sum_of(|selector| Expr::rate(selector, range))
    }

    /// [`rate`](Self::rate) over a window that ended `offset` ago.
    #[must_use]
    pub fn rate_before(&self, window: Window, offset: Window) -> Expr {
        self.sum_of(|selector| Expr::rate_before(selector, window, offset))
    }

    /// Growth over a window.
    #[must_use]
    pub fn increase(&self, window: Window) -> Expr {
        self.sum_of(|selector| Expr::increase(selector, window))
    }

    /// [`increase`](Self::increase) over a window that ended `offset` ago.
    #[must_use]
    pub fn increase_before(&self, window: Window, offset: Window) -> Expr {
        self.sum_of(|selector| Expr::increase_before(selector, window, offset))
    }

    fn sum_of(&self, one: impl Fn(&Selector) -> Expr) -> Expr {
        match self.selectors.as_slice() {
            [] => Expr::vector(0.0),
            [only] => one(only).sum(),
            [first, others @ ..] => {
                let part = |selector| one(selector).sum().or_zero();
                others.iter().fold(part(first), |sum, selector| sum + part(selector))
            }
        }
    }
}
