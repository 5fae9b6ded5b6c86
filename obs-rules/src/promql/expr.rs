//! Expressions as trees.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{
    Range, Selector, Window,
    node::{Grouping, Node},
    selector::quote,
};

/// A `PromQL` expression: a tree with its text as [`Display`](fmt::Display).
///
/// Each method makes one function or operator of
/// [`PromQL`](https://prometheus.io/docs/prometheus/latest/querying/operators/); `+`, `-`, `*` and `/` are the
/// operators of Rust. Parentheses are written where precedence requires them, values of labels are quoted and
/// escaped, so that a value can't change the expression around it. [`selectors`](Self::selectors) are the series that
/// an expression reads.
///
/// ```
/// use obs_rules::promql::{Expr, Selector, Window};
///
/// let window = Window::minutes(5);
/// let requests = Selector::new("http_requests_total").with("job", "orders");
/// let failed = Expr::rate(&requests.clone().matching("status", "5.."), window).sum().or_zero();
/// let all = Expr::rate(&requests, window).sum().above_zero();
/// assert_eq!(
///     (failed / all).to_string(),
///     "(sum(rate(http_requests_total{job=\"orders\",status=~\"5..\"}[5m])) or vector(0)) \
///      / (sum(rate(http_requests_total{job=\"orders\"}[5m])) > 0)",
/// );
///
/// let buckets = Selector::new("http_request_duration_seconds_bucket");
/// let p99 = Expr::rate(&buckets, window).sum_by(&["le"]).histogram_quantile(0.99);
/// assert_eq!(
///     p99.above(0.5).to_string(),
///     "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 0.5",
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Expr(pub(super) Node);

// === impl Expr ===

impl Expr {
    /// A number: `0.05`, `+Inf`, `NaN`.
    #[must_use]
    pub const fn number(value: f64) -> Self {
        Self(Node::Number(value))
    }

    /// `vector(value)`: one series without labels.
    #[must_use]
    pub fn vector(value: f64) -> Self {
        Self::number(value).call("vector")
    }

    /// The current values of series: `metric{label="value"}`.
    #[must_use]
    pub fn instant(selector: &Selector) -> Self {
        Self(Node::Instant(selector.clone(), None))
    }

    /// The values of series `offset` ago: `metric offset 1h`.
    #[must_use]
    pub fn instant_before(selector: &Selector, offset: Window) -> Self {
        Self(Node::Instant(selector.clone(), Some(offset)))
    }

    /// Growth per second of counters: `rate(metric[5m])`, one value for each series that has at least two samples in
    /// the range.
    #[must_use]
    pub fn rate(selector: &Selector, range: impl Into<Range>) -> Self {
        Self::over("rate", selector, range)
    }

    /// Growth per second of counters over a window that ended `offset` ago: `rate(metric[5m] offset 1h)`.
    #[must_use]
    pub fn rate_before(selector: &Selector, range: impl Into<Range>, offset: Window) -> Self {
        Self(Node::Over(
            "rate".to_owned(),
            selector.clone(),
            range.into(),
            Some(offset),
        ))
    }

    /// Growth of counters over a window: `increase(metric[5m])`, one value for each series.
    #[must_use]
    pub fn increase(selector: &Selector, range: impl Into<Range>) -> Self {
        Self::over("increase", selector, range)
    }

    /// Growth of counters over a window that ended `offset` ago: `increase(metric[5m] offset 1h)`.
    #[must_use]
    pub fn increase_before(selector: &Selector, range: impl Into<Range>, offset: Window) -> Self {
        Self(Node::Over(
            "increase".to_owned(),
            selector.clone(),
            range.into(),
            Some(offset),
        ))
    }

    /// `function(selector[range])`: `avg_over_time`, `changes`, `max_over_time` and the like. The name is not checked.
    ///
    /// ```
    /// use obs_rules::promql::{Expr, Selector, Window};
    ///
    /// let most = Expr::over("max_over_time", &Selector::new("queue_length"), Window::minutes(60));
    /// assert_eq!(most.to_string(), "max_over_time(queue_length[1h])");
    /// ```
    #[must_use]
    pub fn over(function: &str, selector: &Selector, range: impl Into<Range>) -> Self {
        Self(Node::Over(function.to_owned(), selector.clone(), range.into(), None))
    }

    /// `absent(metric)`: 1 if no such series exists, else no value.
    #[must_use]
    pub fn absent(selector: &Selector) -> Self {
        Self::instant(selector).call("absent")
    }

    /// `histogram_quantile(quantile, self)`: a quantile between 0 and 1, interpolated within the bucket that it falls
    /// into. The expression must have kept the label `le`, by [`sum_by`](Self::sum_by) for example. The result is NaN
    /// without observations.
    #[must_use]
    pub fn histogram_quantile(self, quantile: f64) -> Self {
        Self(Node::Call(
            "histogram_quantile".to_owned(),
            vec![Node::Number(quantile), self.0],
        ))
    }

    /// `sum(self)`: one value without labels; none without series.
    #[must_use]
    pub fn sum(self) -> Self {
        self.call("sum")
    }

    /// `function(self)`: `max`, `min`, `avg`, `count`, `scalar`, `vector`, `abs`. The name is not checked.
    #[must_use]
    pub fn call(self, function: &str) -> Self {
        Self(Node::Call(function.to_owned(), vec![self.0]))
    }

    /// `sum by (labels) (self)`: one value for each combination of the labels.
    #[must_use]
    pub fn sum_by(self, labels: &[&str]) -> Self {
        self.aggregate("sum", labels)
    }

    /// `function by (labels) (self)`: one value for each combination of the labels.
    ///
    /// ```
    /// use obs_rules::promql::{Expr, Selector};
    ///
    /// let longest = Expr::instant(&Selector::new("queue_length")).aggregate("max", &["queue", "host"]);
    /// assert_eq!(longest.to_string(), "max by (queue, host) (queue_length)");
    /// ```
    #[must_use]
    pub fn aggregate(self, function: &str, labels: &[&str]) -> Self {
        Self(Node::Grouped(
            function.to_owned(),
            Grouping::By,
            owned(labels),
            Box::new(self.0),
        ))
    }

    /// `function without (labels) (self)`: one value for each combination of all other labels.
    #[must_use]
    pub fn aggregate_without(self, function: &str, labels: &[&str]) -> Self {
        Self(Node::Grouped(
            function.to_owned(),
            Grouping::Without,
            owned(labels),
            Box::new(self.0),
        ))
    }

    /// `topk(count, self)`: the series with the largest values.
    #[must_use]
    pub fn top(self, count: u32) -> Self {
        Self(Node::Call(
            "topk".to_owned(),
            vec![Node::Number(f64::from(count)), self.0],
        ))
    }

    /// The series that it reads, in the order of the text; they can repeat.
    ///
    /// ```
    /// use obs_rules::promql::{Expr, Selector, Window};
    ///
    /// let rate = Expr::rate(&Selector::new("jobs_total").with("queue", "mail"), Window::minutes(5));
    /// let selectors: Vec<_> = rate.sum().or_zero().selectors().iter().map(ToString::to_string).collect();
    /// assert_eq!(selectors, ["jobs_total{queue=\"mail\"}"]);
    /// ```
    #[must_use]
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut found = Vec::new();
        self.0.visit(&mut |node| {
            if let Node::Instant(selector, _) | Node::Over(_, selector, ..) = node {
                found.push(selector);
            }
        });
        found
    }

    /// The same expression with all selectors and ranges replaced: for another job, or over a range that Grafana
    /// chooses.
    ///
    /// ```
    /// use obs_rules::promql::{Expr, Range, Selector, Window};
    ///
    /// let rate = Expr::rate(&Selector::new("jobs_total"), Window::minutes(5)).sum();
    /// let panel = rate.map(&|selector| selector.with("job", "$job"), &|_| Range::Variable("$__rate_interval"));
    /// assert_eq!(panel.to_string(), "sum(rate(jobs_total{job=\"$job\"}[$__rate_interval]))");
    /// ```
    #[must_use]
    pub fn map(mut self, selector: &impl Fn(Selector) -> Selector, range: &impl Fn(Range) -> Range) -> Self {
        self.0.replace(selector, range);
        self
    }

    /// A string literal in quotes, escaped, for functions of `PromQL` and for templates.
    ///
    /// ```
    /// use obs_rules::promql::Expr;
    ///
    /// assert_eq!(Expr::string(r#"a "quoted" \ text"#), r#""a \"quoted\" \\ text""#);
    /// ```
    #[must_use]
    pub fn string(text: &str) -> String {
        let mut quoted = String::with_capacity(text.len() + 2);
        let _ = quote(&mut quoted, text);
        quoted
    }
}

pub(super) fn owned(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As its text.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Expr {
        Expr::instant(&Selector::new("one"))
    }

    #[test]
    fn parentheses_stand_where_precedence_asks_for_them() {
        assert_eq!((one() + one() * one()).to_string(), "one + one * one");
        assert_eq!(((one() + one()) * one()).to_string(), "(one + one) * one");
        assert_eq!((one() - (one() - one())).to_string(), "one - (one - one)");
        assert_eq!(
            (one() / one()).above(0.5).and(one()).to_string(),
            "one / one > 0.5 and one"
        );
        assert_eq!(one().or(one()).and(one()).to_string(), "(one or one) and one");
        assert_eq!(one().above(1.0).above(2.0).to_string(), "(one > 1) > 2");
    }

    #[test]
    fn hostile_values_stay_inside_their_quotes() {
        let selector = Selector::new("m").with("l", "a\"} or up{x=\"\\\n\u{7}");
        assert_eq!(selector.to_string(), r#"m{l="a\"} or up{x=\"\\\n\u0007"}"#);
    }

    #[test]
    fn series_and_ranges_can_be_replaced() {
        let expr = Expr::rate(&Selector::new("a"), Range::Variable("$__rate_interval"))
            .sum_by(&["b"])
            .or_zero_if_none();
        assert_eq!(
            expr.to_string(),
            "sum by (b) (rate(a[$__rate_interval])) or on () vector(0)"
        );
        let filled = expr.map(&|selector| selector.with("job", "shop"), &|_| Window::minutes(5).into());
        assert_eq!(
            filled.to_string(),
            "sum by (b) (rate(a{job=\"shop\"}[5m])) or on () vector(0)"
        );
    }
}
