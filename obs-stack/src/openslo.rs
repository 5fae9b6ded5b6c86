//! The service level objectives as [OpenSLO](https://openslo.com) v1, for other tools.
//!
//! `openslo/SERVICE.yaml`: the service, its objectives, and an alert policy for each burn rate. The format knows
//! one window for a condition: it gets the long one, the exact rule is in `prometheus/rules`.

use obs_rules::{
    BurnRate, Severity, Sli, Slo, Tally,
    definition::{Definition, Service},
    promql::{Expr, Window},
};

use crate::{
    File,
    file::header,
    text::{slug, with_hash},
    yaml::{self, Yaml},
};

/// One file for each service that promises something.
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    definition.services.iter().filter(|service| !service.slos.is_empty()).map(of_service).collect()
}

fn of_service(service: &Service) -> File {
    let about = Yaml::map([("description", (&service.description).into())]);
    let mut documents = vec![object("Service", &[&service.name], about)];
    for slo in &service.slos {
        documents.push(slo_object(service, slo));
        documents.extend(policies(service, slo));
    }
    let documents: Vec<_> = documents.iter().map(|document| format!("---\n{}", yaml::body(document))).collect();
    let about = format!("The service level objectives of {} as OpenSLO v1.", service.name);
    let path = format!("openslo/{}.yaml", slug(&service.name));
    File::new(path, header("#", &about) + &documents.concat())
}

/// An object of the format.
fn object(kind: &str, name: &[&str], spec: Yaml) -> Yaml {
    Yaml::map([
        ("apiVersion", "openslo/v1".into()),
        ("kind", kind.into()),
        ("metadata", Yaml::map([("name", object_name(name).into()), ("displayName", name.join(" ").into())])),
        ("spec", spec),
    ])
}

/// The longest name that the format allows: that of a DNS label (RFC 1123).
const LONGEST: usize = 63;
const SEPARATOR: &str = "--";

/// The name of an object that belongs to these: a DNS label, never empty, and another one for each other list of names.
/// `a` with `b-c` is not `a-b` with `c`, and two long names that begin alike stay apart by a hash.
fn object_name(parts: &[&str]) -> String {
    let whole = parts.join(SEPARATOR);
    let name = slug(&whole);
    let name = name.trim_matches('-');
    let is_plain = name == whole && !name.is_empty() && parts.iter().all(|part| !part.contains(SEPARATOR));
    if is_plain && name.len() <= LONGEST {
        return name.to_owned();
    }
    with_hash(if name.is_empty() { "unnamed" } else { name }, &parts.join("\0"), LONGEST)
}

fn slo_object(service: &Service, slo: &Slo) -> Yaml {
    let policies =
        slo.burn_rates().into_iter().map(|burn| object_name(&policy_name(service, slo, &burn.long.to_string())));
    let window = Yaml::map([("duration", slo.window().to_string().into()), ("isRolling", true.into())]);
    let objective = Yaml::map([("displayName", slo.name().into()), ("target", Yaml::Number(slo.objective()))]);
    object(
        "SLO",
        &[&service.name, slo.name()],
        Yaml::map([
            ("service", object_name(&[&service.name]).into()),
            ("indicator", indicator(service, slo)),
            ("timeWindow", Yaml::list([window])),
            ("budgetingMethod", "Occurrences".into()),
            ("objectives", Yaml::list([objective])),
            ("alertPolicies", Yaml::list(policies)),
        ]),
    )
}

/// Counters: how many requests there were, and how many of them were good or bad.
fn indicator(service: &Service, slo: &Slo) -> Yaml {
    let (naming, scope) = (service.naming(), slo.requests());
    let (total, kind, part) = match slo.sli() {
        Sli::Latency { threshold } => {
            let within = Tally::new(vec![naming.duration_within(scope, threshold)]);
            (naming.answered(scope), "good", within)
        }
        _ => (naming.counted(scope), "bad", naming.errors(scope)),
    };
    let ratio = Yaml::map([("counter", true.into()), (kind, source(&part)), ("total", source(&total))]);
    let metadata = Yaml::map([("name", object_name(&[&service.name, slo.name()]).into())]);
    Yaml::map([("metadata", metadata), ("spec", Yaml::map([("ratioMetric", ratio)]))])
}

fn source(tally: &Tally) -> Yaml {
    let all = tally.selectors().iter().map(Expr::instant).reduce(Expr::or);
    let query = all.map(|all| all.sum().to_string()).unwrap_or_default();
    let spec = Yaml::map([("query", query.into())]);
    Yaml::map([("metricSource", Yaml::map([("type", "Prometheus".into()), ("spec", spec)]))])
}

fn policies(service: &Service, slo: &Slo) -> Vec<Yaml> {
    slo.burn_rates().iter().map(|burn| policy(service, slo, burn)).collect()
}

/// The names that a policy's own is made of; `window` is the long one.
fn policy_name<'a>(service: &'a Service, slo: &'a Slo, window: &'a str) -> [&'a str; 4] {
    [&service.name, slo.name(), "burn", window]
}

fn policy(service: &Service, slo: &Slo, burn: &BurnRate) -> Yaml {
    let window = burn.long.to_string();
    let name = policy_name(service, slo, &window);
    let severity = match burn.severity {
        Severity::Critical => "page",
        _ => "ticket",
    };
    let mut condition = Yaml::map([
        ("kind", "burnrate".into()),
        ("op", "gt".into()),
        ("threshold", Yaml::Number(burn.factor)),
        ("lookbackWindow", burn.long.to_string().into()),
    ]);
    if let Ok(hold_for) = Window::new(burn.hold_for) {
        condition = condition.with("alertAfter", hold_for.to_string());
    }
    let condition =
        object("AlertCondition", &name, Yaml::map([("severity", severity.into()), ("condition", condition)]));
    object(
        "AlertPolicy",
        &name,
        Yaml::map([
            ("alertWhenNoData", false.into()),
            ("alertWhenResolved", true.into()),
            ("alertWhenBreaching", true.into()),
            ("conditions", Yaml::list([condition])),
            ("notificationTargets", Yaml::list([notification_target(service)])),
        ]),
    )
}

/// Whoever Alertmanager routes it to. A service of no team has a target of its own.
fn notification_target(service: &Service) -> Yaml {
    let team = if service.team.is_empty() { ["service", &service.name] } else { ["team", &service.team] };
    object("AlertNotificationTarget", &team, Yaml::map([("target", "alertmanager".into())]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_are_short_enough_stay_readable() {
        assert_eq!(object_name(&["payment-service", "available"]), "payment-service--available");
        assert_eq!(object_name(&["orders"]), "orders");
    }

    #[test]
    fn names_over_63_characters_and_names_that_meet_stay_apart() {
        let long = "a".repeat(63);
        let lists: [&[&str]; 9] = [
            &[&long, "available", "1h"],
            &[&long, "available", "6h"],
            &[&long, "quick", "1h"],
            &["a", "b-c"],
            &["a-b", "c"],
            &["a", "b--c"],
            &["a--b", "c"],
            &["a", "b", "c"],
            &[""],
        ];
        let names: BTreeSet<_> = lists.iter().map(|parts| object_name(parts)).collect();
        assert_eq!(names.len(), lists.len(), "{names:?}");
    }

    proptest! {
        #[test]
        fn any_names_make_a_dns_label(parts in prop::collection::vec(any::<String>(), 1..4)) {
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            let name = object_name(&parts);
            let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            prop_assert!((1..=LONGEST).contains(&name.len()) && name.starts_with(is_end) && name.ends_with(is_end), "{name}");
            prop_assert!(name.chars().all(|c| is_end(c) || c == '-'), "{name}");
        }
    }
}
