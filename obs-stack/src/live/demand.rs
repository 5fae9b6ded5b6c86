//! What the files of a service ask its metrics page for.

use std::collections::BTreeMap;

use obs_conventions::names::{
    cache,
    metric::{
        CLIENT_ERRORS, ERRORS, LOG_LINES_DROPPED, LOG_RECORDS_DROPPED, NAME_CLASHES, SERIES_OVERFLOW, SPANS_DROPPED,
    },
};
use obs_rules::definition::{Definition, Service};
use serde_json::Value;

use super::promql::{self, Reads};
use crate::{File, grafana, prometheus, text::slug};

/// What a metric is asked for, and by which file first.
pub(super) type Demand = BTreeMap<Reads, String>;

/// Series that Prometheus makes itself.
const OF_PROMETHEUS: [&str; 4] = ["up", "ALERTS", "ALERTS_FOR_STATE", "absent"];

/// What the rules and dashboards of a service read.
pub(super) fn of_service(definition: &Definition, service: &Service) -> Demand {
    let mut demand = Demand::new();
    let groups = prometheus::groups(definition, service);
    for rule in groups.iter().flat_map(|group| &group.rules) {
        let name = if rule.alert.is_empty() { &rule.record } else { &rule.alert };
        add(&mut demand, &rule.expr, &format!("the rule {name}"));
    }
    for dashboard in grafana::files(definition).iter().filter(|file| is_dashboard_of(file, service)) {
        for expr in expressions(&dashboard.content) {
            add(&mut demand, &expr, &dashboard.path);
        }
    }
    demand
}

fn add(demand: &mut Demand, expr: &str, asked_by: &str) {
    for reads in promql::reads(expr) {
        let metric = reads.metric.as_str();
        let is_theirs = OF_PROMETHEUS.contains(&metric) || metric.starts_with("scrape_");
        // Recorded series have a colon.
        if !is_theirs && !metric.contains(':') && !comes_with_trouble(metric) {
            demand.entry(reads).or_insert_with(|| asked_by.to_owned());
        }
    }
}

/// Whether a metric is there only from the first trouble on: that it is not is good news.
fn comes_with_trouble(metric: &str) -> bool {
    let fixed = [SERIES_OVERFLOW, NAME_CLASHES, LOG_LINES_DROPPED, LOG_RECORDS_DROPPED, SPANS_DROPPED];
    fixed.iter().any(|def| def.base() == metric)
        || [ERRORS, CLIENT_ERRORS, cache::ERRORS].iter().any(|def| metric.ends_with(def.base()))
}

fn is_dashboard_of(file: &File, service: &Service) -> bool {
    // `orders-overview.json`, and not that of `orders-archive`.
    let name = file.path.strip_prefix("grafana/dashboards/").and_then(|name| name.strip_suffix(".json"));
    let kind = name.and_then(|name| name.strip_prefix(&slug(&service.name))?.strip_prefix('-'));
    kind.is_some_and(|kind| !kind.contains('-'))
}

/// The `PromQL` of a dashboard: the `expr` of each target that asks Prometheus.
fn expressions(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(dashboard) = serde_json::from_str(json) {
        collect(&dashboard, true, &mut found);
    }
    found
}

fn collect(value: &Value, is_prometheus: bool, found: &mut Vec<String>) {
    // A panel's data source is that of its targets, unless they say otherwise.
    let is_prometheus = value["datasource"]["type"].as_str().map_or(is_prometheus, |kind| kind == "prometheus");
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_prometheus, found)),
        Value::Object(entries) => {
            if let (true, Some(expr)) = (is_prometheus, value["expr"].as_str()) {
                found.push(expr.to_owned());
            }
            entries.values().for_each(|entry| collect(entry, is_prometheus, found));
        }
        _ => {}
    }
}
