//! What the files of a service ask its metrics page for.

use std::collections::BTreeMap;

use obs_conventions::names::{
    cache,
    metric::{
        CLIENT_ERRORS, ERRORS, LOG_LINES_DROPPED, LOG_RECORDS_DROPPED, NAME_CLASHES, SERIES_OVERFLOW, SPANS_DROPPED,
    },
};
use obs_rules::{
    definition::{Definition, Service},
    promql::{Expr, MatchOp, Selector},
};

use crate::{grafana, prometheus};

/// A metric that an expression reads, with the label values that it selects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Requirement {
    pub(super) metric: String,
    /// Labels that must have one value, sorted.
    pub(super) labels: Vec<(String, String)>,
}

/// The requirements, each with the first rule or dashboard that has it.
pub(super) type Demand = BTreeMap<Requirement, String>;

/// Series that Prometheus makes itself.
const OF_PROMETHEUS: [&str; 3] = ["up", "ALERTS", "ALERTS_FOR_STATE"];

/// What the rules and dashboards of a service read.
pub(super) fn of_service(definition: &Definition, service: &Service) -> Demand {
    let mut demand = Demand::new();
    let groups = prometheus::groups(definition, service);
    for rule in groups.iter().flat_map(|group| &group.rules) {
        let name = if rule.alert.is_empty() { &rule.record } else { &rule.alert };
        add(&mut demand, &rule.expr, &format!("the rule {name}"));
    }
    for (path, expr) in grafana::expressions(definition, service) {
        add(&mut demand, &expr, &path);
    }
    demand
}

fn add(demand: &mut Demand, expr: &Expr, asked_by: &str) {
    for requirement in expr.selectors().into_iter().map(Requirement::of) {
        let metric = requirement.metric.as_str();
        let is_theirs = OF_PROMETHEUS.contains(&metric) || metric.starts_with("scrape_");
        // Recorded series have a colon.
        if !is_theirs && !metric.contains(':') && !comes_with_trouble(metric) {
            demand.entry(requirement).or_insert_with(|| asked_by.to_owned());
        }
    }
}

/// Whether a metric is there only from the first trouble on: that it is not is good news.
fn comes_with_trouble(metric: &str) -> bool {
    let fixed = [SERIES_OVERFLOW, NAME_CLASHES, LOG_LINES_DROPPED, LOG_RECORDS_DROPPED, SPANS_DROPPED];
    fixed.iter().any(|def| def.base() == metric)
        || [ERRORS, CLIENT_ERRORS, cache::ERRORS].iter().any(|def| metric.ends_with(def.base()))
}

// === impl Requirement ===

impl Requirement {
    pub(super) fn of(selector: &Selector) -> Self {
        let equal = selector.matchers().iter().filter(|matcher| matcher.op == MatchOp::Equal);
        let mut labels: Vec<_> = equal.map(|matcher| (matcher.label.clone(), matcher.value.clone())).collect();
        labels.sort();
        Self { metric: selector.metric().to_owned(), labels }
    }
}
