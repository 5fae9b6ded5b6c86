//! Three rules for any service.

use std::time::Duration;

use crate::{AlertRule, Condition, Severity, promql::Window};

/// Three rules for any service: `high_error_rate` (above 5 %, critical), `high_latency` (99th percentile
/// above 2 s, warning) and `low_availability` (below 99 %, critical), each over the last 5 minutes.
///
/// ```
/// let names: Vec<_> = obs_rules::rules::essential().iter().map(|rule| rule.name().to_owned()).collect();
/// assert_eq!(names, ["high_error_rate", "high_latency", "low_availability"]);
/// ```
#[must_use]
pub fn essential() -> Vec<AlertRule> {
    const WINDOW: Window = Window::minutes(5);
    vec![
        AlertRule::new(
            "high_error_rate",
            Condition::error_ratio(WINDOW, 0.05),
            Severity::Critical,
            "Error rate exceeds 5%",
        )
        .description("{{ $value | humanizePercentage }} error rate"),
        AlertRule::new(
            "high_latency",
            Condition::latency(0.99, WINDOW, Duration::from_secs(2)),
            Severity::Warning,
            "P99 latency exceeds 2 seconds",
        )
        .description("P99 latency is {{ $value | humanizeDuration }}"),
        AlertRule::new(
            "low_availability",
            Condition::availability(WINDOW, 0.99),
            Severity::Critical,
            "Availability below 99%",
        )
        .description("{{ $value | humanizePercentage }} of the requests did not fail"),
    ]
}
