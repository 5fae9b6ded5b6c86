//! Conditions with other numbers.

use std::time::Duration;

use super::Condition;
use crate::promql::Window;

// === impl Condition ===

impl Condition {
    /// The same condition with another threshold, a latency's in seconds; as it is where nothing is compared.
    pub(crate) fn with_threshold(self, threshold: f64) -> Self {
        match self {
            Self::ErrorRatio { scope, window, .. } => Self::ErrorRatio { scope, window, above: threshold },
            Self::Availability { scope, window, .. } => Self::Availability { scope, window, below: threshold },
            Self::Latency { scope, window, quantile, .. } => {
                let above = Duration::try_from_secs_f64(threshold).unwrap_or(if threshold > 0.0 {
                    Duration::MAX
                } else {
                    Duration::ZERO
                });
                Self::Latency { scope, window, quantile, above }
            }
            Self::RateChange { scope, window, offset, is } => {
                Self::RateChange { scope, window, offset, is: is.with_threshold(threshold) }
            }
            Self::Ratio { of, by, window, is } => Self::Ratio { of, by, window, is: is.with_threshold(threshold) },
            Self::Gauge { selector, by, is } => Self::Gauge { selector, by, is: is.with_threshold(threshold) },
            Self::Increase { selector, window, is } => {
                Self::Increase { selector, window, is: is.with_threshold(threshold) }
            }
            Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => self,
        }
    }

    /// The same condition over another window, if it is one over a window.
    pub(crate) fn with_window(self, window: Window) -> Option<Self> {
        Some(match self {
            Self::ErrorRatio { scope, above, .. } => Self::ErrorRatio { scope, window, above },
            Self::Availability { scope, below, .. } => Self::Availability { scope, window, below },
            Self::Latency { scope, quantile, above, .. } => Self::Latency { scope, window, quantile, above },
            Self::RateChange { scope, offset, is, .. } => Self::RateChange { scope, window, offset, is },
            Self::Ratio { of, by, is, .. } => Self::Ratio { of, by, window, is },
            Self::Increase { selector, is, .. } => Self::Increase { selector, window, is },
            Self::Gauge { .. } | Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => return None,
        })
    }
}
