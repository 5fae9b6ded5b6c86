//! Test files of promtool.

use std::{collections::BTreeMap, time::Duration};

use obs_rules::{
    AlertRule, Sli,
    definition::Service,
    promql::{Expr, Selector, Window},
};

use super::{
    samples::Samples,
    scenario::{Kind, Scenario, minutes},
};
use crate::{
    File,
    prometheus::{config::rule_path, rules, slos},
    text::slug,
    yaml::{self, Yaml},
};

/// The interval between two samples.
pub(super) const STEP: Duration = Duration::from_secs(60);
/// The interval between evaluations of SLO rules, whose windows are hours.
const SELDOM: Duration = Duration::from_secs(300);
/// Evaluations until an alert has seen its series: the first sample, the first rate, the
/// rule, and a margin.
const SETTLING: u32 = 5;

/// Alerts that are tested with the same series.
struct Test<'a> {
    name: String,
    kind: Kind,
    series: BTreeMap<String, Samples>,
    /// When each of them has been decided.
    alerts: Vec<(&'a AlertRule, Duration)>,
}

/// The test files of a service: one for alerts on SLOs, which read recorded series, one for
/// all others. A service without alerts that Prometheus can evaluate has none. Each file
/// names only the rules that it needs, as promtool evaluates all of them for each test.
pub(crate) fn files(service: &Service) -> Vec<File> {
    let has_rule = |alert: &&AlertRule| alert.promql(&service.naming()).is_some();
    let (of_slos, others): (Vec<_>, Vec<_>) = service
        .alerts
        .iter()
        .filter(has_rule)
        .partition(|alert| alert.condition().burn_rate().is_some());
    let path = |kind: &str| format!("prometheus/tests/{}{kind}.yml", slug(&service.name));
    [
        file(service, path(""), &["alerts"], STEP, &each(service, &others)),
        file(
            service,
            path(".slos"),
            &["slos", "alerts"],
            SELDOM,
            &together(service, &of_slos),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A test file; `None` without tests.
fn file(service: &Service, path: String, rules: &[&str], step: Duration, tests: &[Test<'_>]) -> Option<File> {
    if tests.is_empty() {
        return None;
    }
    let about = format!("Tests of the alerts of {}: promtool test rules FILE.", service.name);
    let rules = rules
        .iter()
        .map(|kind| rule_path(service, kind).replacen("prometheus/", "../", 1));
    let document = Yaml::map([
        ("rule_files", Yaml::list(rules)),
        ("evaluation_interval", Window::new(step).ok()?.to_string().into()),
        ("group_eval_order", Yaml::list(groups(service))),
        ("tests", Yaml::list(tests.iter().filter_map(|test| test.yaml(service)))),
    ]);
    Some(File::new(path, yaml::document(&about, &document)))
}

/// The groups in order of evaluation: alerts read what was recorded just before.
fn groups(service: &Service) -> Vec<String> {
    let recorded = slos::groups(service).into_iter().map(|group| group.name);
    recorded
        .chain(["alerts", "alerts.slow"].map(|kind| format!("{}.{kind}", service.name)))
        .collect()
}

/// A test for each alert and each expected result.
fn each<'a>(service: &Service, alerts: &[&'a AlertRule]) -> Vec<Test<'a>> {
    let both = alerts
        .iter()
        .flat_map(|alert| [Kind::Fires, Kind::StaysSilent].map(|kind| (*alert, kind)));
    both.filter_map(|(alert, kind)| Test::of(service, alert, kind, (alert.name(), STEP)))
        .collect()
}

/// As few tests as possible: the alerts of all SLOs of one kind fire, or stay silent, at
/// the same time.
fn together<'a>(service: &Service, alerts: &[&'a AlertRule]) -> Vec<Test<'a>> {
    let mut tests: Vec<Test<'a>> = Vec::new();
    for kind in [Kind::Fires, Kind::StaysSilent] {
        for alert in alerts {
            let name = match alert.condition().burn_rate() {
                Some((slo, _)) if slo.sli() != Sli::Availability => "objectives of latency",
                _ => "objectives of availability",
            };
            let Some(test) = Test::of(service, alert, kind, (name, SELDOM)) else {
                continue;
            };
            match tests.iter_mut().find(|other| other.goes_with(&test)) {
                Some(other) => {
                    other.series.extend(test.series);
                    other.alerts.extend(test.alerts);
                }
                None => tests.push(test),
            }
        }
    }
    tests
}

// === impl Test ===

impl<'a> Test<'a> {
    /// The test of one alert; `None` if its condition has no scenario.
    fn of(service: &Service, alert: &'a AlertRule, kind: Kind, (name, step): (&str, Duration)) -> Option<Self> {
        let Scenario { series, settled } = Scenario::of(service, alert.condition(), kind)?;
        let (hold_for, ..) = alert.times();
        let end = settled + hold_for + SETTLING * step;
        let series = series
            .into_iter()
            .map(|(series, samples)| (series.to_string(), samples))
            .collect();
        Some(Self {
            name: name.to_owned(),
            kind,
            series,
            alerts: vec![(alert, end)],
        })
    }

    /// Whether both tests can share a file of series: no series needs two values.
    fn goes_with(&self, other: &Self) -> bool {
        let agrees = |(name, samples): (&String, &Samples)| self.series.get(name).is_none_or(|ours| ours == samples);
        self.name == other.name && self.kind == other.kind && other.series.iter().all(agrees)
    }

    /// The test as promtool reads it.
    fn yaml(&self, service: &Service) -> Option<Yaml> {
        let last = self.alerts.iter().map(|(_, end)| *end).max().map_or(0, minutes) + 1;
        let inputs = self.series.iter().map(|(series, values)| {
            Yaml::map([
                ("series", series.into()),
                ("values", values.clone().until(last).to_string().into()),
            ])
        });
        let test = Yaml::map([
            ("name", format!("{} {}", self.name, self.kind).into()),
            ("interval", "1m".into()),
            ("input_series", Yaml::list(inputs)),
        ]);
        let at = |end: &Duration| Window::new(*end).ok().map(|end| end.to_string());
        let cases: Option<Vec<Yaml>> = self
            .alerts
            .iter()
            .map(|(alert, end)| Some(self.case(service, alert, &at(end)?)))
            .collect();
        let key = match self.kind {
            Kind::Fires => "promql_expr_test",
            Kind::StaysSilent => "alert_rule_test",
        };
        Some(test.with(key, Yaml::list(cases?)))
    }

    /// The expectation of an alert at a time.
    fn case(&self, service: &Service, alert: &AlertRule, at: &str) -> Yaml {
        match self.kind {
            Kind::Fires => is_firing(service, alert, at),
            Kind::StaysSilent => Yaml::map([
                ("eval_time", at.into()),
                ("alertname", alert.name().into()),
                ("exp_alerts", Yaml::List(Vec::new())),
            ]),
        }
    }
}

/// The expectation that an alert fires, by the series `ALERTS`, which does not depend on
/// rendered annotations.
fn is_firing(service: &Service, alert: &AlertRule, at: &str) -> Yaml {
    let alerts = Selector::new("ALERTS")
        .with("alertname", alert.name())
        .with("alertstate", "firing");
    let labels = rules::alert_labels(service, alert);
    let alerts = labels
        .iter()
        .fold(alerts, |alerts, (key, value)| alerts.with(key, value));
    let one = Yaml::map([("labels", "{}".into()), ("value", 1.into())]);
    Yaml::map([
        ("expr", Expr::instant(&alerts).call("count").to_string().into()),
        ("eval_time", at.into()),
        ("exp_samples", Yaml::list([one])),
    ])
}
