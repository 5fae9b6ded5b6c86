//! Objectives.

use obs_rules::{Sli, Slo, Tally, definition::Service, promql::Expr};

use super::{
    files::{object, object_name},
    policy,
};
use crate::yaml::Yaml;

pub(super) fn slo(service: &Service, slo: &Slo) -> Yaml {
    let policies =
        slo.burn_rates().into_iter().map(|burn| object_name(&policy::name(service, slo, &burn.long.to_string())));
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
