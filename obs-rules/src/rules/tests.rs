use super::{Standard, Subject, essential};
use crate::{Defect, Naming};

fn all(naming: &Naming) -> Vec<crate::AlertRule> {
    let subject = Subject {
        has_databases: true,
        has_caches: true,
        has_clients: true,
        ..Subject::new("payment-service", naming)
    };
    Standard::ALL.into_iter().map(|rule| rule.rule(&subject)).collect()
}

#[test]
fn a_standard_rule_lacks_only_what_it_can_not_know() {
    for rule in all(&Naming::default()) {
        assert_eq!(rule.quality(), [Defect::NoOwner, Defect::NoRunbook], "{}", rule.name());
        assert!(rule.check().is_ok(), "{:?}", rule.check());
    }
}

#[test]
fn the_names_of_the_rules_are_theirs() {
    for (standard, rule) in Standard::ALL.into_iter().zip(all(&Naming::default())) {
        assert_eq!(rule.name(), standard.as_str());
        assert_eq!(standard.as_str().parse(), Ok(standard));
    }
    assert!(
        "HighErrors"
            .parse::<Standard>()
            .unwrap_err()
            .to_string()
            .contains("HighErrorRate")
    );
}

#[test]
fn rules_that_need_something_are_left_out_without_it() {
    let naming = Naming::default();
    let subject = Subject::new("payment-service", &naming);
    let lacking: Vec<_> = Standard::ALL
        .into_iter()
        .filter_map(|rule| rule.lacks(&subject))
        .collect();
    assert_eq!(lacking, ["clients", "databases", "databases", "caches"]);
}

#[test]
fn the_texts_of_the_guide_are_kept() {
    let rules = all(&Naming::default());
    let text = |name: &str| {
        let rule = rules.iter().find(|rule| rule.name() == name).unwrap();
        (rule.message().to_owned(), rule.annotations()["description"].clone())
    };
    assert_eq!(
        text("HighErrorRate"),
        (
            "Payment service error rate is high".to_owned(),
            "{{ $value | humanizePercentage }} error rate".to_owned()
        )
    );
    assert_eq!(
        text("HighLatency"),
        (
            "Payment service latency is high".to_owned(),
            "P99 latency is {{ $value | humanizeDuration }}".to_owned()
        )
    );
    assert_eq!(
        text("DatabaseConnectionPoolExhausted"),
        (
            "Database connection pool exhausted".to_owned(),
            "{{ $value }} active connections".to_owned()
        )
    );
}

#[test]
fn the_three_rules_of_the_guide_can_be_used_as_they_are() {
    let rules = essential();
    assert!(rules.iter().all(|rule| rule.check().is_ok()));
    let severities: Vec<_> = rules.iter().map(|rule| rule.severity().as_str()).collect();
    assert_eq!(severities, ["critical", "warning", "critical"]);
}
