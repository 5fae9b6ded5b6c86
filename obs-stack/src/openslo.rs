//! Service level objectives as [OpenSLO](https://openslo.com) v1, for other tools.
//!
//! | file | objects |
//! |---|---|
//! | `openslo/SERVICE.yaml` | the `Service`, an `SLO` for each objective, an `AlertPolicy` for each burn rate |
//!
//! | in the definition | in OpenSLO |
//! |---|---|
//! | `services` | `Service` |
//! | `slos` | `SLO` with `budgetingMethod: Occurrences` |
//! | `objective: 99.9` | `target: 0.999` |
//! | `window: 30d` | a rolling `timeWindow` |
//! | `sli: availability` | a ratio of `bad` to `total` |
//! | `sli: latency` | a ratio of `good` to `total` |
//! | a burn-rate alert | `AlertPolicy` with a condition of kind `burnrate` |
//! | `team` | `AlertNotificationTarget` |
//!
//! Only services with SLOs have a file. The indicator of an SLO is a ratio of two counters:
//! bad requests to all for availability, requests within the threshold to all for latency.
//! A condition of OpenSLO has one window, so it has the long window of the burn rate; the
//! exact rule with both windows is in `prometheus/rules`. Severities are `page` and
//! `ticket`, and every policy notifies `alertmanager`.
//!
//! ```
//! use obs_rules::definition::Definition;
//!
//! let text = "version: 1\nservices: [{ name: orders, slos: [{ name: availability, objective: 99.9, window: 30d }] }]";
//! let definition = Definition::parse(text, "obs.yaml")?;
//! let files = obs_stack::openslo::files(&definition);
//! assert_eq!(files[0].path, "openslo/orders.yaml");
//! assert!(files[0].content.contains("target: 0.999"));
//! # Ok::<(), obs_rules::definition::DefinitionError>(())
//! ```

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

/// Generates a file for each service that has SLOs.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let without = Definition::parse("version: 1\nservices: [{ name: orders }]", "obs.yaml")?;
/// assert!(obs_stack::openslo::files(&without).is_empty());
/// # Ok::<(), obs_rules::definition::DefinitionError>(())
/// ```
#[must_use]
pub fn files(definition: &Definition) -> Vec<File> {
    definition
        .services
        .iter()
        .filter(|service| !service.slos.is_empty())
        .map(of_service)
        .collect()
}

/// The file of one service.
fn of_service(service: &Service) -> File {
    let about = Yaml::map([("description", (&service.description).into())]);
    let mut documents = vec![object("Service", &[&service.name], about)];
    for slo in &service.slos {
        documents.push(slo_object(service, slo));
        documents.extend(policies(service, slo));
    }
    let documents: Vec<_> = documents
        .iter()
        .map(|document| format!("---\n{}", yaml::body(document)))
        .collect();
    let about = format!("The service level objectives of {} as OpenSLO v1.", service.name);
    let path = format!("openslo/{}.yaml", slug(&service.name));
    File::new(path, header("#", &about) + &documents.concat())
}

/// An object: its kind, its name, and its specification.
fn object(kind: &str, name: &[&str], spec: Yaml) -> Yaml {
    Yaml::map([
        ("apiVersion", "openslo/v1".into()),
        ("kind", kind.into()),
        (
            "metadata",
            Yaml::map([
                ("name", object_name(name).into()),
                ("displayName", name.join(" ").into()),
            ]),
        ),
        ("spec", spec),
    ])
}

/// The longest name of an object, in bytes: that of a DNS label (RFC 1123).
const LONGEST: usize = 63;
/// Stands between the parts of a name.
const SEPARATOR: &str = "--";

/// The name of an object, from its parts: a DNS label, never empty. Different lists of
/// parts have different names: a hash is added where joined parts would be ambiguous or too
/// long.
fn object_name(parts: &[&str]) -> String {
    let whole = parts.join(SEPARATOR);
    let name = slug(&whole);
    let name = name.trim_matches('-');
    let is_plain = name == whole && !name.is_empty() && parts.iter().all(|part| !part.contains(SEPARATOR));
    if is_plain && name.len() <= LONGEST {
        return name.to_owned();
    }
    with_hash(
        if name.is_empty() { "unnamed" } else { name },
        &parts.join("\0"),
        LONGEST,
    )
}

/// The `SLO` object of an objective.
fn slo_object(service: &Service, slo: &Slo) -> Yaml {
    let policies = slo
        .burn_rates()
        .into_iter()
        .map(|burn| object_name(&policy_name(service, slo, &burn.long.to_string())));
    let window = Yaml::map([
        ("duration", slo.window().to_string().into()),
        ("isRolling", true.into()),
    ]);
    let objective = Yaml::map([
        ("displayName", slo.name().into()),
        ("target", Yaml::Number(slo.objective())),
    ]);
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

/// The indicator: counters of all requests, and of the good or the bad ones.
fn indicator(service: &Service, slo: &Slo) -> Yaml {
    let (naming, scope) = (service.naming(), slo.requests());
    let (total, kind, part) = match slo.sli() {
        Sli::Latency { threshold } => {
            let within = Tally::new(vec![naming.duration_within(scope, threshold)]);
            (naming.answered(scope), "good", within)
        }
        _ => (naming.counted(scope), "bad", naming.errors(scope)),
    };
    let ratio = Yaml::map([
        ("counter", true.into()),
        (kind, source(&part)),
        ("total", source(&total)),
    ]);
    let metadata = Yaml::map([("name", object_name(&[&service.name, slo.name()]).into())]);
    Yaml::map([("metadata", metadata), ("spec", Yaml::map([("ratioMetric", ratio)]))])
}

/// The PromQL of a counter, over all its series.
fn source(tally: &Tally) -> Yaml {
    let all = tally.selectors().iter().map(Expr::instant).reduce(Expr::or);
    let query = all.map(|all| all.sum().to_string()).unwrap_or_default();
    let spec = Yaml::map([("query", query.into())]);
    Yaml::map([(
        "metricSource",
        Yaml::map([("type", "Prometheus".into()), ("spec", spec)]),
    )])
}

/// An `AlertPolicy` for each burn rate of an objective.
fn policies(service: &Service, slo: &Slo) -> Vec<Yaml> {
    slo.burn_rates().iter().map(|burn| policy(service, slo, burn)).collect()
}

/// The parts of a policy's name; `window` is the long one.
fn policy_name<'a>(service: &'a Service, slo: &'a Slo, window: &'a str) -> [&'a str; 4] {
    [&service.name, slo.name(), "burn", window]
}

/// The `AlertPolicy` of one burn rate.
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
    let condition = object(
        "AlertCondition",
        &name,
        Yaml::map([("severity", severity.into()), ("condition", condition)]),
    );
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

/// Alertmanager, under the name of the team; under that of the service if it has no team.
fn notification_target(service: &Service) -> Yaml {
    let team = if service.team.is_empty() {
        ["service", &service.name]
    } else {
        ["team", &service.team]
    };
    object(
        "AlertNotificationTarget",
        &team,
        Yaml::map([("target", "alertmanager".into())]),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_are_short_enough_stay_readable() {
        assert_eq!(
            object_name(&["payment-service", "available"]),
            "payment-service--available"
        );
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
