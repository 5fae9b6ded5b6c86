//! Where values turn yellow and red: what was promised, and what somebody is called for.

use std::time::Duration;

use obs_rules::{Condition, Severity, Sli, Slo, definition::Service};

use super::model::Thresholds;

/// The guide's, for a service that promises nothing.
const ERROR_RATIO: (f64, f64) = (0.01, 0.05);
/// Half of the guide's `HighLatency`, and it.
const LATENCY: (f64, f64) = (0.5, 1.0);
/// The first burn rate that spends more than is earned, and the one that pages.
const BURN_RATE: (f64, f64) = (1.0, 14.4);

/// Of the share of requests that fail: yellow from where the error budget shrinks, red from where somebody
/// is called. Without such a promise or alert the guide's 1 % and 5 %.
pub(super) fn error_ratio(service: &Service) -> Thresholds {
    let promised = of_service(service).filter(|slo| slo.sli() == Sli::Availability).map(Slo::budget);
    let alerts = service.alerts.iter().filter(|alert| alert.severity() == Severity::Critical);
    let called = alerts.filter_map(|alert| match alert.condition() {
        Condition::ErrorRatio { scope, above, .. } if scope.is_service() => Some(*above),
        Condition::Availability { scope, below, .. } if scope.is_service() => Some(1.0 - below),
        _ => None,
    });
    ordered(least(promised), least(called), ERROR_RATIO)
}

/// Of a quantile of the duration, in seconds: yellow from the promised threshold, red from where somebody is
/// told. Without such a promise or alert half a second and the guide's second.
pub(super) fn latency(service: &Service) -> Thresholds {
    let promised = of_service(service).filter_map(|slo| match slo.sli() {
        Sli::Latency { threshold } => Some(threshold.as_secs_f64()),
        _ => None,
    });
    let told = service.alerts.iter().filter_map(|alert| match alert.condition() {
        Condition::Latency { scope, above, .. } if scope.is_service() => Some(above.as_secs_f64()),
        _ => None,
    });
    ordered(least(promised), least(told), LATENCY)
}

/// The threshold above which a trace is a slow one: the least that was promised, else the guide's second.
pub(super) fn slow(service: &Service) -> Duration {
    let thresholds = service.slos.iter().filter_map(|slo| match slo.sli() {
        Sli::Latency { threshold } => Some(threshold),
        _ => None,
    });
    thresholds.min().unwrap_or(Duration::from_secs(1))
}

/// Of the speed at which an error budget is spent.
pub(super) fn burn_rate() -> Thresholds {
    Thresholds::rising(BURN_RATE.0, BURN_RATE.1)
}

/// Of the share of an error budget that is left.
pub(super) fn budget_left() -> Thresholds {
    Thresholds::falling(0.0, 0.25)
}

fn of_service(service: &Service) -> impl Iterator<Item = &Slo> {
    service.slos.iter().map(AsRef::as_ref).filter(|slo| slo.requests().is_service())
}

fn least(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.min_by(f64::total_cmp)
}

/// Yellow comes before red, whatever was promised.
fn ordered(yellow: Option<f64>, red: Option<f64>, (else_yellow, else_red): (f64, f64)) -> Thresholds {
    let ratio = else_red / else_yellow;
    let (yellow, red) = match (yellow, red) {
        (Some(yellow), Some(red)) if yellow < red => (yellow, red),
        (Some(yellow), None) => (yellow, yellow * ratio),
        (_, Some(red)) => (red / ratio, red),
        (None, None) => (else_yellow, else_red),
    };
    Thresholds::rising(rounded(yellow), rounded(red))
}

/// Without the noise of binary fractions: 1 − 0.999 is 0.001.
fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e9;
    (value * PLACES).round() / PLACES
}
