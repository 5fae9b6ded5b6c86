//! Names of the RED metrics of a service, and the meaning of their series.

use std::time::Duration;

use obs_conventions::{
    Convention, Outcome,
    names::{MetricDef, error_type, label, metric, semconv},
};

use crate::{Scope, Tally, promql::Selector};

/// The names of a service's RED metrics and labels: they follow from the namespace and convention of its layer, and
/// from the `job` label that Prometheus adds.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Naming, Scope};
/// use obs_conventions::Convention;
///
/// let orders = Scope::service().method("GET").endpoint("/orders/{id}");
/// let naming = Naming::new("shop", Convention::Prometheus).with_job("orders");
/// assert_eq!(
///     naming.requests(&orders).selectors()[0].to_string(),
///     "shop_requests_total{job=\"orders\",method=\"GET\",endpoint=\"/orders/{id}\"}",
/// );
///
/// let naming = Naming::new("shop", Convention::OpenTelemetry);
/// assert_eq!(
///     naming.duration_within(&Scope::service(), Duration::from_millis(300)).to_string(),
///     "http_server_request_duration_seconds_bucket{http_response_status_code!=\"\",le=\"0.3\"}",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    namespace: String,
    convention: Convention,
    job: Option<String>,
}

// === impl Naming ===

impl Default for Naming {
    fn default() -> Self {
        Self::new(metric::DEFAULT_NAMESPACE, Convention::Prometheus)
    }
}

impl Naming {
    /// The names on the service's own page, where series have no `job` label. The OpenTelemetry convention has no
    /// namespace and ignores it.
    #[must_use]
    pub fn new(namespace: impl Into<String>, convention: Convention) -> Self {
        Self {
            namespace: namespace.into(),
            convention,
            job: None,
        }
    }

    /// The names in Prometheus, which adds the label `job` when it scrapes the service.
    #[must_use]
    pub fn with_job(mut self, job: impl Into<String>) -> Self {
        self.job = Some(job.into());
        self
    }

    /// The namespace of the layer's metrics: `http` by default.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The convention of the layer's metrics.
    #[must_use]
    pub const fn convention(&self) -> Convention {
        self.convention
    }

    /// The value of the label `job`; `None` on the service's own page.
    #[must_use]
    pub fn job(&self) -> Option<&str> {
        self.job.as_deref()
    }

    /// All series of a metric of this job, also of one that is not a RED metric.
    ///
    /// ```
    /// use obs_rules::Naming;
    ///
    /// assert_eq!(Naming::default().with_job("orders").of("up").to_string(), "up{job=\"orders\"}");
    /// ```
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

    /// The same counters, narrowed to this job.
    #[must_use]
    pub fn tally_within_job(&self, tally: &Tally) -> Tally {
        let selectors = tally.selectors().iter();
        selectors.map(|selector| self.within_job(selector.clone())).collect()
    }

    /// The label of the method: `method` or `http_request_method`.
    #[must_use]
    pub const fn method_label(&self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::METHOD,
            Convention::OpenTelemetry => label::HTTP_REQUEST_METHOD,
        }
    }

    /// The label of the endpoint's template: `endpoint` or `http_route`.
    #[must_use]
    pub const fn endpoint_label(&self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::ENDPOINT,
            Convention::OpenTelemetry => label::HTTP_ROUTE,
        }
    }

    /// The label of the status code: `status` or `http_response_status_code`.
    #[must_use]
    pub const fn status_label(&self) -> &'static str {
        match self.convention {
            Convention::Prometheus => label::STATUS,
            Convention::OpenTelemetry => label::HTTP_RESPONSE_STATUS_CODE,
        }
    }

    /// All requests that have ended, with any outcome.
    #[must_use]
    pub fn requests(&self, scope: &Scope) -> Tally {
        Tally::from(self.all(scope))
    }

    /// Requests that count for the error ratio: all but those that their client has cancelled or aborted. They are the
    /// denominator of [`errors`](Self::errors).
    ///
    /// ```
    /// use obs_rules::{Naming, Scope};
    ///
    /// let counted = Naming::default().counted(&Scope::service());
    /// assert_eq!(counted.selectors()[0].to_string(), "http_requests_total{outcome!~\"cancelled|aborted\"}");
    /// ```
    #[must_use]
    pub fn counted(&self, scope: &Scope) -> Tally {
        let selectors = match self.convention {
            Convention::Prometheus => {
                vec![
                    self.all(scope)
                        .not_matching(label::OUTCOME, &outcomes(Outcome::is_abandoned)),
                ]
            }
            // Cancelled before a response: neither a status nor an error.
            Convention::OpenTelemetry => vec![
                self.all(scope).without(self.status_label(), ""),
                self.all(scope)
                    .with(self.status_label(), "")
                    .without(label::ERROR_TYPE, ""),
            ],
        };
        Tally::new(selectors)
    }

    /// Failed requests, the numerator of the error ratio: outcome `server_error`, `panic` or `body_error`, and by the
    /// OpenTelemetry convention those that have an `error_type`.
    ///
    /// ```
    /// use obs_rules::{Naming, Scope};
    ///
    /// let errors = Naming::default().errors(&Scope::service().endpoint("/orders"));
    /// assert_eq!(
    ///     errors.selectors()[0].to_string(),
    ///     "http_requests_total{endpoint=\"/orders\",outcome=~\"server_error|panic|body_error\"}",
    /// );
    /// ```
    #[must_use]
    pub fn errors(&self, scope: &Scope) -> Tally {
        let all = self.all(scope);
        let errors = match self.convention {
            Convention::Prometheus => all.matching(label::OUTCOME, &outcomes(Outcome::is_error)),
            Convention::OpenTelemetry => all.without(label::ERROR_TYPE, ""),
        };
        Tally::from(errors)
    }

    /// Requests whose handler panicked, by the label `error_type`.
    #[must_use]
    pub fn panics(&self, scope: &Scope) -> Selector {
        let errors = match self.convention {
            Convention::Prometheus => self.scoped(&metric::ERRORS.name(&self.namespace), scope),
            Convention::OpenTelemetry => self.all(scope),
        };
        errors.with(label::ERROR_TYPE, error_type::PANIC)
    }

    /// Outgoing requests that were answered or failed.
    #[must_use]
    pub fn client_calls(&self) -> Tally {
        let calls = match self.convention {
            Convention::Prometheus => self
                .of(metric::CLIENT_REQUESTS.name(&self.namespace))
                .not_matching(label::OUTCOME, &outcomes(Outcome::is_abandoned)),
            Convention::OpenTelemetry => self.of(self.client_duration_count()),
        };
        Tally::from(calls)
    }

    /// Outgoing requests that failed, also those that were answered with a 4xx status.
    #[must_use]
    pub fn client_errors(&self) -> Tally {
        let errors = match self.convention {
            Convention::Prometheus => self.of(metric::CLIENT_ERRORS.name(&self.namespace)),
            Convention::OpenTelemetry => self.of(self.client_duration_count()).without(label::ERROR_TYPE, ""),
        };
        Tally::from(errors)
    }

    /// The buckets of the duration in seconds, `…_bucket`, of requests that were answered: a request that its client
    /// cancelled (499) has no latency of the service's.
    ///
    /// ```
    /// use obs_rules::{Naming, Scope};
    ///
    /// let buckets = Naming::default().duration_buckets(&Scope::service());
    /// assert_eq!(buckets.to_string(), "http_request_duration_seconds_bucket{status!=\"499\"}");
    /// ```
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
        Tally::from(self.duration_count(scope))
    }

    /// The requests of [`duration_count`](Self::duration_count) that took `threshold` at most: one bucket, whose bound
    /// the threshold must be.
    #[must_use]
    pub fn duration_within(&self, scope: &Scope, threshold: Duration) -> Selector {
        self.duration_buckets(scope)
            .with(label::LE, &le(threshold.as_secs_f64()))
    }

    /// The gauge of requests in flight. By the OpenTelemetry convention it has no endpoint.
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

    /// The name of the duration histogram, without suffix: `http_request_duration_seconds`.
    #[must_use]
    pub fn duration(&self) -> String {
        self.name(&metric::REQUEST_DURATION, &semconv::SERVER_REQUEST_DURATION)
    }

    /// The name of one of two metrics, by the convention: that of `prometheus` under the namespace, or of
    /// `open_telemetry`.
    #[must_use]
    pub fn name(&self, prometheus: &MetricDef, open_telemetry: &MetricDef) -> String {
        match self.convention {
            Convention::Prometheus => prometheus.name(&self.namespace),
            Convention::OpenTelemetry => open_telemetry.name(&self.namespace),
        }
    }

    /// Whether a metric counts requests or their durations.
    pub(crate) fn counts_requests(&self, metric: &str) -> bool {
        let all = Scope::service();
        [self.all(&all), self.duration_buckets(&all), self.duration_count(&all)]
            .iter()
            .any(|selector| selector.metric() == metric)
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
            // A panic before the head has no status either: it was not answered.
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

/// A bound as metrics pages have it, a float in every format: `0.25`, `1.0`.
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
