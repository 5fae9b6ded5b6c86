//! What the process makes of a template is what Prometheus makes of it.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use metrics::{gauge, with_local_recorder};
use obs_alert::{AlertManager, AlertRule, Comparison, Condition, Moment, Naming, NoData, Severity, promql::Selector};
use obs_core::metrics::Registry;
use obs_tests::{backends, prometheus};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::rules::{rules_file, write};

const VALUES: [f64; 23] = [
    0.0,
    1.0,
    -1.0,
    0.5,
    0.062_6,
    0.123_456_789,
    1e-5,
    1.5e-10,
    19.0,
    59.999,
    60.0,
    61.5,
    999.95,
    1_000.0,
    12_345.0,
    12_345.6,
    93_784.0,
    999_999.0,
    1e6,
    1_234_567.0,
    123_456_789.125,
    1e15,
    -86_401.25,
];

const TEMPLATES: [&str; 34] = [
    "{{ $value }}",
    "a {{- .Value -}} b",
    "{{ $value | humanize }}",
    "{{ humanize1024 $value }}",
    "{{ $value | humanizePercentage }}",
    "{{ $value | humanizeDuration }}",
    "{{ $labels.kind }} {{ .Labels.kind }} {{ index $labels \"kind\" }}",
    "{{ $labels.none }}|{{ $externalLabels.none }}|{{ .ExternalLabels.none }}",
    "{{ if gt $value 0.5 }}much{{ else if eq $value 0.5 }}half{{ else }}little{{ end }}",
    "{{ if $labels.none }}a{{ end }}{{ if $value }}b{{ end }}",
    "{{ printf \"%.2f\" $value }}",
    "{{ printf \"%8.3f|%-8.1f|%08.1f|%+.0f\" $value $value $value $value }}",
    "{{ printf \"%e %g %v %.3g %.0e\" $value $value $value $value $value }}",
    "{{ $value | printf \"%s: %v%%\" $labels.kind }}",
    "{{ printf \"%5s|%-5s|%d|%3d|%v\" \"ab\" \"ab\" 7 7 true }}",
    "{{ print $value 1 2 \"a\" \"b\" 1.5 true }}",
    "{{ $labels.kind | toUpper | printf \"%s!\" }}",
    "{{ title $labels.kind }}",
    "{{ toLower \"ÀB\" }}",
    "{{ stripPort $labels.host }} {{ stripPort \"[::1]:80\" }} {{ stripPort \"a\" }} {{ stripPort \"::1\" }}",
    "{{ stripDomain $labels.host }} {{ stripDomain \"10.0.0.1:80\" }} {{ stripDomain \"a.b\" }} {{ stripDomain \"\" }}",
    "{{ reReplaceAll \"(.)i(.)\" \"$2-$1\" $labels.kind }}",
    "{{ if match \"^m.*l$\" $labels.kind }}yes{{ end }}",
    "{{ len $labels.kind }} {{ 1e3 }} {{ 12 }} {{ -1.50 }} {{ true }}",
    "{{ and $labels.kind $labels.none }}|{{ or $labels.none $labels.kind }}|{{ not $labels.none }}",
    "{{ eq \"a\" \"b\" \"a\" }} {{ ne 1 2 }} {{ lt \"a\" \"b\" }} {{ le 1.0 $value }} {{ ge $value -1.0 }}",
    "{{/* nothing */}}x {{- /* nothing */ -}} y",
    "{{ `raw \\n` }} {{ \"tab\\tquote\\\"\" }} {{ \"\\u00e9\" }}",
    "{{ ($value | humanize) | printf \"%s/s\" }}",
    "{{ if and (gt $value 0.0) (lt $value 100.0) }}{{ if eq $labels.kind \"mail\" }}small mail{{ end }}{{ end }}",
    "{{\n  $value\n}}",
    "}} { } {{ \"{{\" }} {{ \"}}\" }}",
    "{{ or $value 1.0 }} {{ and $value 0.0 }}",
    "{{ $value | print }}",
];

/// The annotations of the alert on a gauge, in the process, for each of its values.
fn in_process(rule: &AlertRule, values: &[f64]) -> Vec<BTreeMap<String, String>> {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        for (at, value) in values.iter().enumerate() {
            gauge!("jobs", "kind" => "mail", "host" => "db-1.example.com:5432", "at" => at.to_string()).set(*value);
        }
    });
    let manager = AlertManager::builder()
        .registry(&registry)
        .rule(rule.clone())
        .build()
        .unwrap();
    let mut alerts = manager.evaluate(Moment::new(Duration::ZERO, Duration::ZERO));
    alerts.sort_by_key(|alert| alert.labels()["at"].parse::<usize>().unwrap());
    alerts.iter().map(|alert| alert.annotations().clone()).collect()
}

fn rule(templates: &[String]) -> AlertRule {
    let comparison = Comparison::Above(-1e300);
    let rule = AlertRule::new(
        "Jobs",
        Condition::Gauge {
            selector: Selector::new("jobs"),
            denominator: None,
            comparison,
        },
        Severity::Info,
        "x",
    );
    templates
        .iter()
        .enumerate()
        .fold(rule, |rule, (at, text)| rule.annotation(format!("a{at}"), text))
}

/// What promtool says to a test that expects what the process has made.
fn verdict(rule: &AlertRule, values: &[f64]) -> prometheus::Verdict {
    let naming = Naming::default().with_job("shop");
    let told = in_process(rule, values);
    let labels = |at: usize| json!({ "job": "shop", "kind": "mail", "host": "db-1.example.com:5432", "at": at.to_string(), "severity": "info" });
    let expected = told.iter().enumerate().map(|(at, texts)| {
        let texts: BTreeMap<_, _> = texts.iter().filter(|(key, _)| *key != "summary").collect();
        json!({ "exp_labels": labels(at), "exp_annotations": texts })
    });
    let series = values.iter().enumerate().map(|(at, value)| {
        let series = format!("jobs{{job=\"shop\",kind=\"mail\",host=\"db-1.example.com:5432\",at=\"{at}\"}}");
        json!({ "series": series, "values": value.to_string() })
    });
    let test: Value = json!({
        "rule_files": ["rules.yml"],
        "tests": [{
            "interval": "1m",
            "input_series": series.collect::<Vec<_>>(),
            "alert_rule_test": [{ "eval_time": "0m", "alertname": "Jobs", "exp_alerts": expected.collect::<Vec<_>>() }],
        }],
    });
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("rules.yml"),
        &rules_file(std::slice::from_ref(rule), &naming),
    );
    let file = folder.path().join("test.yml");
    write(&file, &test);
    prometheus::test_rules(&file)
}

#[test]
fn what_is_rendered_in_the_process_is_what_prometheus_renders() {
    if !backends::require("promtool") {
        return;
    }
    let rule = rule(&TEMPLATES.map(str::to_owned));
    rule.check().unwrap();
    verdict(&rule, &VALUES).assert_clean();
}

/// Pieces of templates, most of which make one that is refused.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "$value",
        "$labels.kind",
        "$labels.none",
        "humanize",
        "humanizePercentage",
        "humanizeDuration",
        "toUpper",
        "printf",
        "print",
        "\"%.1f\"",
        "\"%s\"",
        "|",
        "(",
        ")",
        "if",
        "else",
        "end",
        "eq",
        "gt",
        "and",
        "or",
        "not",
        "1.0",
        "1",
        "0.5",
        "\"mail\"",
        "}}",
        "{{",
        "{{-",
        "-}}",
        "true",
        ".Value",
    ];
    let action = prop::collection::vec(prop::sample::select(words.to_vec()), 1..6)
        .prop_map(|words| format!("{{{{ {} }}}}", words.join(" ")));
    let text = "[a-z {}.$|]{0,4}";
    prop::collection::vec((text, action), 1..3).prop_map(|parts| {
        parts.into_iter().fold(String::new(), |mut all, (text, action)| {
            write!(all, "{text}{action}").unwrap();
            all
        })
    })
}

#[test]
fn whatever_template_is_accepted_is_rendered_by_prometheus_too_and_alike() {
    if !backends::require("promtool") {
        return;
    }
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let outcome = runner.run(&prop::collection::vec(pieces(), 400), |texts| {
        let accepted: Vec<String> = texts
            .into_iter()
            .filter(|text| rule(std::slice::from_ref(text)).check().is_ok())
            .collect();
        prop_assert!(accepted.len() > 2, "{accepted:?}");
        let verdict = verdict(&rule(&accepted), &[0.25, 1.0, 1_234_567.0]);
        prop_assert_eq!(verdict.code, 0, "{:?}: {}", accepted, verdict.output);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn series_whose_labels_the_rule_sets_stay_two_alerts() {
    if !backends::require("promtool") {
        return;
    }
    let comparison = Comparison::Above(1.0);
    let rule = AlertRule::new(
        "Jobs",
        Condition::Gauge {
            selector: Selector::new("jobs"),
            denominator: None,
            comparison,
        },
        Severity::Info,
        "x",
    )
    .team("shop")
    .label("service", "shop")
    .no_data(NoData::Keep)
    .clear_threshold(0.5);
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        for (service, team, severity) in [
            ("a", "x", "low"),
            ("b", "x", "low"),
            ("a", "y", "low"),
            ("a", "x", "high"),
        ] {
            gauge!("jobs", "service" => service, "team" => team, "severity" => severity).set(2.0);
        }
    });
    let manager = AlertManager::builder().registry(&registry).rule(rule).build().unwrap();
    let alerts = manager.evaluate(Moment::new(Duration::ZERO, Duration::ZERO));
    let told: std::collections::BTreeSet<String> = alerts
        .iter()
        .map(|alert| {
            let label = |key: &str| alert.labels()[key].as_str();
            assert_eq!(
                [label("service"), label("team"), label("severity")],
                ["shop", "shop", "info"]
            );
            ["exported_service", "exported_team", "exported_severity"]
                .map(label)
                .join(" ")
        })
        .collect();
    assert_eq!(
        told.into_iter().collect::<Vec<_>>(),
        ["a x high", "a x low", "a y low", "b x low"]
    );
}
