//! Units of thresholds.

use super::Condition;

/// The unit of the value that a condition compares, and of its threshold.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Condition, Unit, promql::Window};
///
/// let slow = Condition::latency(0.99, Window::minutes(5), Duration::from_millis(800));
/// assert_eq!(slow.unit(), Some(Unit::Seconds));
/// assert_eq!(slow.comparison().map(|comparison| comparison.threshold()), Some(0.8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// A share of a whole, 0 to 1. `obs.yaml` has it in percent.
    Share,
    /// The ratio of two numbers, which can be above 1. `obs.yaml` has it as a number or in percent.
    Ratio,
    /// Seconds. `obs.yaml` has a duration with its unit.
    Seconds,
    /// Whatever the metric counts: connections, bytes, jobs.
    Number,
}

// === impl Condition ===

impl Condition {
    /// The unit of its value and threshold; `None` if it compares nothing.
    #[must_use]
    pub const fn unit(&self) -> Option<Unit> {
        match self {
            Self::ErrorRatio { .. } | Self::Availability { .. } | Self::BurnRate { .. } => Some(Unit::Share),
            Self::Latency { .. } => Some(Unit::Seconds),
            Self::RateChange { .. }
            | Self::Ratio { .. }
            | Self::Gauge {
                denominator: Some(_), ..
            } => Some(Unit::Ratio),
            Self::Gauge { denominator: None, .. } | Self::Increase { .. } => Some(Unit::Number),
            Self::Absence { .. } | Self::Custom(_) => None,
        }
    }
}
