//! Alert policies: one for each burn rate.

use obs_rules::{BurnRate, Severity, Slo, definition::Service, promql::Window};

use super::files::object;
use crate::yaml::Yaml;

pub(super) fn of_slo(service: &Service, slo: &Slo) -> Vec<Yaml> {
    slo.burn_rates().iter().map(|burn| policy(service, slo, burn)).collect()
}

/// The names that a policy's own is made of; `window` is the long one.
pub(super) fn name<'a>(service: &'a Service, slo: &'a Slo, window: &'a str) -> [&'a str; 4] {
    [&service.name, slo.name(), "burn", window]
}

fn policy(service: &Service, slo: &Slo, burn: &BurnRate) -> Yaml {
    let window = burn.long.to_string();
    let name = name(service, slo, &window);
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
            ("notificationTargets", Yaml::list([target(service)])),
        ]),
    )
}

/// Whoever Alertmanager routes it to. A service of no team has a target of its own.
fn target(service: &Service) -> Yaml {
    let team = if service.team.is_empty() { ["service", &service.name] } else { ["team", &service.team] };
    object("AlertNotificationTarget", &team, Yaml::map([("target", "alertmanager".into())]))
}
