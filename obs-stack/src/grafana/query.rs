//! PromQL with Grafana's variables.

use obs_rules::{
    Naming, Scope, Tally,
    definition::Service,
    promql::{Expr, MatchOp, Range, Selector},
};

/// The metrics of a service, restricted to the job, instances and endpoint that are
/// selected on the dashboard.
#[derive(Clone, Debug)]
pub(super) struct Source {
    naming: Naming,
    chosen: Vec<(&'static str, MatchOp, &'static str)>,
}

/// The window that Grafana derives from time range and scrape interval.
pub(super) const RATE_INTERVAL: Range = Range::Variable("$__rate_interval");

// === impl Source ===

impl Source {
    pub(super) fn new(service: &Service) -> Self {
        let chosen = vec![
            ("job", MatchOp::Regex, "$job"),
            ("instance", MatchOp::Regex, "$instance"),
        ];
        Self {
            naming: service.naming_in_process(),
            chosen,
        }
    }

    /// Narrowed to the endpoint that is chosen on the dashboard.
    pub(super) fn endpoint(mut self) -> Self {
        // Grafana escapes what it puts into regular expressions only where many values can be chosen.
        self.chosen
            .push((self.naming.endpoint_label(), MatchOp::Equal, "$endpoint"));
        self.chosen
            .push((self.naming.method_label(), MatchOp::Regex, "$method"));
        self
    }

    /// Whether only one endpoint is meant.
    pub(super) fn is_endpoint(&self) -> bool {
        self.chosen.len() > 2
    }

    pub(super) fn naming(&self) -> &Naming {
        &self.naming
    }

    /// The chosen ones of these series.
    pub(super) fn select(&self, selector: Selector) -> Selector {
        self.chosen
            .iter()
            .fold(selector, |selector, (label, op, value)| match op {
                MatchOp::Regex => selector.matching(label, value),
                _ => selector.with(label, value),
            })
    }

    /// The series of a metric of the whole service.
    pub(super) fn on_service(name: impl Into<String>) -> Selector {
        Selector::new(name)
            .matching("job", "$job")
            .matching("instance", "$instance")
    }

    /// The chosen series of a metric.
    pub(super) fn of(&self, name: impl Into<String>) -> Selector {
        self.select(Selector::new(name))
    }

    /// The rates of all series that count, not added up yet.
    pub(super) fn rates(&self, tally: &Tally) -> Expr {
        self.each(tally, |selector| Expr::rate(selector, RATE_INTERVAL))
    }

    /// The rate of a metric's series.
    pub(super) fn rate(&self, name: impl Into<String>) -> Expr {
        Expr::rate(&self.of(name), RATE_INTERVAL)
    }

    /// A quantile of a histogram whose buckets these are, for each combination of labels.
    pub(super) fn quantile(&self, quantile: f64, buckets: &Selector, labels: &[&str]) -> Expr {
        let mut by = labels.to_vec();
        by.push(obs_conventions::names::label::LE);
        Expr::rate(&self.select(buckets.clone()), RATE_INTERVAL)
            .sum_by(&by)
            .histogram_quantile(quantile)
    }

    /// The share of requests that failed, for each combination of labels or for all together. Nothing
    /// where no request was counted, 0 where none failed.
    pub(super) fn error_ratio(&self, labels: &[&str]) -> Expr {
        let scope = Scope::service();
        let counted = sum(self.rates(&self.naming.counted(&scope)), labels);
        let errors = sum(self.rates(&self.naming.errors(&scope)), labels);
        errors.or(counted.clone() * Expr::number(0.0)) / counted.above(0.0)
    }

    fn each(&self, tally: &Tally, one: impl Fn(&Selector) -> Expr) -> Expr {
        // Series of a tally never overlap, so `or` takes them all.
        let mut each = tally
            .selectors()
            .iter()
            .map(|selector| one(&self.select(selector.clone())));
        let first = each.next().unwrap_or_else(|| Expr::number(0.0).call("vector"));
        each.fold(first, Expr::or)
    }
}

/// Sums by labels; a single sum without labels.
fn sum(expr: Expr, labels: &[&str]) -> Expr {
    if labels.is_empty() {
        expr.sum()
    } else {
        expr.sum_by(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_interval_is_left_to_grafana() {
        let expr = Expr::rate(&Selector::new("a_total").matching("job", "$job"), RATE_INTERVAL).sum();
        assert_eq!(expr.to_string(), "sum(rate(a_total{job=~\"$job\"}[$__rate_interval]))");
    }
}
