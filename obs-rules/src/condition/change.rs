//! Conditions with another threshold or window.

use std::time::Duration;

use super::Condition;
use crate::promql::Window;

// === impl Condition ===

impl Condition {
    /// The same condition with another threshold, a latency's in seconds; unchanged if it compares nothing that can
    /// be set.
    pub(crate) fn with_threshold(mut self, threshold: f64) -> Self {
        match &mut self {
            Self::ErrorRatio { above: share, .. } | Self::Availability { below: share, .. } => *share = threshold,
            Self::Latency { above, .. } => {
                let limit = if threshold > 0.0 { Duration::MAX } else { Duration::ZERO };
                *above = Duration::try_from_secs_f64(threshold).unwrap_or(limit);
            }
            Self::RateChange { comparison, .. }
            | Self::Ratio { comparison, .. }
            | Self::Gauge { comparison, .. }
            | Self::Increase { comparison, .. } => *comparison = comparison.with_threshold(threshold),
            Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => {}
        }
        self
    }

    /// The same condition over another window; `None` if it has none.
    pub(crate) fn with_window(mut self, other: Window) -> Option<Self> {
        match &mut self {
            Self::ErrorRatio { window, .. }
            | Self::Availability { window, .. }
            | Self::Latency { window, .. }
            | Self::RateChange { window, .. }
            | Self::Ratio { window, .. }
            | Self::Increase { window, .. } => *window = other,
            Self::Gauge { .. } | Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => return None,
        }
        Some(self)
    }
}
