//! The kinds of conditions.

use std::{fmt, sync::Arc, time::Duration};

use super::{Comparison, Custom};
use crate::{
    BurnRate, Naming, Scope, Slo, Tally,
    promql::{Selector, Window},
    query::{Growth, Input, Query},
    template::Known,
};

/// The condition under which an alert fires. All but [`Custom`](Self::Custom) can be evaluated in the process and
/// rendered as `PromQL`, with the same result: see [`query`](Self::query).
///
/// | condition | value | no data |
/// |---|---|---|
/// | [`ErrorRatio`](Self::ErrorRatio) | failed by counted requests, 0 to 1 | no counted request in the window |
/// | [`Latency`](Self::Latency) | the quantile, in seconds | no answered request in the window |
/// | [`Availability`](Self::Availability) | 1 − error ratio | no counted request in the window |
/// | [`RateChange`](Self::RateChange) | rate now by rate before | no request in the window before |
/// | [`Ratio`](Self::Ratio) | growth of the numerator by that of the denominator | no growth of the denominator |
/// | [`Gauge`](Self::Gauge) | the gauge, or its share of another | no such series, or a divisor of 0 |
/// | [`Increase`](Self::Increase) | growth of the counter | never: what does not exist has not grown |
/// | [`Absence`](Self::Absence) | the number of series | never |
/// | [`BurnRate`](Self::BurnRate) | the error ratio over the long window, 0 to 1 | no counted request in either window |
///
/// In obs.yaml a condition is a map with its kind as the key; thresholds have the [unit](crate::Unit) of the value:
///
/// ```yaml
/// - condition: { error_ratio: { above: 5%, window: 5m, endpoint: POST /orders } }
/// - condition: { latency: { quantile: 0.99, above: 800ms } }
/// - condition: { availability: { below: 99.5%, window: 1h } }
/// - condition: { rate_change: { before: 1d, below: 50% } }
/// - condition: { ratio: { numerator: { metric: jobs_failed_total }, denominator: { metric: jobs_total }, above: 10% } }
/// - condition: { gauge: { metric: queue_length, labels: { queue: mail }, above: 1000 } }
/// - condition: { increase: { metric: jobs_failed_total, window: 10m, above: 0 } }
/// - condition: { absence: { metric: heartbeat } }
/// ```
///
/// In code it is a variant, or one of the constructors for all requests of a service:
///
/// ```
/// use obs_rules::{Comparison, Condition, Naming, promql::Selector};
///
/// let used = Condition::Gauge {
///     selector: Selector::new("db_connections_active").with("pool", "orders"),
///     denominator: Some(Selector::new("db_connections_max").with("pool", "orders")),
///     comparison: Comparison::Above(0.9),
/// };
/// assert!(used.check().is_ok());
/// assert_eq!(
///     used.query(&Naming::default()).map(|query| query.to_string()).as_deref(),
///     Some("db_connections_active{pool=\"orders\"} > 0.9 * (db_connections_max{pool=\"orders\"} > 0)"),
/// );
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Condition {
    /// The share of failed requests (0 to 1) is above a threshold.
    ErrorRatio {
        /// The requests.
        scope: Scope,
        /// The window.
        window: Window,
        /// The threshold, 0 to 1.
        above: f64,
    },
    /// A quantile of the duration is above a threshold.
    Latency {
        /// The requests.
        scope: Scope,
        /// The window.
        window: Window,
        /// The quantile, above 0 and below 1.
        quantile: f64,
        /// The threshold.
        above: Duration,
    },
    /// The share of requests that did not fail (0 to 1) is below a threshold.
    Availability {
        /// The requests.
        scope: Scope,
        /// The window.
        window: Window,
        /// The threshold, 0 to 1.
        below: f64,
    },
    /// The rate of requests, divided by what it was `offset` ago. No requests now are a rate of 0.
    RateChange {
        /// The requests.
        scope: Scope,
        /// The window.
        window: Window,
        /// How long ago the other window ended.
        offset: Window,
        /// The threshold of the ratio: below 0.5 is a loss of half the traffic.
        comparison: Comparison,
    },
    /// The growth of counters, divided by that of others: failed queries by all queries. A numerator
    /// without series is 0.
    Ratio {
        /// The numerator.
        numerator: Tally,
        /// The denominator.
        denominator: Tally,
        /// The window.
        window: Window,
        /// The threshold of the ratio.
        comparison: Comparison,
    },
    /// A gauge, or the share that it is of another: connections in use of those there may be. The
    /// value of the alert is the gauge's own, so that it reads `19 connections in use`.
    Gauge {
        /// The gauge; several series are compared one by one.
        selector: Selector,
        /// What to divide by, series with the same labels by each other; one that is not above 0 is no data.
        denominator: Option<Selector>,
        /// The threshold.
        comparison: Comparison,
    },
    /// The growth of a counter over a window, all its series together. A series that appears within the
    /// window has grown from 0: the first panic counts.
    Increase {
        /// The counter.
        selector: Selector,
        /// The window.
        window: Window,
        /// The threshold.
        comparison: Comparison,
    },
    /// No such series exists.
    Absence {
        /// The series.
        selector: Selector,
    },
    /// The error budget of an SLO is spent too fast.
    BurnRate {
        /// The objective.
        slo: Arc<Slo>,
        /// How fast, over which windows.
        burn: BurnRate,
    },
    /// A closure, which has no `PromQL`.
    Custom(Custom),
}

// === impl Condition ===

impl Condition {
    /// The share of all requests that failed is above `above` (0 to 1).
    #[must_use]
    pub const fn error_ratio(window: Window, above: f64) -> Self {
        Self::ErrorRatio {
            scope: Scope::service(),
            window,
            above,
        }
    }

    /// A quantile of the duration of all requests is above `above`.
    #[must_use]
    pub const fn latency(quantile: f64, window: Window, above: Duration) -> Self {
        Self::Latency {
            scope: Scope::service(),
            window,
            quantile,
            above,
        }
    }

    /// The share of all requests that did not fail is below `below` (0 to 1).
    #[must_use]
    pub const fn availability(window: Window, below: f64) -> Self {
        Self::Availability {
            scope: Scope::service(),
            window,
            below,
        }
    }

    /// The comparison of its value; the threshold of a latency is in seconds. [`Absence`](Self::Absence) and
    /// [`Custom`](Self::Custom) compare nothing.
    #[must_use]
    pub fn comparison(&self) -> Option<Comparison> {
        Some(match self {
            Self::ErrorRatio { above, .. } => Comparison::Above(*above),
            Self::Latency { above, .. } => Comparison::Above(above.as_secs_f64()),
            Self::Availability { below, .. } => Comparison::Below(*below),
            Self::RateChange { comparison, .. }
            | Self::Ratio { comparison, .. }
            | Self::Gauge { comparison, .. }
            | Self::Increase { comparison, .. } => *comparison,
            Self::BurnRate { slo, burn } => Comparison::Above(slo.threshold(burn)),
            Self::Absence { .. } | Self::Custom(_) => return None,
        })
    }

    /// The growth of the requests, or of whatever is counted, that its value is a share or a quantile of, and that
    /// [`min_requests`](crate::AlertRule::min_requests) is compared with; a condition that is not about requests has
    /// none. Of a change of the rate they are those of the window before: few now may be the news.
    #[must_use]
    pub fn traffic(&self, naming: &Naming) -> Option<Growth> {
        self.query(naming)?.traffic()
    }

    /// The labels of its value, which distinguish alerts and which templates can name. Those of series are known only
    /// when they are read; `absent` has the labels that its selector names.
    #[must_use]
    pub fn labels(&self) -> Known {
        match self.query(&Naming::default()) {
            Some(query) if query.has_series() => Known::Any,
            Some(query) => Known::Only(query.absent_labels().into_iter().map(|(label, _)| label).collect()),
            None => Known::Only(Vec::new()),
        }
    }

    /// Whether it is a symptom that users notice, and not a possible cause of one: it reads the number or the duration
    /// of requests, or a series that is missing.
    #[must_use]
    pub fn is_symptom(&self) -> bool {
        let naming = Naming::default();
        let Some(query) = self.query(&naming) else {
            return false;
        };
        let metrics = query.inputs().into_iter().flat_map(Input::selectors);
        matches!(query, Query::Absent(_)) || metrics.into_iter().any(|read| naming.counts_requests(read.metric()))
    }

    /// The objective and the burn rate of a [`BurnRate`](Self::BurnRate); `None` for any other condition.
    #[must_use]
    pub const fn burn_rate(&self) -> Option<(&Arc<Slo>, &BurnRate)> {
        match self {
            Self::BurnRate { slo, burn } => Some((slo, burn)),
            _ => None,
        }
    }

    /// The closure, if it is one.
    #[must_use]
    pub const fn closure(&self) -> Option<&Custom> {
        match self {
            Self::Custom(closure) => Some(closure),
            _ => None,
        }
    }

    /// A closure that returns whether the condition holds. It is called at each evaluation, on a thread of its own,
    /// with a timeout of 10 seconds: until it returns, its rule is in error, and its alert keeps its state.
    pub fn custom<E>(is_so: impl Fn() -> Result<bool, E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::Custom(Custom::new(Arc::new(move || is_so().map_err(Into::into))))
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.query(&Naming::default()) {
            Some(query) => write!(f, "{query}"),
            None => f.write_str("a closure"),
        }
    }
}
