use std::time::Duration;

use super::{AlertRule, Defect, NoData};
use crate::{
    Comparison, Condition, Naming, Severity,
    promql::{Selector, Window},
};

const RATIO: &str = "(sum(rate(http_requests_total{outcome=~\"server_error|panic|body_error\"}[5m])) or vector(0)) \
                     / (sum(rate(http_requests_total{outcome!~\"cancelled|aborted\"}[5m])) > 0)";

fn rule() -> AlertRule {
    AlertRule::new(
        "Errors",
        Condition::error_ratio(Window::minutes(5), 0.05),
        Severity::Critical,
        "Errors",
    )
}

fn rendered(rule: &AlertRule) -> String {
    rule.promql(&Naming::default()).unwrap().to_string()
}

#[test]
fn too_few_requests_are_no_alert() {
    let few = "sum(increase(http_requests_total{outcome!~\"cancelled|aborted\"}[5m])) >= 10";
    assert_eq!(
        rendered(&rule().min_requests(10.0)),
        format!("{RATIO} > 0.05 and {few}")
    );
}

#[test]
fn a_firing_alert_must_come_back_past_its_clear_threshold() {
    let rule = rule()
        .clear_threshold(0.02)
        .label("team", "shop")
        .label("value", "{{ $value }}");
    let firing = "ALERTS{alertname=\"Errors\",alertstate=\"firing\",team=\"shop\",severity=\"critical\"}";
    assert_eq!(
        rendered(&rule),
        format!(
            "{RATIO} > 0.05 or {RATIO} > 0.02 \
             and ignoring (alertname, alertstate, severity, team, value) {firing}"
        )
    );
}

#[test]
fn no_data_can_be_an_alert_or_change_nothing() {
    assert_eq!(
        rendered(&rule().no_data(NoData::Alert)),
        format!("{RATIO} > 0.05 or absent({RATIO})")
    );
    let firing = "ALERTS{alertname=\"Errors\",alertstate=\"firing\",severity=\"critical\"}";
    assert_eq!(
        rendered(&rule().no_data(NoData::Keep)),
        format!("{RATIO} > 0.05 or max without (alertname, alertstate, severity) ({firing}) unless {RATIO}")
    );
}

#[test]
fn a_bare_rule_lacks_what_makes_an_alert_good() {
    let gauge = Condition::Gauge {
        selector: Selector::new("jobs"),
        denominator: None,
        comparison: Comparison::Above(5.0),
    };
    let bare = AlertRule::new("Jobs", gauge, Severity::Info, " ");
    assert_eq!(
        bare.quality(),
        [
            Defect::NoSummary,
            Defect::NoDescription,
            Defect::NoOwner,
            Defect::NoRunbook,
            Defect::NoFor,
            Defect::CauseWithoutReason
        ]
    );
    let good = bare
        .description("{{ $value }} jobs wait")
        .team("shop")
        .runbook_url("https://runbooks.example.com/jobs")
        .hold_for(Duration::from_secs(60))
        .cause("nobody sees it before the night's report is late");
    assert_eq!(good.quality(), [Defect::NoSummary]);
}

#[test]
fn what_can_not_be_used_is_refused_by_name() {
    let absence = Condition::Absence {
        selector: Selector::new("up"),
    };
    let refused = [
        (
            AlertRule {
                name: "no name".to_owned(),
                ..rule()
            },
            "letters, digits",
        ),
        (rule().label("severity", "page"), "\"severity\""),
        (rule().label("a-b", "c"), "\"a-b\""),
        (rule().annotation("a-b", "c"), "\"a-b\""),
        (rule().min_requests(f64::NAN), "min_requests NaN"),
        (rule().clear_threshold(0.06), "at most 0.05"),
        (rule().clear_threshold(f64::NAN), "at most 0.05"),
        (
            AlertRule {
                condition: absence.clone(),
                ..rule()
            }
            .min_requests(1.0),
            "not about requests",
        ),
        (
            AlertRule {
                condition: absence,
                ..rule()
            }
            .clear_threshold(1.0),
            "nothing is compared",
        ),
        (
            AlertRule {
                condition: Condition::error_ratio(Window::minutes(1), 7.0),
                ..rule()
            },
            "7",
        ),
    ];
    for (rule, fix) in refused {
        let error = rule.check().unwrap_err();
        assert_eq!(error.rule(), rule.name());
        assert!(error.message().contains(fix), "{error}");
    }
    assert!(
        rule()
            .clear_threshold(0.02)
            .min_requests(10.0)
            .label("slo", "x")
            .check()
            .is_ok()
    );
}
