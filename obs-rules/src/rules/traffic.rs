//! Standard rules on requests: rate, errors, duration.

use std::time::Duration;

use super::Subject;
use crate::{AlertRule, Comparison, Condition, Scope, Severity, promql::Window};

const WINDOW: Window = Window::minutes(5);
/// Below this, one failure among the requests of a window would be an alert.
const SOME: f64 = 10.0;

pub(super) fn high_error_rate(name: &str, subject: &Subject<'_>) -> AlertRule {
    let summary = format!("{} error rate is high", subject.title());
    AlertRule::new(name, Condition::error_ratio(WINDOW, 0.05), Severity::Critical, summary)
        .description("{{ $value | humanizePercentage }} error rate")
        .hold_for(minutes(2))
        .min_requests(SOME)
}

pub(super) fn high_latency(name: &str, subject: &Subject<'_>) -> AlertRule {
    let summary = format!("{} latency is high", subject.title());
    let condition = Condition::latency(0.99, WINDOW, Duration::from_secs(1));
    AlertRule::new(name, condition, Severity::Warning, summary)
        .description("P99 latency is {{ $value | humanizeDuration }}")
        .hold_for(minutes(5))
        .min_requests(SOME)
}

pub(super) fn traffic_drop(name: &str, subject: &Subject<'_>) -> AlertRule {
    let condition = Condition::RateChange {
        scope: Scope::service(),
        window: Window::minutes(10),
        offset: Window::minutes(60),
        comparison: Comparison::Below(0.3),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} gets far fewer requests", subject.title()),
    )
    .description("{{ $value | humanizePercentage }} of the requests of an hour before")
    .hold_for(minutes(10))
    .min_requests(100.0)
}

pub(super) fn handler_panics(name: &str, subject: &Subject<'_>) -> AlertRule {
    let selector = subject.naming.panics(&Scope::service());
    let condition = Condition::Increase {
        selector,
        window: WINDOW,
        comparison: Comparison::Above(0.0),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} panics", subject.title()),
    )
    .description("{{ $value | humanize }} panics in 5 minutes")
    .hold_for(minutes(1))
    .cause("a panic is a bug, however few users meet it")
}

pub(super) fn high_client_error_rate(name: &str, subject: &Subject<'_>) -> AlertRule {
    let condition = Condition::Ratio {
        numerator: subject.naming.client_errors(),
        denominator: subject.naming.client_calls(),
        window: WINDOW,
        comparison: Comparison::Above(0.1),
    };
    AlertRule::new(
        name,
        condition,
        Severity::Warning,
        format!("{} can't reach other services", subject.title()),
    )
    .description("{{ $value | humanizePercentage }} of the calls of other services fail")
    .hold_for(minutes(5))
    .min_requests(SOME)
    .cause("it tells that the fault is in another service before anybody searches in this one")
}

pub(super) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}
