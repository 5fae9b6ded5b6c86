//! Names that no definition file may have, through the library: they stay data.

use std::fs;

use obs_alert::{AlertRule, Condition, Scope, Severity, definition::Definition, promql::Window};
use obs_stack::output::Folder;
use obs_tests::{backends, prometheus};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use crate::stage::{SHOP, definition};

/// Signs that mean something to YAML, `PromQL`, regular expressions, templates and shells.
const HOSTILE: &str = r#"[a-zA-Z0-9 "'\\{}\[\]$:#&*!|>%@`,~?=<\n\t-]{1,24}|\PC{1,12}"#;

/// The shop with one service that is called like this, and so is everything about it.
fn called(name: &str) -> Definition {
    let mut definition = definition(SHOP);
    definition.services.truncate(1);
    let service = &mut definition.services[0];
    for text in [
        &mut service.name,
        &mut service.description,
        &mut service.team,
        &mut service.environment,
    ] {
        name.clone_into(text);
    }
    name.clone_into(&mut definition.teams[0].name);
    let scope = Scope::service().method(name).endpoint(name);
    let condition = Condition::ErrorRatio {
        scope,
        window: Window::minutes(5),
        above: 0.1,
    };
    service.alerts = vec![AlertRule::new("Hostile", condition, Severity::Critical, "x")];
    definition
}

fn rules(folder: &Folder) -> Vec<std::path::PathBuf> {
    let rules = folder.path().join("prometheus/rules");
    fs::read_dir(rules)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

#[test]
fn hostile_names_stay_names() {
    if !backends::require("promtool") {
        return;
    }
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    // Prometheus 2.42 takes the replacement character in an expression for a broken one.
    let names = HOSTILE.prop_filter("no broken text", |name| !name.contains(char::REPLACEMENT_CHARACTER));
    let outcome = runner.run(&names, |name| {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("out"));
        let files: Vec<_> = obs_stack::prometheus::files(&called(&name));
        folder.write(&files).unwrap();
        for file in rules(&folder) {
            let verdict = prometheus::check_rules(&file);
            prop_assert_eq!(verdict.code, 0, "{:?}: {}", name, verdict.output);
        }
        // The labels that are expected in there match those of the series that were made in here.
        let tests = fs::read_dir(folder.path().join("prometheus/tests"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let verdict = prometheus::test_rules(&tests);
        prop_assert_eq!(verdict.code, 0, "{:?}: {}", name, verdict.output);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn hostile_names_come_back_from_prometheus() {
    if !backends::require("prometheus") {
        return;
    }
    for name in [
        "a\"} or vector(1) #",
        "{{ .Labels }}",
        "yes",
        "0x1f",
        "é\u{2028}\\\n- b: c",
        "'; drop",
        "$1 ${x}",
    ] {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path());
        folder.write(&obs_stack::prometheus::files(&called(name))).unwrap();
        let alerts = rules(&folder)
            .into_iter()
            .find(|file| file.to_string_lossy().ends_with(".alerts.yml"))
            .unwrap();
        let prometheus = prometheus::Prometheus::builder().rules(&alerts).start();
        let rules = prometheus.api("rules", &[]);
        let labels = &rules["groups"][0]["rules"][0]["labels"];
        for label in ["service", "team", "env"] {
            // As it is written there: Prometheus makes the name of it again when the alert fires.
            assert_eq!(labels[label], name.replace("{{", "{{ \"{{\" }}"), "{label}");
        }
    }
}

/// Texts of an alert: templates that are whole and broken, and anything else.
fn texts() -> impl Strategy<Value = String> {
    let parts = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        " $value ",
        " $labels.kind ",
        "$lables",
        "$labels",
        ".",
        "|",
        " humanize ",
        " humanise ",
        "if ",
        "else",
        "end",
        "{{ $value }}",
        "{{ $labels.kind | toUpper }}",
        "{{ if gt $value 1.0 }}a{{ end }}",
        "(",
        ")",
        "\"",
        "`",
        "\\",
        "'",
        ": ",
        " #",
        "\n",
        "é",
        "{{ printf \"%.1f\" $value }}",
        "{{ query \"up\" }}",
        "{{ /* a */ }}",
        "{{/* a */}}",
        "1",
        "1.0",
        "%",
        "\t",
        "\u{2028}",
    ];
    prop_oneof![
        prop::collection::vec(prop::sample::select(parts.to_vec()), 0..5).prop_map(|parts| parts.concat()),
        "\\PC{0,12}",
    ]
}

#[test]
fn whatever_texts_are_read_prometheus_takes_too() {
    if !backends::require("promtool") {
        return;
    }
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let each = (texts(), texts(), texts(), texts());
    let outcome = runner.run(&prop::collection::vec(each, 60), |alerts| {
        let alert = |(at, (summary, description, note, label)): (usize, &(String, String, String, String))| {
            let alert = json!({
                "name": format!("Own{at}"), "severity": "info", "summary": summary, "description": description,
                "annotations": { "note": note }, "labels": { "kind": label },
                "condition": { "gauge": { "metric": "jobs", "above": 1 } },
            });
            let file = |alerts: Vec<serde_json::Value>| {
                let alerts = json!({ "standard": "off", "own": alerts });
                json!({ "version": 1, "services": [{ "name": "orders", "alerts": alerts }] }).to_string()
            };
            Definition::parse(&file(vec![alert.clone()]), "obs.yaml")
                .is_ok()
                .then_some(alert)
        };
        let accepted: Vec<_> = alerts.iter().enumerate().filter_map(alert).collect();
        let file = json!({
            "version": 1, "services": [{ "name": "orders", "alerts": { "standard": "off", "own": accepted } }],
        });
        let definition = Definition::parse(&file.to_string(), "obs.yaml").unwrap();
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path().join("out"));
        folder.write(&obs_stack::prometheus::files(&definition)).unwrap();
        if !accepted.is_empty() {
            for file in rules(&folder) {
                let verdict = prometheus::check_rules(&file);
                prop_assert_eq!(verdict.code, 0, "{:?}: {}", accepted, verdict.output);
            }
        }
        Ok(())
    });
    outcome.unwrap();
}
