//! What rules and dashboards query, and a metrics page does not have.

use std::{collections::BTreeMap, fmt};

use obs_conventions::{
    Outcome,
    names::{
        cache, label,
        metric::{
            CLIENT_ERRORS, ERRORS, LOG_LINES_DROPPED, LOG_RECORDS_DROPPED, NAME_CLASHES, SERIES_OVERFLOW, SPANS_DROPPED,
        },
    },
};
use obs_rules::{
    definition::{Definition, Service},
    promql::{Expr, MatchOp, Selector},
};

use super::{
    Page,
    names::{RecordedNames, Renamed},
};
use crate::{grafana, prometheus};

/// A metric, bucket or label value that rules or dashboards query and a page does not have.
///
/// Its [`Display`](fmt::Display) is one line, which also says what to do.
///
/// ```
/// use obs_rules::definition::Definition;
/// use obs_stack::live::{self, Page};
///
/// let text = "
/// version: 1
/// services:
///   - name: orders
///     slos: [{ name: quick, sli: latency, threshold: 300ms, objective: 99, window: 30d }]
/// ";
/// let definition = Definition::parse(text, "obs.yaml")?;
/// // The service has a bucket of 250 ms, and none of 300.
/// let page = Page::parse(
///     "# TYPE http_request_duration_seconds histogram\n\
///      http_request_duration_seconds_bucket{method=\"GET\",le=\"0.25\"} 1\n\
///      http_request_duration_seconds_bucket{method=\"GET\",le=\"+Inf\"} 1\n",
/// );
/// let absent = live::absent(&definition, &definition.services[0], &page);
/// assert!(absent.iter().any(|one| one.to_string().contains("has no bucket le=\"0.3\"")));
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The name of the metric, as on the page.
    metric: String,
    /// What is missing of it.
    lack: Lack,
    /// The rule or dashboard that queries it.
    required_by: String,
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lack {
    /// The metric itself, and the one that the page has in its place.
    Metric(Option<Renamed>),
    /// The bucket, and those that exist.
    Bucket(String, Vec<String>),
    /// The label, the value, and those that exist.
    Value(String, String, Vec<String>),
    /// Each of these label values exists, but no series has all of them.
    Together(Vec<(String, String)>),
}

/// Labels that Prometheus adds to all series of a target: they are not on the page.
const OF_TARGETS: [&str; 2] = ["job", "instance"];
/// Labels whose values appear with the first such request: a missing value is not an error.
const OF_EVENTS: [&str; 4] = [
    label::STATUS,
    label::HTTP_RESPONSE_STATUS_CODE,
    label::OUTCOME,
    label::ERROR_TYPE,
];
/// The most values that a message names.
const NAMED: usize = 12;

/// Everything that the rules and dashboards of `service` query and its page does not have,
/// each once, sorted by metric.
///
/// What several rules query is reported once, with the first of them. The result is empty for
/// a service whose rules and dashboards can all have values.
///
/// Metrics and label values that appear only with the first failure, such as
/// `obs_spans_dropped_total` or a status, are not reported. The page should be that of an
/// instance that has answered a request of each endpoint: series are created by requests.
#[must_use]
pub fn absent(definition: &Definition, service: &Service, page: &Page) -> Vec<Absent> {
    let mut absent: Vec<Absent> = Vec::new();
    let names = RecordedNames::new(service, page);
    for (requirement, required_by) in demand(definition, service) {
        for lack in lacks(page, &names, &requirement) {
            if absent
                .iter()
                .all(|other| other.metric != requirement.metric || other.lack != lack)
            {
                absent.push(Absent {
                    metric: requirement.metric.clone(),
                    lack,
                    required_by: required_by.clone(),
                });
            }
        }
    }
    absent
}

/// What the page does not have of one metric and its labels.
fn lacks(page: &Page, names: &RecordedNames, Requirement { metric, labels }: &Requirement) -> Vec<Lack> {
    if !page.has(metric) {
        return vec![Lack::Metric(names.renamed(metric))];
    }
    let (mut found, mut wanted) = (Vec::new(), Vec::new());
    for (key, value) in labels {
        // Grafana replaces variables later.
        if OF_TARGETS.contains(&key.as_str()) || value.is_empty() || value.contains('$') {
            continue;
        }
        if key == label::LE {
            if !page.has_bucket(metric, value) {
                let there = page.buckets(metric).into_iter().map(str::to_owned);
                found.push(Lack::Bucket(value.clone(), there.collect()));
            }
            continue;
        }
        let has_value = page.has_series(metric, &[(key.clone(), value.clone())]);
        if !has_value && !can_come(key, value) {
            let there = page.values(metric, key).into_iter().take(NAMED).map(str::to_owned);
            found.push(Lack::Value(key.clone(), value.clone(), there.collect()));
        } else if has_value {
            wanted.push((key.clone(), value.clone()));
        }
    }
    wanted.retain(|(key, _)| !OF_EVENTS.contains(&key.as_str()));
    if found.is_empty() && !page.has_series(metric, &wanted) {
        found.push(Lack::Together(wanted));
    }
    found
}

/// Whether this value of a label can appear with a later request.
fn can_come(key: &str, value: &str) -> bool {
    let is_status = || {
        let is_grpc = || value.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        value
            .parse::<u16>()
            .map_or_else(|_| is_grpc(), |status| (100..600).contains(&status))
    };
    match key {
        label::OUTCOME => Outcome::ALL.into_iter().any(|outcome| outcome.as_str() == value),
        key => OF_EVENTS.contains(&key) && (key == label::ERROR_TYPE || is_status()),
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            metric,
            lack,
            required_by,
        } = self;
        match lack {
            Lack::Metric(Some(Renamed { metric: found, setting })) => write!(
                f,
                "{metric} is not on the page, but {required_by} reads it; {found} is: set `{setting}` in the definition, \
                 or start the service with the settings of the definition (`ObsBuilder::definition`)"
            ),
            Lack::Metric(None) => write!(
                f,
                "{metric} is not on the page, but {required_by} reads it: correct the definition's namespace, convention \
                 or parts, or send the service requests that create it"
            ),
            Lack::Bucket(le, there) => write!(
                f,
                "{metric} has no bucket le=\"{le}\", but {required_by} reads it (there are {}): start the service with \
                 the bounds of its definition",
                there.join(", ")
            ),
            Lack::Value(label, value, there) if there.is_empty() => {
                write!(
                    f,
                    "{metric} has no label {label} on the page, but {required_by} reads {label}={value:?}"
                )
            }
            Lack::Value(label, value, there) => write!(
                f,
                "{metric} has no {label}={value:?} on the page, but {required_by} reads it (there are {}): correct the \
                 definition, or send the service requests that create it",
                there.join(", ")
            ),
            Lack::Together(labels) => {
                let labels: Vec<_> = labels
                    .iter()
                    .map(|(label, value)| format!("{label}={value:?}"))
                    .collect();
                write!(
                    f,
                    "{metric} has no series with {} on the page, but {required_by} reads it: correct the definition, or send the \
                     service requests that create it",
                    labels.join(" and ")
                )
            }
        }
    }
}

/// A metric that an expression reads, with the label values that it selects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Requirement {
    pub(super) metric: String,
    /// Labels that must have one value, sorted.
    pub(super) labels: Vec<(String, String)>,
}

/// What rules and dashboards require, each with the first rule or dashboard that does.
type Demand = BTreeMap<Requirement, String>;

/// Series that Prometheus itself creates.
const OF_PROMETHEUS: [&str; 3] = ["up", "ALERTS", "ALERTS_FOR_STATE"];

/// The metrics and label values that the rules and dashboards of a service query.
fn demand(definition: &Definition, service: &Service) -> Demand {
    let mut demand = Demand::new();
    let groups = prometheus::groups(definition, service);
    for rule in groups.iter().flat_map(|group| &group.rules) {
        let name = if rule.alert.is_empty() {
            &rule.record
        } else {
            &rule.alert
        };
        add(&mut demand, &rule.expr, &format!("the rule {name}"));
    }
    for (path, expr) in grafana::expressions(definition, service) {
        add(&mut demand, &expr, &path);
    }
    demand
}

/// Adds what an expression queries.
fn add(demand: &mut Demand, expr: &Expr, required_by: &str) {
    for requirement in expr.selectors().into_iter().map(Requirement::of) {
        let metric = requirement.metric.as_str();
        let is_theirs = OF_PROMETHEUS.contains(&metric) || metric.starts_with("scrape_");
        // Names of recorded series contain a colon.
        if !is_theirs && !metric.contains(':') && !appears_with_failures(metric) {
            demand.entry(requirement).or_insert_with(|| required_by.to_owned());
        }
    }
}

/// Whether a metric exists only after a first failure: a missing one is normal.
fn appears_with_failures(metric: &str) -> bool {
    let fixed = [
        SERIES_OVERFLOW,
        NAME_CLASHES,
        LOG_LINES_DROPPED,
        LOG_RECORDS_DROPPED,
        SPANS_DROPPED,
    ];
    fixed.iter().any(|def| def.base() == metric)
        || [ERRORS, CLIENT_ERRORS, cache::ERRORS]
            .iter()
            .any(|def| metric.ends_with(def.base()))
}

// === impl Requirement ===

impl Requirement {
    pub(super) fn of(selector: &Selector) -> Self {
        let equal = selector
            .matchers()
            .iter()
            .filter(|matcher| matcher.op == MatchOp::Equal);
        let mut labels: Vec<_> = equal
            .map(|matcher| (matcher.label.clone(), matcher.value.clone()))
            .collect();
        labels.sort();
        Self {
            metric: selector.metric().to_owned(),
            labels,
        }
    }
}
