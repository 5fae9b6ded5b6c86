//! Conditions as queries.

use super::{Comparison, Condition};
use crate::{
    Naming, Scope, Tally,
    promql::{Selector, Window},
    query::{Growth, Input, Operator, Query, Relation},
};

// === impl Condition ===

impl Condition {
    /// The condition as a query whose values hold as long as the alert should fire; `None` for a closure.
    ///
    /// ```
    /// use obs_rules::{Condition, Naming, promql::Window};
    ///
    /// let naming = Naming::default().with_job("payment-service");
    /// let condition = Condition::error_ratio(Window::minutes(5), 0.05);
    /// assert_eq!(
    ///     condition.query(&naming).unwrap().to_string(),
    ///     "(sum(rate(http_requests_total{job=\"payment-service\",outcome=~\"server_error|panic|body_error\"}[5m])) \
    ///      or vector(0)) \
    ///      / (sum(rate(http_requests_total{job=\"payment-service\",outcome!~\"cancelled|aborted\"}[5m])) > 0) > 0.05",
    /// );
    /// ```
    #[must_use]
    pub fn query(&self, naming: &Naming) -> Option<Query> {
        match (self, self.comparison()) {
            (_, Some(comparison)) => self.query_at(naming, comparison),
            (Self::Absence { selector }, None) => Some(Query::Absent(series(naming, selector))),
            (_, None) => None,
        }
    }

    /// The value that is compared, without the comparison: it has data whenever there is traffic, and is never NaN. A
    /// dashboard shows it beside the threshold. `None` for a closure.
    ///
    /// ```
    /// use obs_rules::{Comparison, Condition, Naming, promql::Selector};
    ///
    /// let full = Condition::Gauge {
    ///     selector: Selector::new("queue_length"),
    ///     denominator: None,
    ///     comparison: Comparison::Above(1_000.0),
    /// };
    /// let naming = Naming::default();
    /// assert_eq!(full.value(&naming).unwrap().to_string(), "queue_length");
    /// assert_eq!(full.query(&naming).unwrap().to_string(), "queue_length > 1000");
    /// ```
    #[must_use]
    pub fn value(&self, naming: &Naming) -> Option<Query> {
        Some(match self {
            // Without requests Prometheus has a quantile that is NaN, which this leaves out.
            Self::Latency { .. } => self.compared(naming)?.filter(Relation::AtLeast, 0.0),
            Self::Absence { selector } => Query::Count(series(naming, selector)).or_zero(),
            _ => self.compared(naming)?,
        })
    }

    /// The condition with another comparison: the one that a firing alert must meet to go on.
    pub(crate) fn query_at(&self, naming: &Naming, comparison: Comparison) -> Option<Query> {
        Some(match self {
            // Compared with its share of the other, so that the alert's value is the gauge's own.
            Self::Gauge {
                selector,
                denominator: Some(denominator),
                ..
            } => {
                let whole = Query::Read(series(naming, denominator)).filter(Relation::Above, 0.0);
                let threshold = comparison.threshold();
                let share = if threshold.to_bits() == 1.0_f64.to_bits() {
                    whole
                } else {
                    Query::Number(threshold).binary(Operator::Multiply, whole)
                };
                Query::Read(series(naming, selector)).test(comparison.relation(), share)
            }
            Self::BurnRate { slo, burn } => {
                let over = |window| comparison.test(slo.error_ratio(naming, window));
                over(burn.long).and(over(burn.short))
            }
            _ => comparison.test(self.compared(naming)?),
        })
    }

    /// The left side of the comparison.
    fn compared(&self, naming: &Naming) -> Option<Query> {
        Some(match self {
            Self::ErrorRatio { scope, window, .. } => error_ratio(naming, scope, *window),
            Self::Availability { scope, window, .. } => complement(error_ratio(naming, scope, *window)),
            Self::Latency {
                scope,
                window,
                quantile,
                ..
            } => Query::Read(Input::Quantile {
                buckets: naming.duration_buckets(scope),
                quantile: *quantile,
                window: *window,
            }),
            Self::RateChange {
                scope, window, offset, ..
            } => {
                let requests = Growth::new(naming.requests(scope), *window);
                Query::ratio(requests.clone(), requests.before(*offset))
            }
            Self::Ratio {
                numerator,
                denominator,
                window,
                ..
            } => {
                let within_job = |tally: &Tally| Growth::new(naming.tally_within_job(tally), *window);
                Query::ratio(within_job(numerator), within_job(denominator))
            }
            Self::Gauge {
                selector,
                denominator: None,
                ..
            } => Query::Read(series(naming, selector)),
            Self::Gauge {
                selector,
                denominator: Some(denominator),
                ..
            } => {
                let whole = Query::Read(series(naming, denominator)).filter(Relation::Above, 0.0);
                Query::Read(series(naming, selector)).binary(Operator::Divide, whole)
            }
            Self::Increase { selector, window, .. } => Query::Read(Input::GrowthFromZero {
                counter: naming.within_job(selector.clone()),
                window: *window,
                up: naming.of("up"),
            }),
            Self::BurnRate { slo, burn } => slo.error_ratio(naming, burn.long),
            Self::Absence { .. } | Self::Custom(_) => return None,
        })
    }
}

fn series(naming: &Naming, selector: &Selector) -> Input {
    Input::Series(naming.within_job(selector.clone()))
}

/// The ratio without failures is 0; without requests there is no data.
pub(crate) fn error_ratio(naming: &Naming, scope: &Scope, window: Window) -> Query {
    Query::ratio(
        Growth::new(naming.errors(scope), window),
        Growth::new(naming.counted(scope), window),
    )
}

/// `1 - share`
pub(crate) fn complement(share: Query) -> Query {
    Query::Number(1.0).binary(Operator::Subtract, share)
}

// === impl Comparison ===

impl Comparison {
    /// The relation without the threshold.
    #[must_use]
    pub const fn relation(self) -> Relation {
        match self {
            Self::Above(_) => Relation::Above,
            Self::Below(_) => Relation::Below,
        }
    }

    /// `value > threshold` or `value < threshold`.
    fn test(self, value: Query) -> Query {
        value.test(self.relation(), Query::Number(self.threshold()))
    }
}
