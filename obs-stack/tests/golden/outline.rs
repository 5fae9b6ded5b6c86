//! Generated files as outlines: what they mean, in a form that a person can review.
//!
//! An outline is made from the text of a file alone, not by the generator. For JSON and YAML it keeps every
//! key and value, so a changed query, threshold, label or panel changes it; it leaves out comments, the order
//! of keys and line breaks. For a runbook it keeps the headings and the blocks of code.

use obs_stack::File;
use serde_json::{Map, Value};

use crate::{
    dashboard::dashboard,
    text::{block, flow, indented, take, take_list},
};

/// The outline of a generated file, by the extension of its path.
pub(crate) fn outline(file: &File) -> String {
    let (path, content) = (file.path.as_str(), file.content.as_str());
    match extension(path) {
        "json" => dashboard(&serde_json::from_str(content).unwrap_or_else(|error| panic!("{path}: {error}"))),
        "yml" | "yaml" => {
            let documents: Vec<Value> =
                serde_saphyr::from_multiple(content).unwrap_or_else(|error| panic!("{path}: {error}"));
            documents.iter().map(document).collect::<Vec<_>>().join("---\n")
        }
        "md" => runbook(content),
        _ => code(content),
    }
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// A YAML document: rules and their tests in short, anything else entry by entry.
fn document(value: &Value) -> String {
    let mut rest = value.clone();
    let mut sections = String::new();
    // A file of rules, or the object of Kubernetes that holds one.
    let holder = if rest.pointer("/spec/groups").is_some() {
        rest.pointer_mut("/spec")
    } else {
        Some(&mut rest)
    };
    if let Some(Value::Object(map)) = holder {
        if map.get("groups").is_some_and(Value::is_array) {
            sections.extend(take_list(map, "groups").into_iter().map(group));
        }
        if map.contains_key("rule_files") && map.contains_key("tests") {
            sections.extend(take_list(map, "tests").into_iter().map(test));
        }
    }
    if rest.as_object().is_some_and(Map::is_empty) {
        sections
    } else {
        block(&rest) + &sections
    }
}

/// `group NAME {interval: 1m}` and its rules.
fn group(mut group: Map<String, Value>) -> String {
    let name = take(&mut group, "name");
    let rules: String = take_list(&mut group, "rules").into_iter().map(rule).collect();
    format!("group {name} {}\n{}", flow(&Value::Object(group)), indented(&rules))
}

/// The name of a rule with its labels and durations, then its expression, then its annotations.
fn rule(mut rule: Map<String, Value>) -> String {
    let kind = if rule.contains_key("alert") { "alert" } else { "record" };
    let (name, expr) = (take(&mut rule, kind), take(&mut rule, "expr"));
    let annotations = rule
        .remove("annotations")
        .map(|annotations| flow(&annotations) + "\n")
        .unwrap_or_default();
    format!(
        "{kind} {name} {}\n{}",
        flow(&Value::Object(rule)),
        indented(&format!("{expr}\n{annotations}"))
    )
}

/// The name of a test of rules, then its series, then what is expected.
fn test(mut test: Map<String, Value>) -> String {
    let name = take(&mut test, "name");
    let mut below = String::new();
    for mut series in take_list(&mut test, "input_series") {
        let (values, name) = (take(&mut series, "values"), take(&mut series, "series"));
        below += &format!("series {values} {} {name}\n", flow(&Value::Object(series)));
    }
    for key in ["alert_rule_test", "promql_expr_test"] {
        for expected in take_list(&mut test, key) {
            below += &format!("{key} {}\n", flow(&Value::Object(expected)));
        }
    }
    format!("test {name} {}\n{}", flow(&Value::Object(test)), indented(&below))
}

/// The headings of a Markdown page, and its blocks of code.
fn runbook(text: &str) -> String {
    let mut is_code = false;
    let mut kept = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            kept += &format!("  {line}\n");
        } else if line.starts_with('#') {
            kept += &format!("{line}\n");
        }
    }
    kept
}

/// The lines of another text that are neither blank nor a comment.
fn code(text: &str) -> String {
    let is_kept = |line: &&str| !line.trim().is_empty() && !line.starts_with("// ") && !line.starts_with("# ");
    text.lines().filter(is_kept).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::definition;

    #[test]
    fn a_rule_is_its_name_its_expression_and_its_annotations() {
        let rules = json!({ "groups": [{ "name": "g", "interval": "30s", "rules": [
            { "record": "r:x", "expr": "vector(1)" },
            { "alert": "A", "expr": "x > 1", "for": "2m", "labels": { "severity": "info" }, "annotations": { "summary": "s" } },
        ] }] });
        let expected = "group g {interval: 30s}\n  record r:x {}\n    vector(1)\n  alert A {for: 2m, labels: {severity: info}}\n    \
                        x > 1\n    {summary: s}\n";
        assert_eq!(document(&rules), expected);
        let object = json!({ "kind": "PrometheusRule", "spec": rules });
        assert_eq!(
            document(&object),
            format!("{{kind: PrometheusRule, spec: {{}}}}\n{expected}")
        );
    }

    #[test]
    fn a_test_of_rules_is_its_series_and_what_is_expected() {
        let tests = json!({ "rule_files": ["r.yml"], "tests": [{ "name": "A fires", "interval": "1m",
            "input_series": [{ "series": "x{a=\"b\"}", "values": "0+1x9" }],
            "alert_rule_test": [{ "alertname": "A", "exp_alerts": [] }] }] });
        let expected = "{rule_files: [r.yml]}\ntest A fires {interval: 1m}\n  series 0+1x9 {} x{a=\"b\"}\n  \
                        alert_rule_test {alertname: A, exp_alerts: []}\n";
        assert_eq!(document(&tests), expected);
    }

    #[test]
    fn a_runbook_is_its_headings_and_queries() {
        let page = "<!-- begin -->\n# A\n\nText.\n\n## Diagnosis\n\n```promql\nup < 1\n```\n";
        assert_eq!(runbook(page), "# A\n## Diagnosis\n  up < 1\n");
    }

    #[test]
    fn other_texts_are_their_lines_without_comments() {
        assert_eq!(
            code("// Generated\n\nstage.json {\n  a = 1\n}\n"),
            "stage.json {\n  a = 1\n}\n"
        );
    }

    /// The pointers to all values of a tree that hold no others, one for each sequence of keys.
    fn leaves(value: &Value, pointer: &str, keys: &str, found: &mut Vec<String>, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    let escaped = key.replace('~', "~0").replace('/', "~1");
                    leaves(
                        value,
                        &format!("{pointer}/{escaped}"),
                        &format!("{keys}/{key}"),
                        found,
                        seen,
                    );
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (at, value) in items.iter().enumerate() {
                    leaves(value, &format!("{pointer}/{at}"), keys, found, seen);
                }
            }
            _ if seen.insert(keys.to_owned()) => found.push(pointer.to_owned()),
            _ => {}
        }
    }

    #[test]
    fn every_changed_value_changes_the_outline() {
        let files = obs_stack::files(&definition("views"));
        let (mut seen, mut changed) = (BTreeSet::new(), 0);
        for file in &files {
            let outlined = match extension(&file.path) {
                "json" => dashboard,
                "yml" => document,
                _ => continue,
            };
            let value: Value = serde_saphyr::from_str(&file.content).unwrap();
            let before = outlined(&value);
            let mut pointers = Vec::new();
            leaves(&value, "", "", &mut pointers, &mut seen);
            for pointer in pointers {
                let mut other = value.clone();
                let leaf = other.pointer_mut(&pointer).unwrap();
                *leaf = if leaf.is_array() {
                    json!([{ "another": 1 }])
                } else {
                    json!("something else")
                };
                assert_ne!(outlined(&other), before, "{}: {pointer}", file.path);
                changed += 1;
            }
        }
        assert!(changed > 250, "{changed}");
    }
}
