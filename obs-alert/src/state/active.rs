//! An alert that is not inactive.

use std::{collections::BTreeMap, sync::Arc};

use super::{Alert, AlertState, Phase, expand, fingerprint};
use crate::{AlertRule, state::alert::Facts, time::Moment};

/// One of a rule's alerts: rules on gauges have one for each series.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    /// Which series; 0 for rules that have one value.
    pub(crate) key: u128,
    pub(crate) phase: Phase,
    pub(crate) alert: Alert,
}

/// What an evaluation has made of an alert.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It goes on, or has begun.
    Goes(Active),
    /// It has fired, and is over.
    Resolved(Alert),
    /// It never fired.
    Dropped,
}

// === impl Active ===

impl Active {
    /// An alert that begins.
    pub(crate) fn begin(
        rule: &AlertRule,
        common: &BTreeMap<String, String>,
        key: u128,
        series: &[(String, String)],
        phase: Phase,
        value: Option<f64>,
    ) -> Self {
        let labels = labels(rule, common, series, value);
        let facts = Facts {
            fingerprint: fingerprint(&labels),
            severity: rule.severity,
            annotations: annotations(rule, &labels, value),
            labels,
            active_at: phase.since().unix(),
            fired_at: None,
            cooldown: rule.cooldown,
        };
        let alert = Alert { facts: Arc::new(facts), state: AlertState::Pending, value, resolved_at: None };
        Self { key, phase, alert }.in_phase(rule, phase, value)
    }

    /// The same alert in the phase that an evaluation has found.
    pub(crate) fn step(self, rule: &AlertRule, next: Option<Phase>, value: Option<f64>, now: Moment) -> Outcome {
        match next {
            Some(phase) => Outcome::Goes(self.in_phase(rule, phase, value)),
            None if self.phase.is_firing() => {
                let mut alert = self.alert;
                alert.state = AlertState::Resolved;
                alert.resolved_at = Some(now.unix());
                Outcome::Resolved(alert)
            }
            None => Outcome::Dropped,
        }
    }

    fn in_phase(mut self, rule: &AlertRule, phase: Phase, value: Option<f64>) -> Self {
        if let Some(value) = value.filter(|value| self.alert.value != Some(*value)) {
            self.alert.value = Some(value);
            let annotations = annotations(rule, &self.alert.facts.labels, Some(value));
            if annotations != self.alert.facts.annotations {
                Arc::make_mut(&mut self.alert.facts).annotations = annotations;
            }
        }
        if let (Phase::Firing { fired, .. }, AlertState::Pending) = (phase, self.alert.state) {
            self.alert.state = AlertState::Firing;
            Arc::make_mut(&mut self.alert.facts).fired_at = Some(fired.unix());
        }
        self.phase = phase;
        self
    }
}

/// The series' labels, then what all alerts of this process have, then the rule's own: the last wins.
fn labels(
    rule: &AlertRule,
    common: &BTreeMap<String, String>,
    series: &[(String, String)],
    value: Option<f64>,
) -> BTreeMap<String, String> {
    let of_series = |name: &str| series.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let own = rule.labels.iter().map(|(key, text)| (key.clone(), expand(text, value, of_series)));
    let fixed =
        [("alertname".to_owned(), rule.name.clone()), ("severity".to_owned(), rule.severity.as_str().to_owned())];
    let common = common.iter().map(|(key, value)| (key.clone(), value.clone()));
    series.iter().cloned().chain(common).chain(own).chain(fixed).collect()
}

fn annotations(rule: &AlertRule, labels: &BTreeMap<String, String>, value: Option<f64>) -> BTreeMap<String, String> {
    let of_alert = |name: &str| labels.get(name).map(String::as_str);
    let given = rule.annotations.iter().map(|(key, text)| (key.clone(), expand(text, value, of_alert)));
    let summary = ("summary".to_owned(), expand(&rule.message, value, of_alert));
    [summary].into_iter().chain(given).collect()
}
