//! The file that `promtool test rules` reads.

use std::time::Duration;

use obs_alert::{
    AlertRule,
    definition::Service,
    promql::{Expr, Selector, Window},
};

use super::scenario::{Kind, Scenario, minutes};
use crate::{
    File,
    prometheus::{alerts, files},
    text::slug,
    yaml::{self, Yaml},
};

/// Between two samples and between two evaluations.
pub(super) const STEP: Duration = Duration::from_secs(60);

/// The tests of a service's alerts, if it has alerts that Prometheus can evaluate.
pub(crate) fn file(service: &Service) -> Option<File> {
    let tests: Vec<_> = service
        .alerts
        .iter()
        .filter(|alert| alert.promql(&service.naming()).is_some())
        .flat_map(|alert| [Kind::Fires, Kind::StaysSilent].map(|kind| test(service, alert, kind)))
        .flatten()
        .collect();
    if tests.is_empty() {
        return None;
    }
    let about = format!("Tests of the alerts of {}: promtool test rules FILE.", service.name);
    let rules = files::rule_path(service, "alerts").replacen("prometheus/", "../", 1);
    let document = Yaml::map([
        ("rule_files", Yaml::list([rules])),
        ("evaluation_interval", "1m".into()),
        ("tests", Yaml::List(tests)),
    ]);
    let path = format!("prometheus/tests/{}.yml", slug(&service.name));
    Some(File::new(path, yaml::document(&about, &document)))
}

fn test(service: &Service, alert: &AlertRule, kind: Kind) -> Option<Yaml> {
    let Scenario { series, settled } = Scenario::of(service, alert.condition(), kind)?;
    let (hold_for, ..) = alert.times();
    // A step for each of the first sample, the first rate and the evaluation that sees it, and some.
    let end = settled + hold_for + 5 * STEP;
    let at = Window::new(end).ok()?.to_string();
    let last = minutes(end) + 1;
    let inputs = series.iter().map(|(series, values)| {
        Yaml::map([("series", series.to_string().into()), ("values", values.clone().until(last).to_string().into())])
    });
    let test = Yaml::map([
        ("name", format!("{} {kind}", alert.name()).into()),
        ("interval", "1m".into()),
        ("input_series", Yaml::list(inputs)),
    ]);
    Some(match kind {
        Kind::Fires => test.with("promql_expr_test", Yaml::list([is_firing(service, alert, &at)])),
        Kind::StaysSilent => {
            let silent =
                [("eval_time", at.into()), ("alertname", alert.name().into()), ("exp_alerts", Yaml::List(Vec::new()))];
            test.with("alert_rule_test", Yaml::list([Yaml::map(silent)]))
        }
    })
}

/// Asks the series that Prometheus keeps of its alerts: what a template makes of the value is none of
/// this test's business.
fn is_firing(service: &Service, alert: &AlertRule, at: &str) -> Yaml {
    let alerts = Selector::new("ALERTS").with("alertname", alert.name()).with("alertstate", "firing");
    let labels = alerts::labels(service, alert);
    let alerts = labels.iter().fold(alerts, |alerts, (key, value)| alerts.with(key, value));
    let one = Yaml::map([("labels", "{}".into()), ("value", 1.into())]);
    Yaml::map([
        ("expr", Expr::instant(&alerts).call("count").to_string().into()),
        ("eval_time", at.into()),
        ("exp_samples", Yaml::list([one])),
    ])
}
