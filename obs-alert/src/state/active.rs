//! An alert that is not inactive.

use std::{collections::BTreeMap, sync::Arc};

use obs_core::names::alert::label::exported;
use obs_rules::template::expand;

use super::{Alert, AlertState, Phase, alert::Facts, fingerprint};
use crate::{AlertRule, Naming, text::cut};

/// One of a rule's alerts: rules on gauges have one for each series.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    /// Which series; 0 for rules that have one value.
    pub(crate) key: u128,
    pub(crate) phase: Phase,
    pub(crate) alert: Alert,
    /// It comes from a state file, and its series was not seen yet.
    pub(crate) is_restored: bool,
    /// It fired before an outage that was too long to go on: it is kept only until its condition is evaluated.
    pub(crate) is_stale: bool,
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
        Self::with_labels(rule, key, labels(rule, common, series, value), phase, value)
    }

    /// The same with labels that are known already.
    pub(super) fn with_labels(
        rule: &AlertRule,
        key: u128,
        labels: BTreeMap<String, String>,
        phase: Phase,
        value: Option<f64>,
    ) -> Self {
        let facts = Facts {
            fingerprint: fingerprint(&labels),
            severity: rule.severity(),
            annotations: annotations(rule, &labels, value),
            labels,
            active_at: phase.since().unix(),
            fired_at: None,
            cooldown: rule.times().2,
        };
        let alert = Alert {
            facts: Arc::new(facts),
            state: AlertState::Pending,
            value,
            resolved_at: None,
        };
        Self {
            key,
            phase,
            alert,
            is_restored: false,
            is_stale: false,
        }
        .in_phase(rule, phase, value)
    }

    /// The fingerprint of the alert of a series.
    pub(crate) fn fingerprint_of(
        rule: &AlertRule,
        common: &BTreeMap<String, String>,
        series: &[(String, String)],
        value: Option<f64>,
    ) -> u64 {
        fingerprint(&labels(rule, common, series, value))
    }

    /// Whether a rule can have alerts of these labels; the values of its series' labels are not checked.
    pub(super) fn fits(
        rule: &AlertRule,
        common: &BTreeMap<String, String>,
        has_series: bool,
        found: &BTreeMap<String, String>,
    ) -> bool {
        let own = labels(rule, common, &[], None);
        let is_template = |key: &String| rule.labels().get(key).is_some_and(|text| text.contains("{{"));
        let agrees = own
            .iter()
            .all(|(key, value)| is_template(key) || found.get(key) == Some(value));
        agrees && (has_series || found.keys().eq(own.keys()))
    }

    /// The same alert in the phase that an evaluation has found.
    pub(crate) fn in_phase(mut self, rule: &AlertRule, phase: Phase, value: Option<f64>) -> Self {
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

/// The labels that a rule's alert has whatever its series: templates as they stand.
pub(crate) fn static_labels(rule: &AlertRule, common: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let fixed = fixed(rule);
    let own = rule.labels().clone();
    common.clone().into_iter().chain(own).chain(fixed).collect()
}

fn fixed(rule: &AlertRule) -> [(String, String); 2] {
    [
        ("alertname".to_owned(), rule.name().to_owned()),
        ("severity".to_owned(), rule.severity().as_str().to_owned()),
    ]
}

/// The series' labels, then what all alerts of this process have, then the rule's own. A label of the series that one
/// of these takes the place of goes on under another name, as it does in Prometheus: two series stay two alerts.
fn labels(
    rule: &AlertRule,
    common: &BTreeMap<String, String>,
    series: &[(String, String)],
    value: Option<f64>,
) -> BTreeMap<String, String> {
    // An alert on absence has the labels of the missing series.
    let query = rule.condition().query(&Naming::default());
    let absent = query.map(|query| query.absent_labels()).unwrap_or_default();
    let series = if absent.is_empty() { series } else { &absent };
    let of_series = |name: &str| {
        series
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let own = rule
        .labels()
        .iter()
        .map(|(key, text)| (key.clone(), expand(text, value, of_series)));
    let common = common.iter().map(|(key, value)| (key.clone(), value.clone()));
    let set: BTreeMap<String, String> = common.chain(own).chain(fixed(rule)).collect();
    let is_moved = |(key, _): &&(String, String)| set.contains_key(key);
    let moved = series
        .iter()
        .filter(is_moved)
        .map(|(key, value)| (exported(key), value.clone()));
    // A label that has such a name by itself goes before one that gets it.
    let mut labels: BTreeMap<String, String> = moved.chain(series.iter().cloned()).collect();
    labels.extend(set);
    labels
}

/// The longest text, in bytes: values of labels can have any length.
const MOST_TEXT: usize = 8 * 1024;

fn annotations(rule: &AlertRule, labels: &BTreeMap<String, String>, value: Option<f64>) -> BTreeMap<String, String> {
    let is_set = |name: &str| rule.labels().contains_key(name) || ["alertname", "severity"].contains(&name);
    let of_series = |name: &str| {
        let found = if is_set(name) {
            labels.get(&exported(name))
        } else {
            labels.get(name)
        };
        found.map(String::as_str)
    };
    let text = |template: &str| cut(&expand(template, value, of_series), MOST_TEXT);
    let given = rule
        .annotations()
        .iter()
        .map(|(key, template)| (key.clone(), text(template)));
    let summary = ("summary".to_owned(), text(rule.message()));
    [summary].into_iter().chain(given).collect()
}
