//! What is not worth telling beside something worse.

use obs_alert::{AlertRule, Condition, Severity, definition::Definition};

use super::routes::matchers;
use crate::yaml::Yaml;

/// Labels of an alert that say whose it is.
const OWNER: [&str; 2] = ["service", "env"];

pub(super) fn rules(definition: &Definition) -> Yaml {
    let mut rules = vec![page_mutes_ticket_of_the_same_objective(), page_mutes_ticket_of_the_same_alert()];
    let mut down: Vec<&str> = definition
        .services
        .iter()
        .flat_map(|service| &service.alerts)
        .filter(|alert| tells_absence(alert))
        .map(AlertRule::name)
        .collect();
    down.sort_unstable();
    down.dedup();
    rules.extend(down.into_iter().map(a_service_that_is_down_has_no_other_news));
    Yaml::List(rules)
}

fn page_mutes_ticket_of_the_same_objective() -> Yaml {
    // Two alerts without the label would count as equal in it.
    let of = |severity: Severity| {
        let mut all = vec![format!("severity=\"{severity}\"")];
        all.push("slo=~\".+\"".to_owned());
        Yaml::list(all)
    };
    rule(of(Severity::Critical), of(Severity::Warning), &[OWNER[0], OWNER[1], "slo"])
}

fn page_mutes_ticket_of_the_same_alert() -> Yaml {
    let of = |severity: Severity| matchers("severity", severity.as_str());
    rule(of(Severity::Critical), of(Severity::Warning), &[OWNER[0], OWNER[1], "alertname"])
}

fn a_service_that_is_down_has_no_other_news(alert: &str) -> Yaml {
    let Yaml::List(source) = matchers("alertname", alert) else { return Yaml::List(Vec::new()) };
    let others = source.iter().map(|matcher| match matcher {
        Yaml::Text(text) => Yaml::Text(text.replacen('=', "!=", 1)),
        other => other.clone(),
    });
    rule(Yaml::List(source.clone()), Yaml::List(others.collect()), &OWNER)
}

fn rule(source: Yaml, target: Yaml, equal: &[&str]) -> Yaml {
    Yaml::map([("source_matchers", source), ("target_matchers", target), ("equal", Yaml::list(equal.iter().copied()))])
}

/// Whether it tells that a whole service is not there.
fn tells_absence(alert: &AlertRule) -> bool {
    let is_whole = matches!(alert.condition(), Condition::Absence { selector } if selector.matchers().is_empty());
    is_whole && alert.severity() == Severity::Critical
}
