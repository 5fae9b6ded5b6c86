//! Rules, as Prometheus reads them.

use std::{fs, path::Path, sync::Arc, time::Duration};

use obs_alert::{
    AlertRule, Comparison, Condition, Naming, NoData, Scope, Severity, Sli, Slo,
    promql::{Selector, Window},
    rules::{Standard, Subject, essential},
};
use obs_core::metrics::Convention;
use obs_tests::{backends, prometheus};
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

/// The namings that a service can have.
pub(crate) fn namings() -> [Naming; 3] {
    [
        Naming::default(),
        Naming::new("", Convention::Prometheus),
        Naming::new("http", Convention::OpenTelemetry),
    ]
}

/// All standard rules.
pub(crate) fn standard(naming: &Naming) -> Vec<AlertRule> {
    let mut subject = Subject::new("shop", naming);
    subject.has_databases = true;
    subject.has_caches = true;
    subject.has_clients = true;
    Standard::ALL
        .into_iter()
        .map(|standard| standard.rule(&subject))
        .collect()
}

/// Two objectives over a month, and their alerts.
pub(crate) fn slos() -> Vec<AlertRule> {
    let month = Window::new(Duration::from_secs(30 * 86_400)).unwrap();
    let quick = Sli::Latency {
        threshold: Duration::from_millis(250),
    };
    let slos = [
        Slo::new("availability", 0.99, month, Sli::Availability),
        Slo::new("checkout-quick", 0.95, month, quick).scope(Scope::service().endpoint("/checkout")),
    ];
    slos.into_iter()
        .flat_map(|slo| Arc::new(slo.min_requests(20.0)).alerts())
        .collect()
}

/// A rules file, as JSON, which is YAML too. Names repeat where rules are all alike but for their conditions.
pub(crate) fn rules_file(rules: &[AlertRule], naming: &Naming) -> Value {
    let rules = rules.iter().filter_map(|rule| {
        let (hold_for, keep_firing_for, _) = rule.times();
        let mut labels = rule.labels().clone();
        labels.insert("severity".to_owned(), rule.severity().to_string());
        Some(json!({
            "alert": rule.name(),
            "expr": rule.promql(naming)?.to_string(),
            "for": format!("{}s", hold_for.as_secs()),
            "keep_firing_for": format!("{}s", keep_firing_for.as_secs()),
            "labels": labels,
            "annotations": rule.annotations(),
        }))
    });
    json!({ "groups": [{ "name": "shop", "rules": rules.collect::<Vec<_>>() }] })
}

pub(crate) fn write(file: &Path, content: &Value) {
    let is_printable =
        |c: char| matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..'\u{fefe}' | '\u{10000}'..);
    // YAML wants more of the characters escaped than JSON does.
    let escape = |c: char| {
        if is_printable(c) {
            c.to_string()
        } else {
            format!("\\u{:04x}", u32::from(c))
        }
    };
    fs::write(file, content.to_string().chars().map(escape).collect::<String>()).unwrap();
}

fn assert_accepted(rules: &[AlertRule], naming: &Naming) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yml");
    write(&file, &rules_file(rules, naming));
    prometheus::check_rules(&file).assert_clean();
}

#[test]
fn every_standard_rule_is_accepted_in_every_naming() {
    if !backends::require("promtool") {
        return;
    }
    for naming in namings() {
        let naming = naming.with_job("shop");
        let rules: Vec<_> = standard(&naming).into_iter().chain(essential()).chain(slos()).collect();
        assert!(rules.iter().all(|rule| rule.check().is_ok()));
        assert_accepted(&rules, &naming);
    }
}

#[test]
fn every_value_is_accepted_as_an_expression() {
    if !backends::require("promtool") {
        return;
    }
    for naming in namings() {
        let naming = naming.with_job("shop");
        let rules: Vec<_> = standard(&naming).into_iter().chain(slos()).collect();
        let values = rules.iter().map(|rule| {
            let expr = rule.value_promql(&naming).unwrap().to_string();
            json!({ "record": format!("value:{}", rule.name()), "expr": expr })
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rules.yml");
        write(
            &file,
            &json!({ "groups": [{ "name": "values", "rules": values.collect::<Vec<_>>() }] }),
        );
        prometheus::check_rules(&file).assert_clean();
    }
}

const BREAKING: [&str; 11] = [
    "\"} or vector(1) #",
    "\\",
    "\\\"",
    "`",
    "'",
    "{{ $value }}",
    "\n",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "𝄞",
];

/// Any text, and text that wants to break out of its quotes.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\"\\\\{}()\\[\\]#\n\t ]{0,12}",
        prop::sample::select(&BREAKING[..]).prop_map(String::from)
    ]
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn no_name_breaks_out_of_an_expression(names in prop::collection::vec([hostile(), hostile(), hostile()], 1..24)) {
        if !backends::require("promtool") {
            return Ok(());
        }
        let naming = Naming::default().with_job("shop");
        let rules = names.iter().enumerate().flat_map(|(nth, [one, two, three])| {
            let scope = Scope::service().method(one).endpoint(two);
            let window = Window::minutes(5);
            let selector = Selector::new("jobs").with("kind", one).without("state", two).matching("pool", "a|b").with("x", three);
            let conditions = [
                Condition::ErrorRatio { scope: scope.clone(), window, above: 0.05 },
                Condition::Latency { scope, window, quantile: 0.99, above: Duration::from_secs(1) },
                Condition::Gauge { selector: selector.clone(), denominator: Some(selector.clone()), comparison: Comparison::Above(0.9) },
                Condition::Increase { selector: selector.clone(), window, comparison: Comparison::Below(3.0) },
                Condition::Absence { selector },
            ];
            let rule = move |(of, condition)| {
                AlertRule::new(format!("Rule{nth}_{of}"), condition, Severity::Info, "")
                    .no_data([NoData::Ok, NoData::Alert, NoData::Keep][nth % 3])
                    .team(three.replace("{{", ""))
            };
            conditions.into_iter().enumerate().map(rule).collect::<Vec<_>>()
        });
        assert_accepted(&rules.collect::<Vec<_>>(), &naming);
    }
}
