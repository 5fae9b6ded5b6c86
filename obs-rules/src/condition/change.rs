//! Conditions with other numbers.

use std::time::Duration;

use super::Condition;
use crate::promql::Window;

// === impl Condition ===

impl Condition {
    /// The same condition with another threshold, a latency's in seconds; as it is where nothing is compared.
    pub(crate) fn with_threshold(self, threshold: f64) -> Self {
        match self {
            Self::ErrorRatio { scope, window, .. } => Self::ErrorRatio {
                scope,
                window,
                above: threshold,
            },
            Self::Availability { scope, window, .. } => Self::Availability {
                scope,
                window,
                below: threshold,
            },
            Self::Latency {
                scope,
                window,
                quantile,
                ..
            } => {
                let above = Duration::try_from_secs_f64(threshold).unwrap_or(if threshold > 0.0 {
                    Duration::MAX
                } else {
                    Duration::ZERO
                });
                Self::Latency {
                    scope,
                    window,
                    quantile,
                    above,
                }
            }
            Self::RateChange {
                scope,
                window,
                offset,
                comparison,
            } => Self::RateChange {
                scope,
                window,
                offset,
                comparison: comparison.with_threshold(threshold),
            },
            Self::Ratio {
                numerator,
                denominator,
                window,
                comparison,
            } => Self::Ratio {
                numerator,
                denominator,
                window,
                comparison: comparison.with_threshold(threshold),
            },
            Self::Gauge {
                selector,
                denominator,
                comparison,
            } => Self::Gauge {
                selector,
                denominator,
                comparison: comparison.with_threshold(threshold),
            },
            Self::Increase {
                selector,
                window,
                comparison,
            } => Self::Increase {
                selector,
                window,
                comparison: comparison.with_threshold(threshold),
            },
            Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => self,
        }
    }

    /// The same condition over another window, if it is one over a window.
    pub(crate) fn with_window(self, window: Window) -> Option<Self> {
        Some(match self {
            Self::ErrorRatio { scope, above, .. } => Self::ErrorRatio { scope, window, above },
            Self::Availability { scope, below, .. } => Self::Availability { scope, window, below },
            Self::Latency {
                scope, quantile, above, ..
            } => Self::Latency {
                scope,
                window,
                quantile,
                above,
            },
            Self::RateChange {
                scope,
                offset,
                comparison,
                ..
            } => Self::RateChange {
                scope,
                window,
                offset,
                comparison,
            },
            Self::Ratio {
                numerator,
                denominator,
                comparison,
                ..
            } => Self::Ratio {
                numerator,
                denominator,
                window,
                comparison,
            },
            Self::Increase {
                selector, comparison, ..
            } => Self::Increase {
                selector,
                window,
                comparison,
            },
            Self::Gauge { .. } | Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => return None,
        })
    }
}
