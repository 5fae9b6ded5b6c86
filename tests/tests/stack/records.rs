//! What is recorded of objectives, and what their alerts make of it, in a real Prometheus.

use std::{collections::BTreeSet, fs, path::PathBuf};

use obs_alert::definition::Definition;
use obs_stack::{File, files, output::Folder};
use obs_tests::{backends, prometheus};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::{SHOP, definition, write, yaml};

fn generated(slos: &str) -> (TempDir, Vec<PathBuf>) {
    let text = format!("version: 1\nservices:\n  - name: orders\n    slos:\n{slos}");
    let definition = Definition::parse(&text, "obs.yaml").unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path().join("out"));
    folder.write(&obs_stack::prometheus::files(&definition)).unwrap();
    let rules = ["slos", "alerts"].map(|kind| folder.path().join(format!("prometheus/rules/orders.{kind}.yml")));
    (place, rules.into())
}

/// What is read has just been recorded.
fn assert_test(place: &TempDir, rules: &[PathBuf], each: &str, test: &Value) {
    let file = place.path().join("test.yml");
    let order =
        ["slo.promise.short", "slo.promise.long", "alerts", "alerts.slow"].map(|group| format!("orders.{group}"));
    let whole = json!({ "rule_files": rules, "evaluation_interval": each, "group_eval_order": order, "tests": [test] });
    write(&file, &whole.to_string());
    prometheus::test_rules(&file).assert_clean();
}

fn series(outcome: &str, values: &str) -> Value {
    json!({ "series": format!("http_requests_total{{job=\"orders\",outcome=\"{outcome}\"}}"), "values": values })
}

#[test]
fn prometheus_tells_of_a_budget_that_empties_within_any_window() {
    if !backends::require("promtool") {
        return;
    }
    // The window, the long window of its slowest alert, and when that has been decided.
    for (window, slowest, minutes) in [
        (1, "12h", 1_400),
        (14, "3d", 4_600),
        (27, "3d", 4_600),
        (60, "6d", 8_800),
        (90, "9d", 13_100),
    ] {
        let (place, rules) = generated(&format!(
            "      - {{ name: promise, objective: 99, window: {window}d }}\n"
        ));
        // 1.05 % and 0.5 % of the requests fail: the budget lasts 95 % and 200 % of the window.
        for (failed, fires) in [(105, true), (50, false)] {
            let firing = if fires {
                vec![json!({ "labels": format!("{{alertname=\"PromiseBurn{slowest}\"}}"), "value": 1 })]
            } else {
                Vec::new()
            };
            assert_test(
                &place,
                &rules,
                "10m",
                &json!({
                    "name": format!("{window}d {failed}"),
                    "interval": "2m",
                    "input_series": [
                        series("ok", &format!("0+{}x{}", 10_000 - failed, minutes / 2)),
                        series("server_error", &format!("0+{failed}x{}", minutes / 2)),
                    ],
                    "promql_expr_test": [{
                        "expr": "count by (alertname) (ALERTS{alertstate=\"firing\",slo=\"promise\"})",
                        "eval_time": format!("{minutes}m"),
                        "exp_samples": firing,
                    }],
                }),
            );
        }
    }
}

#[test]
fn windows_of_recorded_sums_are_those_of_the_counters() {
    if !backends::require("promtool") {
        return;
    }
    let (place, rules) = generated("      - { name: promise, objective: 99, window: 30d }\n");
    let raw = |window: &str| {
        let of = |matcher: &str| format!("sum(rate(http_requests_total{{job=\"orders\"{matcher}}}[{window}]))");
        format!("({} / {})", of(",outcome=\"server_error\""), of(""))
    };
    // What may differ: the requests of 5 minutes at both ends of a window. In the 13th minute of a burst they do.
    let cases = [
        ("30m", 0.02),
        ("1h", 0.01),
        ("2h", 0.005),
        ("6h", 0.002),
        ("1d", 0.001),
        ("3d", 0.001),
    ];
    let tests: Vec<Value> = [700, 1_000, 1_013, 1_100, 1_500, 2_000]
        .iter()
        .flat_map(|minute| {
            cases.iter().map(move |(window, off)| {
                let off = if *minute == 1_013 { off * 8.0 } else { *off };
                let recorded = format!("slo:sli_error:ratio_rate{window}{{slo=\"promise\"}}");
                let expr = format!("count(abs(sum({recorded}) - {}) < {off})", raw(window));
                json!({ "expr": expr, "eval_time": format!("{minute}m"), "exp_samples": [{ "labels": "{}", "value": 1 }] })
            })
        })
        .collect();
    // Much traffic by day with a burst of failures, little by night with a steady few.
    assert_test(
        &place,
        &rules,
        "1m",
        &json!({
            "name": "bursts",
            "interval": "1m",
            "input_series": [
                series("ok", "0+6000x600 3600000+600x400 3840000+6000x1400"),
                series("server_error", "0+1x600 600+1x400 1000+600x60 37000+1x1200"),
            ],
            "promql_expr_test": tests,
        }),
    );
}

#[test]
fn every_recorded_series_is_read_and_no_alert_reads_hours_of_counters() {
    let files: Vec<File> = files(&definition(SHOP));
    let (mut recorded, mut read) = (BTreeSet::new(), String::new());
    for file in files.iter().filter(|file| file.path.starts_with("prometheus/rules/")) {
        let rules = yaml(&file.content);
        for rule in rules["groups"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap())
        {
            let expr = rule["expr"].as_str().unwrap();
            recorded.extend(rule["record"].as_str().map(str::to_owned));
            read.extend([expr, "\n"]);
            let is_long = ["h]", "d]"].iter().any(|end| expr.contains(end));
            assert!(!is_long || expr.contains("slo:"), "{expr}");
        }
    }
    assert!(!recorded.is_empty());
    let dashboards = files.iter().filter(|file| file.path.starts_with("grafana/dashboards/"));
    read.extend(dashboards.map(|file| file.content.clone()));
    for name in recorded {
        assert!(read.contains(&name), "nothing reads {name}");
    }
}

#[test]
fn what_an_objective_has_no_alert_on_stands_in_its_files() {
    let (place, rules) = generated("      - { name: lenient, objective: 90, window: 30d }\n");
    for file in &rules {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.contains("has no alert on a burn rate of 14.4"),
            "{}",
            file.display()
        );
    }
    drop(place);
}
