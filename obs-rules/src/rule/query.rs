//! Rules as queries and as `PromQL`.

use super::{AlertRule, NoData};
use obs_conventions::names::alert::label::exported;

use crate::{
    Naming,
    promql::{Expr, Selector},
    query::{Input, Query, Relation},
};

// === impl AlertRule ===

impl AlertRule {
    /// The condition with its minimum of requests, as a query whose values hold as long as the alert should fire;
    /// `None` for a closure.
    #[must_use]
    pub fn query(&self, naming: &Naming) -> Option<Query> {
        Some(self.with_enough_requests(naming, self.condition.query(naming)?))
    }

    /// The same with the [clear threshold](Self::clear_threshold), which decides while the alert fires; `None`
    /// without one.
    #[must_use]
    pub fn clear_query(&self, naming: &Naming) -> Option<Query> {
        Some(self.with_enough_requests(naming, self.clear_condition(naming)?))
    }

    /// The `expr` of an alert rule of Prometheus: the [query](Self::query), the clear threshold and the meaning of
    /// missing data. `None` for a closure.
    ///
    /// A clear threshold and [`NoData::Keep`] read the alert's own state in Prometheus (`ALERTS`).
    ///
    /// ```
    /// use obs_rules::{AlertRule, Comparison, Condition, Naming, NoData, Severity, promql::Selector};
    ///
    /// let waiting = Condition::Gauge {
    ///     selector: Selector::new("queue_length"),
    ///     denominator: None,
    ///     comparison: Comparison::Above(100.0),
    /// };
    /// let rule = AlertRule::new("QueueFull", waiting, Severity::Warning, "The queue is full").no_data(NoData::Alert);
    /// let naming = Naming::default().with_job("mailer");
    /// assert_eq!(
    ///     rule.promql(&naming).unwrap().to_string(),
    ///     "queue_length{job=\"mailer\"} > 100 or absent(queue_length{job=\"mailer\"})",
    /// );
    /// ```
    #[must_use]
    pub fn promql(&self, naming: &Naming) -> Option<Expr> {
        let mut fires = self.condition.query(naming)?.promql();
        if let Some(goes_on) = self.clear_condition(naming) {
            let goes_on = goes_on
                .promql()
                .and_ignoring(&borrowed(&self.labels_of_alerts(naming)), self.firing());
            fires = fires.or(goes_on);
        }
        if let Some(enough) = self.enough_requests(naming) {
            fires = fires.and(enough.promql());
        }
        Some(match self.no_data {
            NoData::Ok => fires,
            NoData::Alert => fires.or(self.value_promql(naming)?.call("absent")),
            // What fired and has no value now: without its own labels it is the same alert again.
            NoData::Keep => {
                let kept = self.firing().aggregate_without("max", &self.own_labels());
                let value = self.value_promql(naming)?;
                let kept = if self.has_series(naming) {
                    kept.unless_ignoring(&borrowed(&self.labels_of_alerts(naming)), value)
                } else {
                    kept.unless(value)
                };
                fires.or(kept)
            }
        })
    }

    /// The value that is compared, without the comparison and the minimum of requests: it has data whenever there is
    /// traffic.
    #[must_use]
    pub fn value_promql(&self, naming: &Naming) -> Option<Expr> {
        Some(self.condition.value(naming)?.promql())
    }

    fn clear_condition(&self, naming: &Naming) -> Option<Query> {
        let comparison = self.condition.comparison()?.with_threshold(self.clear_threshold?);
        self.condition.query_at(naming, comparison)
    }

    fn with_enough_requests(&self, naming: &Naming, query: Query) -> Query {
        match self.enough_requests(naming) {
            Some(enough) => query.and(enough),
            None => query,
        }
    }

    fn enough_requests(&self, naming: &Naming) -> Option<Query> {
        let traffic = self.condition.traffic(naming).filter(|_| self.min_requests > 0.0)?;
        Some(Query::Read(Input::Growth(traffic)).filter(Relation::AtLeast, self.min_requests))
    }

    /// Whether each series has an alert of its own.
    fn has_series(&self, naming: &Naming) -> bool {
        self.condition.query(naming).is_some_and(|query| query.has_series())
    }

    /// This alert while it fires. Labels with a template have no fixed value to select by.
    fn firing(&self) -> Expr {
        let alerts = Selector::new("ALERTS")
            .with("alertname", &self.name)
            .with("alertstate", "firing");
        let fixed = self.labels.iter().filter(|(_, value)| !value.contains("{{"));
        let alerts = fixed.fold(alerts, |alerts, (key, value)| alerts.with(key, value));
        Expr::instant(&alerts.with("severity", self.severity.as_str()))
    }

    /// The labels that an alert has and the series of its value have not.
    fn own_labels(&self) -> Vec<&str> {
        ["alertname", "alertstate", "severity"]
            .into_iter()
            .chain(self.labels.keys().map(String::as_str))
            .collect()
    }

    /// Those, and the names that labels of a gauge's series have instead.
    fn labels_of_alerts(&self, naming: &Naming) -> Vec<String> {
        let own = self.own_labels();
        let moved = own
            .iter()
            .filter(|label| **label != "alertstate")
            .map(|label| exported(label));
        let moved = moved.filter(|_| self.has_series(naming));
        own.iter().map(|label| (*label).to_owned()).chain(moved).collect()
    }
}

fn borrowed(labels: &[String]) -> Vec<&str> {
    labels.iter().map(String::as_str).collect()
}
