//! Thresholds of panels, from the SLOs and alerts of a service: where values turn yellow
//! and red.

use std::time::Duration;

use obs_rules::{AlertRule, Comparison, Naming, Scope, Severity, Sli, Slo, definition::Service, promql::Selector};

use super::model::Thresholds;

/// Yellow and red error ratio of a service without SLO and alert.
const ERROR_RATIO: (f64, f64) = (0.01, 0.05);
/// Yellow and red latency in seconds of a service without SLO and alert: half the default
/// of `HighLatency`, and its default.
const LATENCY: (f64, f64) = (0.5, 1.0);
/// Burn rates: 1 spends more than the budget, 14.4 pages.
const BURN_RATE: (f64, f64) = (1.0, 14.4);

/// Thresholds of an error ratio: yellow above the error budget, red where a critical alert
/// fires; 1 % and 5 % without SLO and alert.
pub(super) fn error_ratio(service: &Service) -> Thresholds {
    let promised = of_service(service)
        .filter(|slo| slo.sli() == Sli::Availability)
        .map(Slo::budget);
    let alerts = service
        .alerts
        .iter()
        .filter(|alert| alert.severity() == Severity::Critical);
    let naming = service.naming_in_process();
    let errors = naming.errors(&Scope::service());
    let alerting = alerts
        .filter(|alert| reads(alert, &naming, errors.selectors()))
        .filter_map(|alert| match alert.condition().comparison()? {
            Comparison::Above(ratio) => Some(ratio),
            Comparison::Below(availability) => Some(1.0 - availability),
        });
    ordered(least(promised), least(alerting), ERROR_RATIO)
}

/// Thresholds of a latency in seconds: yellow above the SLO, red where an alert fires; 0.5
/// s and 1 s without SLO and alert.
pub(super) fn latency(service: &Service) -> Thresholds {
    let promised = of_service(service).filter_map(|slo| match slo.sli() {
        Sli::Latency { threshold } => Some(threshold.as_secs_f64()),
        _ => None,
    });
    let naming = service.naming_in_process();
    let buckets = naming.duration_buckets(&Scope::service());
    let alerting = service
        .alerts
        .iter()
        .filter(|alert| reads(alert, &naming, std::slice::from_ref(&buckets)))
        .filter_map(|alert| Some(alert.condition().comparison()?.threshold()));
    ordered(least(promised), least(alerting), LATENCY)
}

/// The duration from which on a trace is slow: the strictest latency SLO, or one second.
pub(super) fn slow(service: &Service) -> Duration {
    let thresholds = service.slos.iter().filter_map(|slo| match slo.sli() {
        Sli::Latency { threshold } => Some(threshold),
        _ => None,
    });
    thresholds.min().unwrap_or(Duration::from_secs(1))
}

/// Thresholds of a burn rate.
pub(super) fn burn_rate() -> Thresholds {
    Thresholds::rising(BURN_RATE.0, BURN_RATE.1)
}

/// Thresholds of the part of an error budget that remains: red below 0, yellow below 25 %.
pub(super) fn budget_left() -> Thresholds {
    Thresholds::falling(0.0, 0.25)
}

/// Whether the condition of an alert reads exactly these series, and is no burn rate: that compares with a multiple of
/// the budget.
fn reads(alert: &AlertRule, naming: &Naming, selectors: &[Selector]) -> bool {
    let condition = alert.condition();
    condition.burn_rate().is_none()
        && condition
            .query(naming)
            .is_some_and(|query| query.inputs().iter().any(|input| input.selectors() == selectors))
}

/// The SLOs of the whole service, without those of single endpoints.
fn of_service(service: &Service) -> impl Iterator<Item = &Slo> {
    service
        .slos
        .iter()
        .map(AsRef::as_ref)
        .filter(|slo| slo.requests().is_service())
}

/// The lowest value.
fn least(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.min_by(f64::total_cmp)
}

/// Thresholds with yellow below red; a missing one is derived from the other.
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

/// The value without errors of binary fractions: 1 − 0.999 is 0.001.
fn rounded(value: f64) -> f64 {
    const PLACES: f64 = 1e9;
    (value * PLACES).round() / PLACES
}
