//! What is not worth telling beside something worse.

use std::collections::BTreeSet;

use obs_rules::{
    AlertRule, Severity,
    definition::{Definition, Service},
    promql::Selector,
    rules::Standard,
};

use super::routes::{matchers, matchers_of};
use crate::yaml::Yaml;

/// Labels of an alert that say whose it is.
const OWNER: [&str; 2] = ["service", "env"];

/// A page mutes a ticket, and a service that is down mutes all the rest of it: no alert is muted by one that it
/// mutes itself, as none of these mutes what tells that a service is down.
pub(super) fn rules(definition: &Definition) -> Yaml {
    let mut rules = vec![page_mutes_ticket_of_the_same_objective(), page_mutes_ticket_of_the_same_alert()];
    let mut services = definition.services.iter();
    if services.any(|service| service.alerts.iter().any(tells_that_a_service_is_down)) {
        rules.push(a_service_that_is_down_has_no_other_news(definition));
    }
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

fn a_service_that_is_down_has_no_other_news(definition: &Definition) -> Yaml {
    let down = Standard::ServiceDown.as_str();
    let page = Selector::new("").with("alertname", down).with("severity", Severity::Critical.as_str());
    // An own alert of the same name means whatever its author means.
    let others = definition.services.iter().filter(|service| has_own(service, down));
    let others: BTreeSet<&str> = others.map(|service| service.name.as_str()).collect();
    let source = others.into_iter().fold(page, |source, service| source.without(OWNER[0], service));
    rule(matchers_of(&source), matchers_of(&Selector::new("").without("alertname", down)), &OWNER)
}

fn rule(source: Yaml, target: Yaml, equal: &[&str]) -> Yaml {
    Yaml::map([("source_matchers", source), ("target_matchers", target), ("equal", Yaml::list(equal.iter().copied()))])
}

/// Only the standard rule does, as long as it pages: an own alert on an absence is about what it names.
fn tells_that_a_service_is_down(alert: &AlertRule) -> bool {
    alert.standard() == Some(Standard::ServiceDown) && alert.severity() == Severity::Critical
}

/// Whether it has an alert of this name that is no standard one.
fn has_own(service: &Service, name: &str) -> bool {
    service.alerts.iter().any(|alert| alert.name() == name && alert.standard().is_none())
}
