//! Standard rules on whether a service can be seen at all: absence, and the health of its telemetry.

use obs_conventions::names::{MetricDef, metric};

use super::{Subject, traffic::minutes};
use crate::{
    AlertRule, Comparison, Condition, Severity,
    promql::{Selector, Window},
};

pub(super) fn service_down(name: &str, subject: &Subject<'_>) -> AlertRule {
    // On every page of a service that uses obs: it is absent if no instance could be scraped.
    let condition = Condition::Absence {
        selector: Selector::new(metric::BUILD_INFO.base()),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Critical,
        format!("{} is down", subject.title()),
    )
    .description("No instance could be scraped")
    .hold_for(minutes(2))
}

pub(super) fn instance_down(name: &str, subject: &Subject<'_>) -> AlertRule {
    let condition = Condition::Gauge {
        selector: Selector::new("up"),
        denominator: None,
        comparison: Comparison::Below(1.0),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} has lost an instance", subject.title()),
    )
    .description("{{ $labels.instance }} could not be scraped")
    .hold_for(minutes(5))
    .cause("the others carry its load, and nobody sees what it does")
}

pub(super) fn log_lines_dropped(name: &str, subject: &Subject<'_>) -> AlertRule {
    lost(name, subject, &metric::LOG_LINES_DROPPED, "log lines")
}

pub(super) fn log_records_dropped(name: &str, subject: &Subject<'_>) -> AlertRule {
    lost(name, subject, &metric::LOG_RECORDS_DROPPED, "log records")
}

pub(super) fn spans_dropped(name: &str, subject: &Subject<'_>) -> AlertRule {
    lost(name, subject, &metric::SPANS_DROPPED, "spans")
}

pub(super) fn series_overflow(name: &str, subject: &Subject<'_>) -> AlertRule {
    let summary = format!("{} has a metric with too many series", subject.title());
    grown(name, &metric::SERIES_OVERFLOW, summary)
        .description("{{ $value | humanize }} new series went to an overflow series in 10 minutes")
        .cause("dashboards and alerts no longer tell apart what is in the overflow series")
}

fn lost(name: &str, subject: &Subject<'_>, what: &MetricDef, noun: &str) -> AlertRule {
    grown(name, what, format!("{} loses {noun}", subject.title()))
        .description(format!("{{{{ $value | humanize }}}} {noun} were lost in 10 minutes"))
        .cause("what is lost will be missed when the next failure is searched for")
}

fn grown(name: &str, what: &MetricDef, summary: String) -> AlertRule {
    let condition = Condition::Increase {
        selector: Selector::new(what.base()),
        window: Window::minutes(10),
        comparison: Comparison::Above(0.0),
    };
    AlertRule::new(name, condition, Severity::Warning, summary).hold_for(minutes(5))
}
