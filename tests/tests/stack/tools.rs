//! promtool and amtool on what was generated.

use std::{collections::BTreeSet, fs};

use obs_tests::backends;
use serde_json::Value;

use crate::stage::{OPEN_TELEMETRY, Ran, SHOP, Stack, obs, yaml};

fn is_there() -> bool {
    backends::require("promtool") && backends::require("amtool")
}

fn test(stack: &Stack) -> Ran {
    obs([
        "test".as_ref(),
        "--strict".as_ref(),
        "--out".as_ref(),
        stack.folder().as_os_str(),
    ])
}

#[test]
fn what_is_generated_passes_the_tools() {
    if !is_there() {
        return;
    }
    for definition in [SHOP, OPEN_TELEMETRY] {
        let stack = Stack::generate(definition);
        let ran = test(&stack);
        assert_eq!(ran.code, Some(0), "{definition}: {}\n{}", ran.stdout, ran.stderr);
        let ok = |what: &str| {
            ran.stdout
                .lines()
                .filter(|line| line.starts_with(&format!("ok      {what}")))
                .count()
        };
        let files = |folder: &str| stack.files(folder, ".yml").len();
        assert!(ok("promtool check config") >= 2, "{}", ran.stdout);
        assert_eq!(
            ok("promtool check rules --lint=all"),
            files("prometheus/rules"),
            "{}",
            ran.stdout
        );
        assert_eq!(ok("promtool test rules"), files("prometheus/tests"), "{}", ran.stdout);
        assert_eq!(ok("amtool check-config"), 1, "{}", ran.stdout);
    }
}

fn alerts(rules: &Value) -> BTreeSet<&str> {
    let groups = rules["groups"].as_array().unwrap();
    groups
        .iter()
        .flat_map(|group| group["rules"].as_array().unwrap())
        .filter_map(|rule| rule["alert"].as_str())
        .collect()
}

#[test]
fn each_alert_is_tested_to_fire_and_to_stay_silent() {
    let stack = Stack::generate(SHOP);
    for service in crate::stage::SERVICES {
        let rules = stack.yaml(&format!("prometheus/rules/{service}.alerts.yml"));
        let names: BTreeSet<String> = ["yml", "slos.yml"]
            .iter()
            .flat_map(|kind| tested(&stack.yaml(&format!("prometheus/tests/{service}.{kind}"))))
            .collect();
        let expected: BTreeSet<String> = alerts(&rules)
            .into_iter()
            .flat_map(|alert| [format!("{alert} fires"), format!("{alert} stays silent")])
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(names, expected, "{service}");
    }
}

/// The alerts of a file of tests, each with what it is tested to do.
fn tested(file: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for test in list(&file["tests"]) {
        for case in list(&test["promql_expr_test"]) {
            let (_, name) = case["expr"].as_str().unwrap().split_once("alertname=\"").unwrap();
            assert_eq!(list(&case["exp_samples"]).len(), 1);
            found.push(format!("{} fires", name.split('"').next().unwrap()));
        }
        for case in list(&test["alert_rule_test"]) {
            assert!(list(&case["exp_alerts"]).is_empty());
            found.push(format!("{} stays silent", case["alertname"].as_str().unwrap()));
        }
    }
    found
}

/// The generated tests can fail: each rule is turned into one that never fires, and into one that always does.
#[test]
fn tests_of_rules_that_were_broken_fail() {
    if !is_there() {
        return;
    }
    let stack = Stack::generate(SHOP);
    let rules = stack.path("prometheus/rules/payments.alerts.yml");
    let tests = ["yml", "slos.yml"].map(|kind| stack.path(&format!("prometheus/tests/payments.{kind}")));
    let good = yaml(&fs::read_to_string(&rules).unwrap());
    for (expr, kind) in [("vector(0) > 1", "fires"), ("vector(1)", "stays silent")] {
        let mut bad = good.clone();
        for group in bad["groups"].as_array_mut().unwrap() {
            for rule in group["rules"].as_array_mut().unwrap() {
                rule["expr"] = expr.into();
            }
        }
        // JSON is YAML.
        fs::write(&rules, bad.to_string()).unwrap();
        let verdicts = tests.each_ref().map(|file| obs_tests::prometheus::test_rules(file));
        for verdict in &verdicts {
            assert_eq!(verdict.code, 1, "{}", verdict.output);
        }
        let output = verdicts.map(|verdict| verdict.output).concat();
        for alert in alerts(&good) {
            assert!(output.contains(alert), "{alert} {kind}: {output}");
        }
    }
    let ran = test(&stack);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stdout.contains("FAILED  promtool test rules") && ran.stdout.contains("payments.yml"),
        "{}",
        ran.stdout
    );
}

#[test]
fn rules_are_those_of_the_rule_files_in_kubernetes_too() {
    let stack = Stack::generate(SHOP);
    for service in crate::stage::SERVICES {
        let object = stack.yaml(&format!("kubernetes/{service}.prometheusrule.yaml"));
        let mut expected = Vec::new();
        for kind in ["slos", "alerts"] {
            let file = stack.yaml(&format!("prometheus/rules/{service}.{kind}.yml"));
            expected.extend(file["groups"].as_array().unwrap().clone());
        }
        assert_eq!(object["spec"]["groups"], Value::Array(expected), "{service}");
    }
}
