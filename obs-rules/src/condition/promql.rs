//! Conditions as `PromQL`.

use super::{Comparison, Condition};
use crate::{
    Naming, Scope, Tally,
    promql::{Expr, Selector, Window},
};

// === impl Condition ===

impl Condition {
    /// The condition as an expression that has a series while it is so; a closure has none.
    ///
    /// ```
    /// use obs_rules::{Condition, Naming, promql::Window};
    ///
    /// let naming = Naming::default().with_job("payment-service");
    /// let condition = Condition::error_ratio(Window::minutes(5), 0.05);
    /// assert_eq!(
    ///     condition.promql(&naming).unwrap().to_string(),
    ///     "(sum(rate(http_requests_total{job=\"payment-service\",outcome=~\"server_error|panic|body_error\"}[5m])) \
    ///      or vector(0)) \
    ///      / (sum(rate(http_requests_total{job=\"payment-service\",outcome!~\"cancelled|aborted\"}[5m])) > 0) > 0.05",
    /// );
    /// ```
    #[must_use]
    pub fn promql(&self, naming: &Naming) -> Option<Expr> {
        match (self, self.comparison()) {
            (_, Some(is)) => self.promql_at(naming, is),
            (Self::Absence { selector }, None) => Some(Expr::absent(&naming.within_job(selector.clone()))),
            (_, None) => None,
        }
    }

    /// What is compared, as an expression: it has data whenever there is traffic, and is never NaN.
    #[must_use]
    pub fn value_promql(&self, naming: &Naming) -> Option<Expr> {
        let within = |selector: &Selector| naming.within_job(selector.clone());
        Some(match self {
            Self::ErrorRatio { scope, window, .. } => error_ratio(naming, scope, *window),
            Self::Availability { scope, window, .. } => Expr::number(1.0) - error_ratio(naming, scope, *window),
            // Without requests the quantile is NaN, which this leaves out.
            Self::Latency { scope, window, quantile, .. } => {
                self::quantile(naming, scope, *window, *quantile).at_least(0.0)
            }
            Self::RateChange { scope, window, offset, .. } => {
                let requests = naming.requests(scope);
                requests.rate(*window).or_zero() / requests.rate_before(*window, *offset).above_zero()
            }
            Self::Ratio { of, by, window, .. } => {
                ratio(&naming.tally_within_job(of), &naming.tally_within_job(by), *window)
            }
            Self::Gauge { selector, by: None, .. } => Expr::instant(&within(selector)),
            Self::Gauge { selector, by: Some(by), .. } => {
                Expr::instant(&within(selector)) / Expr::instant(&within(by)).above_zero()
            }
            Self::Increase { selector, window, .. } => growth(naming, &within(selector), *window),
            Self::Absence { selector } => Expr::instant(&within(selector)).call("count").or_zero(),
            Self::BurnRate { slo, burn } => slo.error_ratio(naming, burn.long),
            Self::Custom(_) => return None,
        })
    }

    /// The condition with another comparison: the one that a firing alert must meet to go on.
    pub(crate) fn promql_at(&self, naming: &Naming, is: Comparison) -> Option<Expr> {
        let within = |selector: &Selector| Expr::instant(&naming.within_job(selector.clone()));
        Some(match self {
            // NaN is above nothing: it needs no guard here.
            Self::Latency { scope, window, quantile, .. } => {
                is.promql(self::quantile(naming, scope, *window, *quantile))
            }
            // Compared with its share of the other, so that the alert's value is the gauge's own.
            Self::Gauge { selector, by: Some(by), .. } => {
                let (gauge, share) = (within(selector), share(is.threshold(), within(by).above_zero()));
                match is {
                    Comparison::Above(_) => gauge.above_each(share),
                    Comparison::Below(_) => gauge.below_each(share),
                }
            }
            Self::BurnRate { slo, burn } => {
                let over = |window| is.promql(slo.error_ratio(naming, window));
                over(burn.long).and(over(burn.short))
            }
            _ => is.promql(self.value_promql(naming)?),
        })
    }
}

/// `threshold * whole`, the plain whole where that is the same.
fn share(threshold: f64, whole: Expr) -> Expr {
    if threshold.to_bits() == 1.0_f64.to_bits() { whole } else { Expr::number(threshold) * whole }
}

pub(crate) fn error_ratio(naming: &Naming, scope: &Scope, window: Window) -> Expr {
    ratio(&naming.errors(scope), &naming.counted(scope), window)
}

/// No failure yet is a ratio of 0; no request at all is no ratio.
fn ratio(of: &Tally, by: &Tally, window: Window) -> Expr {
    of.rate(window).or_zero() / by.rate(window).above_zero()
}

fn quantile(naming: &Naming, scope: &Scope, window: Window, quantile: f64) -> Expr {
    Expr::rate(&naming.duration_buckets(scope), window).sum_by(&["le"]).histogram_quantile(quantile)
}

/// `increase()` does not see a series' first value: a counter that appears with 1 has not grown for
/// it. So the values of series that were not there are added, unless their target was not either: what
/// it counted before anybody asked is old.
fn growth(naming: &Naming, selector: &Selector, window: Window) -> Expr {
    let grown = Expr::increase(selector, window).sum().or_zero();
    let appeared = Expr::instant(selector).unless(Expr::instant_before(selector, window));
    let target = Expr::instant_before(&naming.of("up"), window);
    grown + appeared.and_on(&["job", "instance"], target).sum().or_zero()
}
