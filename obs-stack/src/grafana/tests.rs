//! The rules of the [dashboard linter](https://github.com/grafana/dashboard-linter), and ours, over all
//! dashboards.

use std::collections::BTreeSet;

use obs_rules::{
    definition::Definition,
    promql::{Selector, Window},
};
use serde_json::Value;

use super::{files, queries};

const VIEWS: &str = include_str!("../../tests/definitions/views.yaml");
const SHOP: &str = include_str!("../../../examples/shop/obs.yaml");

fn definition(text: &str) -> Definition {
    Definition::parse(text, "obs.yaml").unwrap_or_else(|error| panic!("{error}"))
}

/// All dashboards as JSON, by path.
fn dashboards() -> Vec<(String, Value)> {
    let files = [VIEWS, SHOP].into_iter().flat_map(|text| files(&definition(text)));
    let dashboards = files.filter(|file| file.path.starts_with("grafana/dashboards/"));
    dashboards
        .map(|file| (file.path, serde_json::from_str(&file.content).unwrap()))
        .collect()
}

/// All panels but rows: the dashboard's path, the panel.
fn panels() -> Vec<(String, Value)> {
    let of = |(path, dashboard): (String, Value)| {
        let panels = dashboard["panels"].as_array().unwrap().clone();
        panels
            .into_iter()
            .filter(|panel| panel["type"] != "row")
            .map(move |panel| (path.clone(), panel))
    };
    dashboards().into_iter().flat_map(of).collect()
}

/// All queries of a data source: where, and the text.
fn exprs(source: &str) -> Vec<(String, String)> {
    let mut exprs = Vec::new();
    for (path, panel) in panels() {
        for target in panel["targets"].as_array().unwrap() {
            if target["datasource"]["type"] == source {
                let expr = target["expr"].as_str().or(target["query"].as_str()).unwrap();
                exprs.push((format!("{path}: {}", panel["title"]), expr.to_owned()));
            }
        }
    }
    assert!(!exprs.is_empty());
    exprs
}

/// The name and the matchers of each selector of a PromQL expression.
fn selectors(expr: &str) -> Vec<(&str, &str)> {
    let (mut found, mut open, mut quoted, mut escaped) = (Vec::new(), None, false, false);
    for (at, c) in expr.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => open = Some(at),
            '}' if !quoted => {
                let open = open.take().unwrap();
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
                let name = expr[..open].rfind(|c| !is_name(c)).map_or(0, |before| before + 1);
                found.push((&expr[name..open], &expr[open..=at]));
            }
            _ => {}
        }
    }
    found
}

fn variable<'a>(dashboard: &'a Value, name: &str) -> &'a Value {
    let list = dashboard["templating"]["list"].as_array().unwrap();
    list.iter()
        .find(|variable| variable["name"] == name)
        .unwrap_or_else(|| panic!("no variable {name}"))
}

#[test]
fn data_sources_can_be_chosen_and_prometheus_comes_first() {
    for (path, dashboard) in dashboards() {
        for (kind, label) in [("prometheus", "Prometheus"), ("loki", "Loki"), ("tempo", "Tempo")] {
            let source = variable(&dashboard, &format!("{kind}_datasource"));
            assert_eq!(source["type"], "datasource", "{path}");
            assert_eq!(source["query"], kind, "{path}");
            assert_eq!(source["label"], format!("{label} data source"), "{path}");
        }
        assert_eq!(
            dashboard["templating"]["list"][0]["name"], "prometheus_datasource",
            "{path}"
        );
    }
}

#[test]
fn job_and_instance_are_variables_as_the_linter_asks() {
    for (path, dashboard) in dashboards() {
        for (name, label) in [("job", "Job"), ("instance", "Instance")] {
            let variable = variable(&dashboard, name);
            assert_eq!(variable["datasource"]["uid"], "${prometheus_datasource}", "{path}");
            assert_eq!(variable["type"], "query", "{path}");
            assert_eq!(variable["label"], label, "{path}");
            assert_eq!(variable["multi"], true, "{path}");
            assert_eq!(variable["allValue"], ".+", "{path}");
        }
    }
}

#[test]
fn variables_ask_for_label_values_and_follow_the_time_range() {
    for (path, dashboard) in dashboards() {
        for variable in dashboard["templating"]["list"].as_array().unwrap() {
            if variable["type"] == "query" {
                let query = variable["query"].as_str().unwrap();
                assert!(
                    query.starts_with("label_values(") && query.ends_with(')'),
                    "{path}: {query}"
                );
                assert_eq!(variable["refresh"], 2, "{path}: {query}");
            }
        }
    }
}

#[test]
fn dashboards_can_not_be_edited_in_the_browser_where_it_would_be_lost() {
    assert!(dashboards().iter().all(|(_, dashboard)| dashboard["editable"] == false));
}

#[test]
fn panels_and_their_queries_use_the_data_source_that_was_chosen() {
    for (path, panel) in panels() {
        for source in [&panel]
            .into_iter()
            .chain(panel["targets"].as_array().unwrap())
            .map(|one| &one["datasource"])
        {
            let kind = source["type"].as_str().unwrap();
            assert_eq!(
                source["uid"],
                format!("${{{kind}_datasource}}"),
                "{path}: {}",
                panel["title"]
            );
        }
    }
}

#[test]
fn panels_have_a_title_a_description_a_unit_and_a_query() {
    for (path, panel) in panels() {
        let title = panel["title"].as_str().unwrap();
        assert!(title.contains(": "), "{path}: {title} names no service");
        assert!(panel["description"].as_str().unwrap().ends_with('.'), "{path}: {title}");
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{path}: {title}");
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap();
        // Those of the linter's list that we use.
        let known = ["none", "short", "reqps", "percentunit", "s", "bytes", "ops", "cps"];
        assert!(known.contains(&unit), "{path}: {title}: {unit}");
    }
}

#[test]
fn every_selector_is_narrowed_to_the_chosen_job_and_instance() {
    for (place, expr) in exprs("prometheus") {
        let selectors = selectors(&expr);
        for (name, matchers) in &selectors {
            assert!(!name.is_empty(), "{place}: {expr}");
            assert!(matchers.contains("job=~\"$job\""), "{place}: {name}{matchers}");
            // What is recorded is of all instances together.
            let is_recorded = name.contains(':');
            assert!(
                is_recorded || matchers.contains("instance=~\"$instance\""),
                "{place}: {name}{matchers}"
            );
        }
        // No series without a selector: each range stands behind one.
        assert_eq!(expr.matches('[').count(), expr.matches("}[").count(), "{place}: {expr}");
        assert!(!selectors.is_empty(), "{place}: {expr}");
    }
}

#[test]
fn rates_are_over_the_interval_that_grafana_derives() {
    for (place, expr) in exprs("prometheus") {
        for (at, _) in expr.match_indices("rate(") {
            let range = expr[at..].split_once('[').unwrap().1.split_once(']').unwrap().0;
            assert_eq!(range, "$__rate_interval", "{place}: {expr}");
        }
        assert_eq!(
            expr.matches("$__rate_interval").count(),
            expr.matches("rate(").count(),
            "{place}: {expr}"
        );
    }
}

#[test]
fn counters_are_never_shown_as_they_are() {
    for (place, expr) in exprs("prometheus") {
        for (name, _) in selectors(&expr)
            .into_iter()
            .filter(|(name, _)| name.ends_with("_total"))
        {
            let bare = expr.match_indices(&format!("{name}{{")).any(|(at, _)| {
                let before = &expr[..at];
                !before.ends_with("rate(") && !before.ends_with("increase(")
            });
            assert!(!bare, "{place}: {expr}");
        }
    }
}

#[test]
fn log_queries_use_the_interval_that_grafana_derives() {
    for (place, expr) in exprs("loki") {
        assert!(!expr.contains('[') || expr.contains("[$__auto]"), "{place}: {expr}");
    }
}

#[test]
fn every_panel_leads_to_a_runbook() {
    for (path, panel) in panels() {
        let links = panel["links"].as_array().unwrap();
        let is_runbook = |link: &Value| {
            link["url"]
                .as_str()
                .is_some_and(|url| url.contains("/runbooks") || url.contains("runbooks."))
        };
        assert!(links.iter().any(is_runbook), "{path}: {}", panel["title"]);
    }
}

#[test]
fn every_single_value_has_its_trend_beside_it() {
    for (path, dashboard) in dashboards() {
        let panels: Vec<_> = dashboard["panels"].as_array().unwrap().iter().collect();
        for pair in panels.windows(2).filter(|pair| pair[0]["type"] == "stat") {
            let (stat, trend) = (&pair[0], &pair[1]);
            let (left, right) = (&stat["gridPos"], &trend["gridPos"]);
            assert_eq!(trend["type"], "timeseries", "{path}: {}", stat["title"]);
            assert_eq!(
                stat["title"],
                format!("{} now", trend["title"].as_str().unwrap()).replace(": latency now", ": p99 latency now")
            );
            assert_eq!(
                (&left["y"], &left["h"]),
                (&right["y"], &right["h"]),
                "{path}: {}",
                stat["title"]
            );
            assert_eq!(
                left["x"].as_u64().unwrap() + left["w"].as_u64().unwrap(),
                right["x"].as_u64().unwrap()
            );
        }
        assert!(panels.last().is_some_and(|last| last["type"] != "stat"), "{path}");
    }
}

#[test]
fn panels_fit_the_grid_and_do_not_overlap() {
    for (path, dashboard) in dashboards() {
        let (mut taken, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for panel in dashboard["panels"].as_array().unwrap() {
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(
                at("x") + at("w") <= 24 && at("w") > 0 && at("h") > 0,
                "{path}: {}",
                panel["title"]
            );
            for (x, y) in (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
                assert!(taken.insert((x, y)), "{path}: {} overlaps at {x}, {y}", panel["title"]);
            }
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{path}: {}", panel["title"]);
        }
    }
}

#[test]
fn addresses_are_unique_and_of_a_length_that_grafana_takes() {
    let dashboards = dashboards();
    let uids: BTreeSet<_> = dashboards
        .iter()
        .map(|(_, dashboard)| dashboard["uid"].as_str().unwrap())
        .collect();
    assert_eq!(uids.len(), dashboards.len());
    assert!(uids.iter().all(|uid| (8..=40).contains(&uid.len())));
}

#[test]
fn two_long_names_that_begin_alike_have_two_addresses() {
    let long = "a".repeat(60);
    let text = format!("version: 1\nservices:\n  - name: {long}-b\n  - name: {long}-c\n");
    let files = files(&definition(&text));
    let uids: BTreeSet<_> = files
        .iter()
        .filter(|file| file.path.ends_with("overview.json"))
        .map(|file| {
            serde_json::from_str::<Value>(&file.content).unwrap()["uid"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(uids.len(), 2);
    assert!(uids.iter().all(|uid| uid.len() <= 40));
}

/// The thresholds of a panel of the overview of the only service.
fn thresholds(text: &str, panel: &str) -> Value {
    let files = files(&definition(text));
    let file = files.iter().find(|file| file.path.ends_with("-overview.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&file.content).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let panel = panels.iter().find(|one| one["title"] == panel).unwrap();
    let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        .as_array()
        .unwrap();
    steps.iter().map(|step| step["value"].clone()).collect()
}

const BARE: &str =
    "version: 1\nservices:\n  - name: a\n    alerts: { standard: { HighErrorRate: off, HighLatency: off } }\n";

#[test]
fn the_error_rate_of_a_service_without_slos_has_the_default_thresholds() {
    assert_eq!(
        thresholds(BARE, "a: error rate now"),
        serde_json::json!([0.0, 0.01, 0.05])
    );
}

#[test]
fn thresholds_come_from_objectives_and_alerts() {
    let text = "version: 1\nservices:\n  - name: a\n    slos:\n      - { name: available, objective: 99.9, window: 30d }\n      \
                - { name: quick, sli: latency, threshold: 200ms, objective: 95, window: 30d }\n    alerts:\n      \
                standard: { HighErrorRate: { above: 2% }, HighLatency: { above: 700ms } }\n";
    assert_eq!(
        thresholds(text, "a: error rate now"),
        serde_json::json!([0.0, 0.001, 0.02])
    );
    assert_eq!(
        thresholds(text, "a: p99 latency now"),
        serde_json::json!([0.0, 0.2, 0.7])
    );
}

#[test]
fn a_service_has_panels_only_for_what_it_has() {
    let rows = |path: &str| {
        let (_, dashboard) = dashboards().into_iter().find(|(one, _)| one.ends_with(path)).unwrap();
        let panels = dashboard["panels"].as_array().unwrap().clone();
        let rows = panels.into_iter().filter(|panel| panel["type"] == "row");
        rows.map(|row| row["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let plain = [
        "Requests, errors, duration",
        "Endpoints",
        "Errors",
        "Saturation",
        "Logs",
        "Traces",
    ];
    assert_eq!(rows("/plain-overview.json"), plain);
    let all = rows("/payment-service-overview.json");
    for row in [
        "Error budgets",
        "Calls of other services",
        "Databases",
        "Caches",
        "Custom alerts",
    ] {
        assert!(all.iter().any(|one| one == row), "{row}");
    }
    assert!(
        !files(&definition(VIEWS))
            .iter()
            .any(|file| file.path.ends_with("plain-slo.json"))
    );
}

#[test]
fn the_runtime_is_drawn_where_it_is_watched() {
    let of = |service: &str| -> Vec<_> {
        let queries = queries(&definition(VIEWS), Window::minutes(1)).into_iter();
        queries
            .filter(|query| query.dashboard.starts_with(service) && query.promql.contains("tokio_"))
            .collect()
    };
    assert_eq!(of("plain"), []);
    assert!(!of("payment-service").is_empty());
}

#[test]
fn both_conventions_use_their_own_names() {
    let queries = queries(&definition(VIEWS), Window::minutes(1));
    let of = |service: &str| -> Vec<_> {
        queries
            .iter()
            .filter(|query| query.dashboard.starts_with(service))
            .collect()
    };
    assert!(
        of("payment-service")
            .iter()
            .all(|query| !query.promql.contains("http_request_method"))
    );
    assert!(
        of("payment-service")
            .iter()
            .any(|query| query.promql.contains("payment_requests_total{"))
    );
    assert!(
        of("search")
            .iter()
            .all(|query| !query.promql.contains("http_requests_total"))
    );
    assert!(
        of("search")
            .iter()
            .any(|query| query.promql.contains("http_server_request_duration_seconds_bucket{"))
    );
}

#[test]
fn queries_for_programs_have_no_variables_left() {
    for query in [VIEWS, SHOP]
        .into_iter()
        .flat_map(|text| queries(&definition(text), Window::minutes(1)))
    {
        assert!(
            !query.promql.contains('$'),
            "{}: {}: {}",
            query.dashboard,
            query.panel,
            query.promql
        );
    }
}

#[test]
fn hostile_endpoints_stay_inside_of_their_quotes() {
    let text = r#"
version: 1
services:
  - name: a
    endpoints: ['GET /x"}or(up{y="\']
    slos: [{ name: quick, sli: latency, threshold: 1s, objective: 95, window: 30d, endpoint: 'GET /x"}or(up{y="\' }]
"#;
    let expected = Selector::new("").with("endpoint", "/x\"}or(up{y=\"\\").to_string();
    let inner = expected.trim_start_matches('{').trim_end_matches('}');
    let queries = queries(&definition(text), Window::minutes(1));
    let named: Vec<_> = queries.iter().filter(|query| query.promql.contains("/x")).collect();
    assert!(!named.is_empty());
    for query in named {
        assert!(query.promql.contains(inner), "{}", query.promql);
        assert!(
            selectors(&query.promql).iter().all(|(name, _)| *name != "up"),
            "{}",
            query.promql
        );
    }
}
