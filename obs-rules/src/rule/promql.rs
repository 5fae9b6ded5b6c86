//! Rules as `PromQL`.

use super::{AlertRule, NoData};
use obs_conventions::names::alert::label::exported;

use crate::{
    Condition, Naming,
    promql::{Expr, Selector},
};

// === impl AlertRule ===

impl AlertRule {
    /// All that must be so, as the `expr` of a rule of Prometheus: the condition with its minimum of
    /// requests, its clear threshold and what no data means. A closure has none.
    ///
    /// A clear threshold and [`NoData::Keep`] read what Prometheus keeps of the alert itself (`ALERTS`).
    #[must_use]
    pub fn promql(&self, naming: &Naming) -> Option<Expr> {
        let mut fires = self.condition.promql(naming)?;
        if let Some((clear, is)) = self.clear_threshold.zip(self.condition.comparison()) {
            let goes_on = self.condition.promql_at(naming, is.with_threshold(clear))?;
            fires = fires.or(goes_on.and_ignoring(&borrowed(&self.labels_of_alerts()), self.firing()));
        }
        if let Some(traffic) = self.condition.traffic(naming).filter(|_| self.min_requests > 0.0) {
            let seen = match traffic.before {
                Some(before) => traffic.requests.increase_before(traffic.window, before),
                None => traffic.requests.increase(traffic.window),
            };
            fires = fires.and(seen.at_least(self.min_requests));
        }
        Some(match self.no_data {
            NoData::Ok => fires,
            NoData::Alert => fires.or(self.value_promql(naming)?.call("absent")),
            // What fired and has no value now: without its own labels it is the same alert again.
            NoData::Keep => {
                let kept = self.firing().aggregate_without("max", &self.own_labels());
                let value = self.value_promql(naming)?;
                let gone = match self.condition {
                    Condition::Gauge { .. } => kept.unless_ignoring(&borrowed(&self.labels_of_alerts()), value),
                    _ => kept.unless(value),
                };
                fires.or(gone)
            }
        })
    }

    /// What is compared, without the comparison and the minimum of requests: it has data whenever there
    /// is traffic.
    #[must_use]
    pub fn value_promql(&self, naming: &Naming) -> Option<Expr> {
        self.condition.value_promql(naming)
    }

    /// This alert while it fires. Labels with a template have no fixed value to select by.
    fn firing(&self) -> Expr {
        let alerts = Selector::new("ALERTS").with("alertname", &self.name).with("alertstate", "firing");
        let fixed = self.labels.iter().filter(|(_, value)| !value.contains("{{"));
        let alerts = fixed.fold(alerts, |alerts, (key, value)| alerts.with(key, value));
        Expr::instant(&alerts.with("severity", self.severity.as_str()))
    }

    /// The labels that an alert has and the series of its value have not.
    fn own_labels(&self) -> Vec<&str> {
        ["alertname", "alertstate", "severity"].into_iter().chain(self.labels.keys().map(String::as_str)).collect()
    }

    /// Those, and the names that labels of a gauge's series have instead.
    fn labels_of_alerts(&self) -> Vec<String> {
        let own = self.own_labels();
        let moved = own.iter().filter(|label| **label != "alertstate").map(|label| exported(label));
        let moved = moved.filter(|_| matches!(self.condition, Condition::Gauge { .. }));
        own.iter().map(|label| (*label).to_owned()).chain(moved).collect()
    }
}

fn borrowed(labels: &[String]) -> Vec<&str> {
    labels.iter().map(String::as_str).collect()
}
