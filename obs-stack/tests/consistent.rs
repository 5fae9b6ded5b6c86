//! Files that name each other agree.
#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

use std::{collections::BTreeSet, path::Path};

use obs_rules::definition::Definition;
use obs_stack::{File, files};
use serde_json::Value;

fn shop() -> Vec<File> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/shop/obs.yaml");
    files(&Definition::read(path).unwrap())
}

fn content<'a>(files: &'a [File], path: &str) -> &'a str {
    &files
        .iter()
        .find(|file| file.path == path)
        .unwrap_or_else(|| panic!("no {path}"))
        .content
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[test]
fn what_compose_mounts_and_starts_programs_with_is_generated() {
    let files = shop();
    let compose: Value = serde_saphyr::from_str(content(&files, "compose.yaml")).unwrap();
    let (mut mounts, mut configs) = (0, 0);
    for (name, service) in compose["services"].as_object().unwrap() {
        for volume in texts(&service["volumes"]) {
            let (from, to) = volume.split_once(':').unwrap();
            let Some(folder) = from.strip_prefix("./") else {
                assert!(
                    from.starts_with('/') || compose["volumes"].get(from).is_some(),
                    "{name}: {volume}"
                );
                continue;
            };
            mounts += 1;
            assert!(
                files.iter().any(|file| file.path.starts_with(&format!("{folder}/"))),
                "{name}: {volume}"
            );
            let inside = to.trim_end_matches(":ro");
            let config =
                texts(&service["command"]).find_map(|arg| Some(arg.split_once(inside)?.1.trim_start_matches('/')));
            if let Some(config) = config {
                configs += 1;
                content(&files, &format!("{folder}/{config}"));
            }
        }
        for other in texts(&service["depends_on"]) {
            assert!(compose["services"].get(other).is_some(), "{name}: {other}");
        }
        for secret in texts(&service["secrets"]) {
            assert!(compose["secrets"].get(secret).is_some(), "{name}: {secret}");
        }
    }
    assert!(mounts >= 7 && configs >= 5, "{mounts} mounts, {configs} configurations");
}

#[test]
fn secrets_of_receivers_are_those_that_compose_lays_down() {
    let files = shop();
    let compose: Value = serde_saphyr::from_str(content(&files, "compose.yaml")).unwrap();
    let given: BTreeSet<&str> = texts(&compose["services"]["alertmanager"]["secrets"]).collect();
    let config = content(&files, "alertmanager/alertmanager.yml");
    let read = config
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("/run/secrets/"));
    assert_eq!(read.map(|(_, secret)| secret).collect::<BTreeSet<_>>(), given);
    assert!(!given.is_empty());
}

#[test]
fn the_policies_of_an_objective_are_there() {
    for file in shop().iter().filter(|file| file.path.starts_with("openslo/")) {
        let documents = file
            .content
            .split("---\n")
            .skip(1)
            .map(|text| serde_saphyr::from_str::<Value>(text).unwrap());
        let documents: Vec<Value> = documents.collect();
        let of_kind = |kind: &'static str| documents.iter().filter(move |document| document["kind"] == kind);
        let policies: BTreeSet<&str> = of_kind("AlertPolicy")
            .map(|policy| policy["metadata"]["name"].as_str().unwrap())
            .collect();
        let asked: BTreeSet<&str> = of_kind("SLO")
            .flat_map(|slo| texts(&slo["spec"]["alertPolicies"]))
            .collect();
        assert_eq!(asked, policies, "{}", file.path);
        assert!(!asked.is_empty());
        for slo in of_kind("SLO") {
            let target = slo["spec"]["objectives"][0]["target"].as_f64().unwrap();
            assert!(target > 0.0 && target < 1.0, "{slo}");
        }
    }
}

#[test]
fn every_alert_has_the_runbook_that_it_names() {
    let alerts = alerts_with_their_runbooks(&shop());
    assert!(alerts > 30, "{alerts}");
}

#[test]
fn an_alert_with_an_underscore_links_to_the_file_that_is_written() {
    let text = "version: 1\nlinks: { runbooks: 'https://wiki.example.com/runbooks' }\nservices:\n  - name: a\n    alerts:\n      \
                standard: off\n      own:\n        - { name: Queue_Is_LONG, severity: warning, summary: long, condition: { gauge: \
                { metric: queue_length, above: 10 } }, cause: why not }\n";
    let definition = Definition::parse(text, "obs.yaml").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(alerts_with_their_runbooks(&files(&definition)), 1);
}

/// How many alerts there are; fails if the runbook of one is missing.
fn alerts_with_their_runbooks(files: &[File]) -> usize {
    let rules = files.iter().filter(|file| file.path.ends_with(".alerts.yml"));
    let mut alerts = 0;
    for file in rules {
        for line in file.content.lines() {
            if let Some((_, url)) = line.split_once("runbook_url: ") {
                alerts += 1;
                let name = url.rsplit('/').next().unwrap();
                content(files, &format!("runbooks/{name}.md"));
            }
        }
    }
    alerts
}
