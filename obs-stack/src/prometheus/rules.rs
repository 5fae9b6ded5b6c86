//! Rule files: groups, recording rules, alert rules.

use std::{collections::BTreeMap, time::Duration};

use obs_conventions::names::{
    alert::label::{self, exported},
    database, metric,
};
use obs_rules::{
    AlertRule,
    definition::{Definition, Service},
    promql::{Expr, Window},
    query::{Input, Query},
};

use super::slos;
use crate::{grafana, yaml::Yaml};

/// A group of rules. Its rules are evaluated one after the other, so later ones read what
/// earlier ones record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// How often the group is evaluated.
    pub(crate) interval: &'static str,
    pub(crate) rules: Vec<Rule>,
}

/// A recording rule or an alert rule. Labels that a group could set for all rules are
/// repeated in each: only Prometheus 3 supports labels of groups.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    /// The name of the recorded series; empty in an alert rule.
    pub(crate) record: String,
    /// The name of the alert; empty in a recording rule.
    pub(crate) alert: String,
    pub(crate) expr: Expr,
    /// How long the expression must have a result before the alert fires.
    pub(crate) hold_for: Option<String>,
    /// How long the alert fires after the last result.
    pub(crate) keep_firing_for: Option<String>,
    /// Labels of the recorded series or of the alert.
    pub(crate) labels: BTreeMap<String, String>,
    /// Annotations of the alert.
    pub(crate) annotations: BTreeMap<String, String>,
}

/// The interval of recorded sums, which longer windows add up.
pub(crate) const EACH_MINUTE: &str = "1m";
/// The interval of groups with short windows.
const OFTEN: &str = "30s";
/// The interval of groups with windows of hours.
pub(crate) const SELDOM: &str = "2m";

/// The content of a rule file.
pub(crate) fn document(groups: &[Group]) -> Yaml {
    Yaml::map([("groups", Yaml::list(groups.iter().map(Group::yaml)))])
}

// === impl Group ===

impl Group {
    /// A group, or `None` without rules.
    pub(crate) fn new(name: String, interval: &'static str, rules: Vec<Rule>) -> Option<Self> {
        (!rules.is_empty()).then_some(Self { name, interval, rules })
    }

    /// The group as YAML.
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
    /// A recording rule whose series has the `job` of its service.
    pub(crate) fn record(service: &Service, name: impl Into<String>, expr: Expr) -> Self {
        let labels = BTreeMap::from([("job".to_owned(), service.name.clone())]);
        Self {
            record: name.into(),
            labels,
            ..Self::of(expr)
        }
    }

    /// A rule without a name.
    const fn of(expr: Expr) -> Self {
        Self {
            record: String::new(),
            alert: String::new(),
            expr,
            hold_for: None,
            keep_firing_for: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    /// Adds a label.
    pub(crate) fn label(mut self, key: &str, value: impl Into<String>) -> Self {
        self.labels.insert(key.to_owned(), value.into());
        self
    }

    /// The rule as YAML, without empty entries.
    fn yaml(&self) -> Yaml {
        let Self {
            record,
            alert,
            expr,
            hold_for,
            keep_firing_for,
            labels,
            annotations,
        } = self;
        let texts = [
            ("record", Some(record).filter(|name| !name.is_empty())),
            ("alert", Some(alert).filter(|name| !name.is_empty())),
            ("expr", Some(&expr.to_string())),
            ("for", hold_for.as_ref()),
            ("keep_firing_for", keep_firing_for.as_ref()),
        ];
        let maps = [("labels", labels), ("annotations", annotations)];
        let texts = texts.into_iter().filter_map(|(key, text)| Some((key, text?.into())));
        let maps = maps.into_iter().filter(|(_, map)| !map.is_empty()).map(|(key, map)| {
            (
                key,
                Yaml::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect()),
            )
        });
        Yaml::map(texts.chain(maps))
    }
}

/// Alerts with a window from here on are evaluated less often: two minutes hardly matter to
/// them.
const LONG: Duration = Duration::from_secs(6 * 3_600);

/// The label of the environment of a service.
const ENVIRONMENT: &str = "env";

/// The alert rules of a service: a group with short windows and one with long ones.
pub(super) fn alert_groups(definition: &Definition, service: &Service) -> Vec<Group> {
    let (slow, quick): (Vec<_>, Vec<_>) = service.alerts.iter().partition(|alert| is_slow(service, alert));
    let rules = |alerts: &[&AlertRule]| {
        alerts
            .iter()
            .filter_map(|alert| alert_rule(definition, service, alert))
            .collect()
    };
    let groups = [
        Group::new(format!("{}.alerts", service.name), OFTEN, rules(&quick)),
        Group::new(format!("{}.alerts.slow", service.name), SELDOM, rules(&slow)),
    ];
    groups.into_iter().flatten().collect()
}

/// The rule of an alert; `None` if its condition is a closure, which has no PromQL.
fn alert_rule(definition: &Definition, service: &Service, alert: &AlertRule) -> Option<Rule> {
    // With all labels: an expression with hysteresis selects the alert's own series by them.
    let labelled = alert_labels(service, alert)
        .into_iter()
        .fold(alert.clone(), |alert, (key, value)| alert.label(key, value));
    let expr = slos::alert(service, alert).or_else(|| labelled.promql(&service.naming()))?;
    let (hold_for, keep_firing_for, _) = alert.times();
    let mut annotations = alert.annotations().clone();
    annotations.insert("summary".to_owned(), alert.message().to_owned());
    if let Some(url) = grafana::dashboard_url(definition, service) {
        annotations.entry("dashboard_url".to_owned()).or_insert(url);
    }
    Some(Rule {
        alert: alert.name().to_owned(),
        hold_for: span(hold_for),
        keep_firing_for: span(keep_firing_for),
        labels: spelled(service, alert),
        annotations,
        ..Rule::of(expr)
    })
}

/// The labels of an alert. Routes and inhibition rules match them, and an aggregated
/// expression has lost those of its series.
pub(super) fn alert_labels(service: &Service, alert: &AlertRule) -> BTreeMap<String, String> {
    let mut labels = owner(service);
    labels.extend(alert.labels().clone());
    labels.insert("severity".to_owned(), alert.severity().to_string());
    labels
}

/// The labels that identify environment, service and team; without empty ones.
fn owner(service: &Service) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::from([
        (ENVIRONMENT.to_owned(), service.environment.clone()),
        ("service".to_owned(), service.name.clone()),
        ("team".to_owned(), service.team.clone()),
    ]);
    labels.retain(|_, value| !value.is_empty());
    labels
}

/// The labels as a rule file writes them. Prometheus evaluates label values as templates:
/// those of an alert may be templates, names are escaped.
fn spelled(service: &Service, alert: &AlertRule) -> BTreeMap<String, String> {
    let mut labels = alert_labels(service, alert);
    let moved = moved(service, alert, &labels);
    for (key, name) in owner(service) {
        if labels.get(&key) == Some(&name) {
            labels.insert(key, name.replace("{{", "{{ \"{{\" }}"));
        }
    }
    // Labels of the rule itself take precedence.
    moved.into_iter().chain(labels).collect()
}

/// Labels of a gauge that the rule would overwrite, renamed to `exported_…`, so that two
/// series remain two alerts. Prometheus renames labels of scraped series in the same way.
fn moved(service: &Service, alert: &AlertRule, labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let query = alert.condition().query(&service.naming());
    let Some(query) = query.filter(Query::has_series) else {
        return BTreeMap::new();
    };
    let first = query.inputs().into_iter().flat_map(Input::selectors).next();
    if first.is_none_or(|selector| is_of_obs(selector.metric())) {
        return BTreeMap::new();
    }
    let template = |key: &str| {
        let moved = format!("or $labels.{} $labels.{key}", exported(key));
        if key == ENVIRONMENT && !service.environment.is_empty() {
            // The scrape configuration sets it for every target, so it is not a label of the gauge itself.
            let own = Expr::string(&service.environment);
            return format!(
                "{{{{ if ne $labels.{key} {own} }}}}{{{{ {moved} }}}}{{{{ else }}}}{{{{ $labels.{} }}}}{{{{ end }}}}",
                exported(key)
            );
        }
        format!("{{{{ {moved} }}}}")
    };
    labels
        .keys()
        .map(String::as_str)
        .chain([label::ALERTNAME])
        .map(|key| (exported(key), template(key)))
        .collect()
}

/// Whether this gauge is one of obs, which have none of the labels that a rule sets.
fn is_of_obs(metric: &str) -> bool {
    let known = [
        metric::PROCESS_OPEN_FDS.base(),
        metric::TOKIO_GLOBAL_QUEUE_DEPTH.base(),
        "up",
    ];
    known.contains(&metric) || metric == database::CONNECTIONS_ACTIVE.name(database::DEFAULT_NAMESPACE)
}

/// Whether the alert has a long window.
fn is_slow(service: &Service, alert: &AlertRule) -> bool {
    let query = alert.condition().query(&service.naming());
    let has_long = |query: Query| {
        query
            .inputs()
            .into_iter()
            .filter_map(Input::window)
            .any(|window| window.duration() >= LONG)
    };
    query.is_some_and(has_long)
}

/// A duration in PromQL; `None` for zero, the default of Prometheus.
fn span(span: Duration) -> Option<String> {
    Window::new(span).ok().map(|window| window.to_string())
}
