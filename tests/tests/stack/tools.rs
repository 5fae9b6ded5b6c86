//! promtool and amtool on what was generated.

use std::{collections::BTreeSet, fs};

use obs_tests::backends;
use serde_json::Value;

use crate::stage::{OPEN_TELEMETRY, Ran, SHOP, Stack, obs, yaml};

fn is_there() -> bool {
    backends::require("promtool") && backends::require("amtool")
}

fn test(stack: &Stack) -> Ran {
    obs(["test".as_ref(), "--strict".as_ref(), "--out".as_ref(), stack.folder().as_os_str()])
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
        let ok = |what: &str| ran.stdout.lines().filter(|line| line.starts_with(&format!("ok      {what}"))).count();
        let files = |folder: &str| stack.files(folder, ".yml").len();
        assert!(ok("promtool check config") >= 2, "{}", ran.stdout);
        assert_eq!(ok("promtool check rules --lint=all"), files("prometheus/rules"), "{}", ran.stdout);
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
        let tests = stack.yaml(&format!("prometheus/tests/{service}.yml"));
        let names: BTreeSet<&str> =
            tests["tests"].as_array().unwrap().iter().map(|test| test["name"].as_str().unwrap()).collect();
        let expected: BTreeSet<String> = alerts(&rules)
            .into_iter()
            .flat_map(|alert| [format!("{alert} fires"), format!("{alert} stays silent")])
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(names, expected.iter().map(String::as_str).collect(), "{service}");
    }
}

/// The generated tests can fail: each rule is turned into one that never fires, and into one that always does.
#[test]
fn tests_of_rules_that_were_broken_fail() {
    if !is_there() {
        return;
    }
    let stack = Stack::generate(SHOP);
    let (rules, tests) =
        (stack.path("prometheus/rules/payments.alerts.yml"), stack.path("prometheus/tests/payments.yml"));
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
        let verdict = obs_tests::prometheus::test_rules(&tests);
        assert_eq!(verdict.code, 1, "{}", verdict.output);
        for alert in alerts(&good) {
            let name = format!("{alert} {kind}");
            assert!(verdict.output.contains(&name) || verdict.output.contains(alert), "{name}: {}", verdict.output);
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
