//! Every `PromQL` expression of every generated file, asked of a real Prometheus that scrapes the running
//! shop.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::{Duration, Instant},
};

use obs_alert::definition::Service;
use obs_tests::{
    backends,
    prometheus::{Prometheus, PrometheusBuilder},
};
use serde_json::Value;

use crate::stage::{SERVICES, SHOP, Shop, Stack, definition, yaml};

/// The rates of a minute need two scrapes, the recorded series of recorded series some evaluations.
const WITHIN: Duration = Duration::from_secs(90);

/// Visitors a second: enough for each kind of them to come within seconds.
const RATE: &str = "60";
const FAIL: &str = "30";

/// Expressions by what they are for.
type Asked = BTreeMap<String, String>;

fn of_recording_rules(stack: &Stack) -> Asked {
    let mut asked = Asked::new();
    for file in stack.files("prometheus/rules", ".yml") {
        let rules = yaml(&fs::read_to_string(&file).unwrap());
        for group in rules["groups"].as_array().unwrap() {
            for (at, rule) in group["rules"].as_array().unwrap().iter().enumerate() {
                if let Some(name) = rule["record"].as_str() {
                    let what = format!("{} {at} {name}", group["name"]);
                    // What is asked for, and what was recorded of it.
                    let labels = rule["labels"].as_object().unwrap();
                    let matchers: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    asked.insert(format!("{what} recorded"), format!("{name}{{{}}}", matchers.join(",")));
                    asked.insert(what, rule["expr"].as_str().unwrap().to_owned());
                }
            }
        }
    }
    asked
}

/// The values that alerts compare.
fn of_alerts() -> Asked {
    let mut asked = Asked::new();
    for service in definition(SHOP).services {
        for alert in &service.alerts {
            let value = alert.value_promql(&service.naming()).unwrap().to_string();
            // The shop is not an hour old.
            let value = value.replace("offset 1h", "offset 5s");
            asked.insert(format!("{}: {}", service.name, alert.name()), value);
        }
    }
    asked
}

fn of_dashboards(stack: &Stack) -> Asked {
    let services = definition(SHOP).services;
    let mut asked = Asked::new();
    for file in stack.files("grafana/dashboards", ".json") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let service = services
            .iter()
            .find(|service| name.starts_with(&format!("{}-", service.name)))
            .unwrap();
        let dashboard: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let mut found = Vec::new();
        expressions(&dashboard, false, "", &mut found);
        for (panel, expr) in found {
            asked.insert(format!("{name}: {panel}: {expr}"), filled_in(&expr, service));
        }
    }
    asked
}

/// Expressions of panels, annotations and variables, with the titles of their panels.
fn expressions(value: &Value, is_prometheus: bool, title: &str, found: &mut Vec<(String, String)>) {
    let is_prometheus = value["datasource"]["type"]
        .as_str()
        .map_or(is_prometheus, |kind| kind == "prometheus");
    let title = value["title"]
        .as_str()
        .or_else(|| value["name"].as_str())
        .unwrap_or(title);
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| expressions(item, is_prometheus, title, found)),
        Value::Object(entries) => {
            if is_prometheus {
                found.extend(value["expr"].as_str().map(|expr| (title.to_owned(), expr.to_owned())));
                let series = value["query"]
                    .as_str()
                    .and_then(|query| query.strip_prefix("label_values("));
                found.extend(
                    series
                        .and_then(|series| series.rsplit_once(','))
                        .map(|(series, _)| (title.to_owned(), series.to_owned())),
                );
            }
            entries
                .values()
                .for_each(|entry| expressions(entry, is_prometheus, title, found));
        }
        _ => {}
    }
}

/// The variables of Grafana as somebody who looks would have chosen them.
fn filled_in(expr: &str, service: &Service) -> String {
    let is_of_streams = expr.contains("stream_duration");
    let endpoint = service
        .endpoints
        .iter()
        .find(|endpoint| endpoint.is_stream == is_of_streams)
        .unwrap();
    let values = [
        ("$__rate_interval", "1m"),
        ("$__interval", "15s"),
        ("$__range", "5m"),
        ("$endpoint", endpoint.template.as_str()),
        ("$instance", ".+"),
        ("$method", ".+"),
        ("$slo", service.slos.first().map_or("", |slo| slo.name())),
        ("$job", service.name.as_str()),
    ];
    values
        .iter()
        .fold(expr.to_owned(), |expr, (variable, value)| expr.replace(variable, value))
}

/// Has data only while an alert fires.
fn is_of_firing_alerts(expr: &str) -> bool {
    expr.contains("ALERTS{")
}

#[test]
fn every_expression_has_data_while_the_shop_runs() {
    if !backends::require("prometheus") {
        return;
    }
    let stack = Stack::generate(SHOP);
    let asked: Vec<Asked> = vec![of_recording_rules(&stack), of_alerts(), of_dashboards(&stack)];
    for asked in &asked {
        assert!(asked.len() > 50, "{asked:?}");
    }
    let shop = Shop::open(RATE, FAIL);
    let prometheus = stack
        .quick_rules()
        .into_iter()
        .fold(shop.scraped(), PrometheusBuilder::rules)
        .start();
    let missing = without_data(&prometheus, asked.into_iter().flatten().collect());
    assert_eq!(missing, Asked::new());
    let unhealthy = unhealthy_rules(&prometheus);
    assert_eq!(unhealthy, BTreeSet::new());
}

/// What has no data until the time is over.
fn without_data(prometheus: &Prometheus, mut missing: Asked) -> Asked {
    let until = Instant::now() + WITHIN;
    // An expression that Prometheus can't read makes the query panic: nothing to wait for.
    missing.retain(|_, expr| prometheus.query(expr).is_empty() && !is_of_firing_alerts(expr));
    while !missing.is_empty() && Instant::now() < until {
        prometheus.wait_for_scrape(WITHIN, SERVICES[0]);
        missing.retain(|_, expr| prometheus.query(expr).is_empty());
    }
    missing
}

/// Rules whose last evaluation failed.
fn unhealthy_rules(prometheus: &Prometheus) -> BTreeSet<String> {
    let rules = prometheus.api("rules", &[]);
    let groups = rules["groups"].as_array().unwrap();
    assert!(groups.len() > 10, "{rules}");
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    let unhealthy = rules.filter(|rule| rule["health"] != "ok");
    unhealthy
        .map(|rule| format!("{}: {}", rule["name"], rule["lastError"]))
        .collect()
}
