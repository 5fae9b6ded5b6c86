//! Through Alertmanager and back.

use std::{collections::BTreeSet, time::Duration};

use obs_alert::{AlertManager, AlertRule, Channel, Condition, Severity, definition::Definition, promql::Window};
use obs_core::metrics::Registry;
use obs_tests::{DEADLINE, alertmanager::Alertmanager, backends, eventually, until};
use serde_json::Value;

use crate::hook::Hook;

fn count(registry: &Registry, outcome: &'static str, by: u64) {
    metrics::with_local_recorder(registry, || {
        metrics::counter!("http_requests_total", "endpoint" => "/orders", "outcome" => outcome).increment(by);
    });
}

fn high_error_rate() -> AlertRule {
    let condition = Condition::error_ratio(Window::new(Duration::from_secs(5)).unwrap(), 0.05);
    AlertRule::new("HighErrorRate", condition, Severity::Critical, "Error rate exceeds 5%")
        .description("{{ $value | humanizePercentage }} of \"all\" requests failed")
        .runbook_url("https://runbooks.example.com/higherrorrate")
        .label("team", "payments")
}

#[test]
fn an_alert_reaches_alertmanager_and_its_webhook_and_so_does_its_end() {
    if !backends::require("alertmanager") || !backends::require("amtool") {
        return;
    }
    let (through, direct) = (Hook::start(), Hook::start());
    let alertmanager = Alertmanager::start(&through.url());
    let registry = Registry::new();
    let manager = AlertManager::builder()
        .registry(&registry)
        .label("service", "shop")
        .external_url("https://shop.example.com")
        .rule(high_error_rate())
        .channel(Channel::alertmanager([format!("http://{}", alertmanager.addr())]))
        .channel(Channel::webhook(direct.url()))
        .interval(Duration::from_millis(200))
        .start()
        .unwrap();
    // What is counted before the first evaluation has not grown.
    let page = || obs_tests::page::text_of(&registry);
    until(DEADLINE, || page().contains("obs_alert_history_bytes"));
    count(&registry, "ok", 80);
    count(&registry, "server_error", 20);

    let listed = eventually(DEADLINE, || alertmanager.amtool_alerts().into_iter().next());
    assert_eq!(listed["labels"]["alertname"], "HighErrorRate");
    assert_eq!(listed["labels"]["service"], "shop");
    assert_eq!(listed["annotations"]["description"], "20% of \"all\" requests failed");
    assert_eq!(listed["status"]["state"], "active");
    let ours = format!("{:016x}", manager.alerts()[0].fingerprint());
    assert_eq!(
        listed["fingerprint"],
        ours.as_str(),
        "both take the same labels for the same alert"
    );

    let with_status = |hook: &Hook, status: &str| hook.bodies().into_iter().find(|body| body["status"] == status);
    let theirs = eventually(DEADLINE, || with_status(&through, "firing"));
    let own = eventually(DEADLINE, || with_status(&direct, "firing"));
    assert_same_payload(&theirs, &own);

    // The window of 5 seconds passes without another failure.
    let resolved = eventually(2 * DEADLINE, || with_status(&through, "resolved"));
    assert_eq!(resolved["alerts"][0]["labels"]["alertname"], "HighErrorRate");
    eventually(DEADLINE, || with_status(&direct, "resolved"));
    until(DEADLINE, || alertmanager.amtool_alerts().is_empty());
    assert!(manager.shutdown(DEADLINE));
}

/// A service that is down and an own critical alert on an absence: with the generated rules of inhibition both
/// muted each other, and everything else of the service.
#[test]
fn an_own_alert_on_an_absence_and_a_service_that_is_down_are_told_by_alertmanager() {
    if !backends::require("alertmanager") {
        return;
    }
    let text = "
version: 1
services:
  - name: shop
    alerts:
      own:
        - name: QueueGone
          severity: critical
          condition: { absence: { metric: queue_depth } }
";
    let definition = Definition::parse(text, "obs.yaml").unwrap();
    let config = obs_stack::alertmanager::files(&definition).swap_remove(0).content;
    let (_, inhibitions) = config.split_once("inhibit_rules:").unwrap();
    let hook = Hook::start();
    let alertmanager = Alertmanager::start_with_inhibitions(&hook.url(), inhibitions);
    let rule = |name: &str, service: &str| {
        let fires = Condition::custom(|| Ok::<_, std::io::Error>(true));
        AlertRule::new(name, fires, Severity::Critical, "it is so")
            .label("service", service)
            .label("env", "production")
    };
    let manager = AlertManager::builder()
        .registry(&Registry::new())
        .rules([
            rule("QueueGone", "shop"),
            rule("ServiceDown", "shop"),
            rule("Other", "shop"),
            rule("Last", "cart"),
        ])
        .channel(Channel::alertmanager([format!("http://{}", alertmanager.addr())]))
        .build()
        .unwrap();
    manager.evaluate(manager.now());
    assert!(manager.flush(DEADLINE));
    let told = || -> BTreeSet<String> {
        let name = |body: &Value| body["groupLabels"]["alertname"].as_str().unwrap().to_owned();
        hook.bodies().iter().map(name).collect()
    };
    until(DEADLINE, || {
        told().is_superset(&["Last", "ServiceDown"].map(str::to_owned).into())
    });
    // When the service is back, the rest is notified.
    assert!(manager.remove_rule("ServiceDown"));
    manager.evaluate(manager.now());
    until(DEADLINE, || told().contains("QueueGone") && told().contains("Other"));
}

/// What a receiver of Alertmanager's webhooks reads, it finds in ours: the same keys with the same types,
/// and of the alert the same values.
fn assert_same_payload(theirs: &Value, own: &Value) {
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(own), keys(theirs));
    for (key, value) in theirs.as_object().unwrap() {
        assert_eq!(
            std::mem::discriminant(value),
            std::mem::discriminant(&own[key]),
            "{key}"
        );
    }
    let (their_alert, own_alert) = (&theirs["alerts"][0], &own["alerts"][0]);
    assert_eq!(keys(own_alert), keys(their_alert));
    for key in ["status", "labels", "annotations", "generatorURL", "fingerprint"] {
        assert_eq!(own_alert[key], their_alert[key], "{key}");
    }
    // Go writes no zeros at the end of a second's fraction.
    let start = |alert: &Value| {
        alert["startsAt"]
            .as_str()
            .unwrap()
            .trim_end_matches('Z')
            .trim_end_matches('0')
            .to_owned()
    };
    assert_eq!(start(own_alert), start(their_alert));
    for key in ["groupKey", "groupLabels", "commonLabels", "version", "truncatedAlerts"] {
        assert_eq!(own[key], theirs[key], "{key}");
    }
}
