//! Alert policies: one for each burn rate.

use obs_alert::{BurnRate, Severity, Slo, definition::Service, promql::Window};

use super::files::object;
use crate::yaml::Yaml;

pub(super) fn of_slo(service: &Service, slo: &Slo) -> Vec<Yaml> {
    slo.burn_rates().iter().map(|burn| policy(service, slo, burn)).collect()
}

pub(super) fn name(service: &Service, slo: &Slo, burn: &BurnRate) -> String {
    format!("{}-{}-burn-{}", service.name, slo.name(), burn.long)
}

fn policy(service: &Service, slo: &Slo, burn: &BurnRate) -> Yaml {
    let name = name(service, slo, burn);
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

/// Whoever Alertmanager routes it to.
fn target(service: &Service) -> Yaml {
    object("AlertNotificationTarget", &service.team, Yaml::map([("target", "alertmanager".into())]))
}
