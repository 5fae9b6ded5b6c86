//! Alert rules.

use std::{collections::BTreeMap, time::Duration};

use obs_conventions::names::{
    alert::label::{self, exported},
    database, metric,
};
use obs_rules::{
    AlertRule, Condition,
    definition::{Definition, Service},
    promql::{Expr, Window},
};

use super::{
    rules::{Group, OFTEN, Rule, SELDOM},
    slos,
};
use crate::grafana;

/// From which window on a rule is evaluated seldom: a minute more or less says nothing to it.
const LONG: Duration = Duration::from_secs(6 * 3_600);

/// The label of where a service runs.
const ENVIRONMENT: &str = "env";

/// The alert rules of a service: the quick ones and the slow ones.
pub(super) fn groups(definition: &Definition, service: &Service) -> Vec<Group> {
    let (slow, quick): (Vec<_>, Vec<_>) = service.alerts.iter().partition(|alert| is_slow(alert));
    let rules = |alerts: &[&AlertRule]| alerts.iter().filter_map(|alert| rule(definition, service, alert)).collect();
    let groups = [
        Group::new(format!("{}.alerts", service.name), OFTEN, rules(&quick)),
        Group::new(format!("{}.alerts.slow", service.name), SELDOM, rules(&slow)),
    ];
    groups.into_iter().flatten().collect()
}

/// A closure has no expression, and so no rule.
fn rule(definition: &Definition, service: &Service, alert: &AlertRule) -> Option<Rule> {
    // With all its labels: hysteresis asks for the alert's own series by them.
    let labelled =
        labels(service, alert).into_iter().fold(alert.clone(), |alert, (key, value)| alert.label(key, value));
    let expr = slos::alert(service, alert).or_else(|| labelled.promql(&service.naming()))?.to_string();
    let (hold_for, keep_firing_for, _) = alert.times();
    let mut annotations = alert.annotations().clone();
    annotations.insert("summary".to_owned(), alert.message().to_owned());
    if let Some(url) = grafana::dashboard_url(definition, service) {
        annotations.entry("dashboard_url".to_owned()).or_insert(url);
    }
    Some(Rule {
        alert: alert.name().to_owned(),
        expr,
        hold_for: span(hold_for),
        keep_firing_for: span(keep_firing_for),
        labels: spelled(service, alert),
        annotations,
        ..Rule::default()
    })
}

/// What routes and inhibitions go by is on every alert: a sum has lost the labels of its series.
pub(super) fn labels(service: &Service, alert: &AlertRule) -> BTreeMap<String, String> {
    let mut labels = owner(service);
    labels.extend(alert.labels().clone());
    labels.insert("severity".to_owned(), alert.severity().to_string());
    labels
}

fn owner(service: &Service) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([
        (ENVIRONMENT.to_owned(), service.environment.clone()),
        ("service".to_owned(), service.name.clone()),
        ("team".to_owned(), service.team.clone()),
    ]);
    labels.retain(|_, value| !value.is_empty());
    labels
}

/// The labels as a rule file spells them: Prometheus reads their values as templates, which those of an
/// alert may be and names are not.
fn spelled(service: &Service, alert: &AlertRule) -> BTreeMap<String, String> {
    let mut labels = labels(service, alert);
    let moved = moved(service, alert, &labels);
    for (key, name) in owner(service) {
        if labels.get(&key) == Some(&name) {
            labels.insert(key, name.replace("{{", "{{ \"{{\" }}"));
        }
    }
    // What the rule says itself goes first.
    moved.into_iter().chain(labels).collect()
}

/// A gauge's own labels whose names the rule takes: each goes on as `exported_…`, so that two series stay two alerts.
/// Prometheus does the same with the labels of targets, which come first here.
fn moved(service: &Service, alert: &AlertRule, labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let Condition::Gauge { selector, .. } = alert.condition() else { return BTreeMap::new() };
    if is_of_obs(selector.metric()) {
        return BTreeMap::new();
    }
    let template = |key: &str| {
        let moved = format!("or $labels.{} $labels.{key}", exported(key));
        if key == ENVIRONMENT && !service.environment.is_empty() {
            // Every target has it, from the scrape configuration: that is none of the gauge's own.
            let own = Expr::string(&service.environment);
            return format!(
                "{{{{ if ne $labels.{key} {own} }}}}{{{{ {moved} }}}}{{{{ else }}}}{{{{ $labels.{} }}}}{{{{ end }}}}",
                exported(key)
            );
        }
        format!("{{{{ {moved} }}}}")
    };
    labels.keys().map(String::as_str).chain([label::ALERTNAME]).map(|key| (exported(key), template(key))).collect()
}

/// Whether it is a gauge whose labels are known: none of them is one that a rule sets.
fn is_of_obs(metric: &str) -> bool {
    let known = [metric::PROCESS_OPEN_FDS.base(), metric::TOKIO_GLOBAL_QUEUE_DEPTH.base(), "up"];
    known.contains(&metric) || metric == database::CONNECTIONS_ACTIVE.name(database::DEFAULT_NAMESPACE)
}

fn is_slow(alert: &AlertRule) -> bool {
    matches!(alert.condition(), Condition::BurnRate { burn, .. } if burn.long.duration() >= LONG)
}

/// No span of time is left out, which is Prometheus' default.
fn span(span: Duration) -> Option<String> {
    Window::new(span).ok().map(|window| window.to_string())
}
