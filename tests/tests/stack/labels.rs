//! Gauges whose series have labels that rules set: their alerts stay apart in Prometheus.

use std::fs;

use obs_alert::definition::Definition;
use obs_stack::{output::Folder, prometheus as files};
use obs_tests::{backends, prometheus};
use serde_json::json;

use crate::stage::write;

const DEFINITION: &str = "
version: 1
team: { name: shop }
services:
  - name: orders
    alerts:
      standard: off
      own:
        - name: JobsWait
          severity: warning
          summary: '{{ $labels.kind }} jobs wait'
          condition: { gauge: { metric: jobs, above: 1 } }
          for: 1m
          no_data: keep
          clear: 0.5
          labels: { tier: gold }
          cause: because
";

/// Own labels, and what the alert has besides.
const SERIES: [(&str, &[(&str, &str)]); 7] = [
    ("kind=\"a\"", &[]),
    ("kind=\"a\",service=\"x\"", &[("exported_service", "x")]),
    (
        "kind=\"a\",service=\"y\",team=\"z\"",
        &[("exported_service", "y"), ("exported_team", "z")],
    ),
    (
        "kind=\"a\",severity=\"low\",tier=\"lead\"",
        &[("exported_severity", "low"), ("exported_tier", "lead")],
    ),
    ("kind=\"a\",env=\"moon\"", &[("exported_env", "moon")]),
    (
        "kind=\"a\",env=\"production\",exported_env=\"mars\"",
        &[("exported_env", "mars")],
    ),
    ("kind=\"a\",alertname=\"b\"", &[("exported_alertname", "b")]),
];

#[test]
fn series_that_have_labels_of_the_rule_stay_apart_in_prometheus() {
    if !backends::require("promtool") {
        return;
    }
    let definition = Definition::parse(DEFINITION, "obs.yaml").unwrap();
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::new(place.path().join("out"));
    folder.write(&files::files(&definition)).unwrap();
    let rules = folder.path().join("prometheus/rules/orders.alerts.yml");
    prometheus::check_rules(&rules).assert_clean();
    let series =
        SERIES.map(|(own, _)| json!({ "series": format!("jobs{{job=\"orders\",{own}}}"), "values": "2x2 0.7x5 0x9" }));
    let expected = SERIES.map(|(_, moved)| {
        let mut labels = json!({
            "job": "orders", "kind": "a", "service": "orders", "team": "shop", "env": "production", "severity": "warning", "tier": "gold",
        });
        for (key, value) in moved {
            labels[*key] = (*value).into();
        }
        json!({ "exp_labels": labels, "exp_annotations": { "summary": "a jobs wait" } })
    });
    let alert_at = |time: &str, expected: &[serde_json::Value]| json!({ "eval_time": time, "alertname": "JobsWait", "exp_alerts": expected });
    let test = json!({
        "rule_files": [rules],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": series,
            // Above the threshold, between it and where the alert ends, below.
            "alert_rule_test": [alert_at("2m", &expected), alert_at("6m", &expected), alert_at("12m", &[])],
        }],
    });
    let file = place.path().join("test.yml");
    write(&file, &test.to_string());
    prometheus::test_rules(&file).assert_clean();
    assert!(fs::read_to_string(&rules).unwrap().contains("exported_service"));
}
