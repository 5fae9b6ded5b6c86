//! Rule files.

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

use super::slos;
use crate::{grafana, yaml::Yaml};

/// Rules that are evaluated one after the other, so that the later ones see what the earlier recorded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) interval: &'static str,
    pub(crate) rules: Vec<Rule>,
}

/// A rule. What a group could say for all its rules (labels, since Prometheus 3) is said by each: 2.42
/// refuses the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rule {
    pub(crate) record: String,
    pub(crate) alert: String,
    pub(crate) expr: String,
    pub(crate) hold_for: Option<String>,
    pub(crate) keep_firing_for: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

/// How often what others add up is recorded: each sample stands for a minute.
pub(crate) const EACH_MINUTE: &str = "1m";
/// How often a group is evaluated whose windows are short.
const OFTEN: &str = "30s";
/// How often a group is evaluated that looks back for hours.
pub(crate) const SELDOM: &str = "2m";

/// All that a rule file says.
pub(crate) fn document(groups: &[Group]) -> Yaml {
    Yaml::map([("groups", Yaml::list(groups.iter().map(Group::yaml)))])
}

// === impl Group ===

impl Group {
    /// Nothing, if there are no rules.
    pub(crate) fn new(name: String, interval: &'static str, rules: Vec<Rule>) -> Option<Self> {
        (!rules.is_empty()).then_some(Self { name, interval, rules })
    }

    fn yaml(&self) -> Yaml {
        Yaml::map([
            ("name", (&self.name).into()),
            ("interval", self.interval.into()),
            ("rules", Yaml::list(self.rules.iter().map(Rule::yaml))),
        ])
    }
}

// === impl Rule ===

impl Rule {
    /// A recording rule whose series carries the `job` of its service.
    pub(crate) fn record(service: &Service, name: impl Into<String>, expr: &Expr) -> Self {
        let labels = BTreeMap::from([("job".to_owned(), service.name.clone())]);
        Self { record: name.into(), expr: expr.to_string(), labels, ..Self::default() }
    }

    pub(crate) fn label(mut self, key: &str, value: impl Into<String>) -> Self {
        self.labels.insert(key.to_owned(), value.into());
        self
    }

    fn yaml(&self) -> Yaml {
        let Self { record, alert, expr, hold_for, keep_firing_for, labels, annotations } = self;
        let texts = [
            ("record", Some(record).filter(|name| !name.is_empty())),
            ("alert", Some(alert).filter(|name| !name.is_empty())),
            ("expr", Some(expr)),
            ("for", hold_for.as_ref()),
            ("keep_firing_for", keep_firing_for.as_ref()),
        ];
        let maps = [("labels", labels), ("annotations", annotations)];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, text?.into())));
        let maps = maps
            .into_iter()
            .filter(|(_, map)| !map.is_empty())
            .map(|(key, map)| (key, Yaml::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())));
        Yaml::map(texts.chain(maps))
    }
}

/// From which window on a rule is evaluated seldom: a minute more or less says nothing to it.
const LONG: Duration = Duration::from_secs(6 * 3_600);

/// The label of where a service runs.
const ENVIRONMENT: &str = "env";

/// The alert rules of a service: the quick ones and the slow ones.
pub(super) fn alert_groups(definition: &Definition, service: &Service) -> Vec<Group> {
    let (slow, quick): (Vec<_>, Vec<_>) = service.alerts.iter().partition(|alert| is_slow(alert));
    let rules =
        |alerts: &[&AlertRule]| alerts.iter().filter_map(|alert| alert_rule(definition, service, alert)).collect();
    let groups = [
        Group::new(format!("{}.alerts", service.name), OFTEN, rules(&quick)),
        Group::new(format!("{}.alerts.slow", service.name), SELDOM, rules(&slow)),
    ];
    groups.into_iter().flatten().collect()
}

/// A closure has no expression, and so no rule.
fn alert_rule(definition: &Definition, service: &Service, alert: &AlertRule) -> Option<Rule> {
    // With all its labels: hysteresis asks for the alert's own series by them.
    let labelled =
        alert_labels(service, alert).into_iter().fold(alert.clone(), |alert, (key, value)| alert.label(key, value));
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
pub(super) fn alert_labels(service: &Service, alert: &AlertRule) -> BTreeMap<String, String> {
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
    let mut labels = alert_labels(service, alert);
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
