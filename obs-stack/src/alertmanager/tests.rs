use obs_rules::definition::Definition;

use super::{files, receivers::Contact, secrets};

/// The service belongs to the team `a`, if there are teams.
fn definition(teams: &str) -> Definition {
    let team = if teams == "[]" { "" } else { ", team: a" };
    let text = format!("version: 1\nteams: {teams}\nservices: [{{ name: s, endpoints: [GET /a]{team} }}]");
    Definition::parse(&text, "obs.yaml").unwrap()
}

#[test]
fn a_contact_is_recognised_by_its_form() {
    assert_eq!(Contact::read("#on-call"), Some(Contact::Slack(Some("#on-call"))));
    assert_eq!(Contact::read(" @ann "), Some(Contact::Slack(Some("@ann"))));
    assert_eq!(
        Contact::read("https://a.example/b"),
        Some(Contact::Webhook("https://a.example/b"))
    );
    assert_eq!(Contact::read("a@example.com"), Some(Contact::Email("a@example.com")));
    assert_eq!(Contact::read("PagerDuty"), Some(Contact::PagerDuty));
    for by_people_only in ["+41 44 000 00 00", "", "#", "a@b@c", "ann at example", "@"] {
        assert_eq!(Contact::read(by_people_only), None, "{by_people_only:?}");
    }
}

#[test]
fn secrets_are_named_once_and_sorted() {
    let definition = definition("[{ name: b, escalation: pagerduty }, { name: a, contact: '#a', escalation: '@ann' }]");
    assert_eq!(secrets(&definition), ["a_slack_url", "b_pagerduty_key", "b_slack_url"]);
}

#[test]
fn a_definition_without_teams_has_a_receiver_all_the_same() {
    let config = &files(&definition("[]"))[0].content;
    assert!(config.contains("route:\n  receiver: discard\n"), "{config}");
}

#[test]
fn a_mail_relay_is_configured_only_if_a_receiver_sends_mail() {
    let has_relay = |contact: &str| {
        files(&definition(&format!("[{{ name: a, contact: '{contact}' }}]")))[0]
            .content
            .contains("smtp_smarthost")
    };
    assert!(has_relay("a@example.com"));
    assert!(!has_relay("#a"));
}

/// The rules of inhibition of a service with these alerts.
fn inhibitions(alerts: &str) -> String {
    let text = format!("version: 1\nservices: [{{ name: s, alerts: {alerts} }}, {{ name: other }}]");
    let definition = Definition::parse(&text, "obs.yaml").unwrap();
    let config = files(&definition).swap_remove(0).content;
    config.split_once("inhibit_rules:").unwrap().1.to_owned()
}

const ABSENCE: &str = "severity: critical, condition: { absence: { metric: queue_depth } }";

#[test]
fn only_the_standard_rule_service_down_inhibits() {
    let with_own = inhibitions(&format!("{{ own: [{{ name: QueueGone, {ABSENCE} }}] }}"));
    assert!(!with_own.contains("QueueGone"), "{with_own}");
    assert_eq!(with_own, inhibitions("{}"));
    assert!(
        with_own.contains("alertname=\"ServiceDown\"") && with_own.contains("severity=\"critical\""),
        "{with_own}"
    );
}

#[test]
fn a_custom_alert_with_the_name_of_the_standard_rule_inhibits_nothing() {
    let own = inhibitions(&format!(
        "{{ standard: off, own: [{{ name: ServiceDown, {ABSENCE} }}] }}"
    ));
    assert!(own.contains("service!=\"s\""), "{own}");
}
