//! What has to be so for an alert to fire.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Scope, Slo,
    promql::{Selector, Window},
    slo::BurnRate,
};

/// What has to be so for an alert to fire. All but [`Custom`](Self::Custom) can be evaluated in the
/// process and rendered as `PromQL`, with the same verdict.
#[derive(Clone)]
#[non_exhaustive]
pub enum Condition {
    /// The share of failed requests (0 to 1) is above a threshold.
    ErrorRatio {
        /// Whose requests.
        scope: Scope,
        /// Over which window.
        window: Window,
        /// The threshold, 0 to 1.
        above: f64,
    },
    /// A quantile of the duration is above a threshold.
    Latency {
        /// Whose requests.
        scope: Scope,
        /// Over which window.
        window: Window,
        /// The quantile, above 0 and below 1.
        quantile: f64,
        /// The threshold.
        above: Duration,
    },
    /// The share of requests that did not fail (0 to 1) is below a threshold.
    Availability {
        /// Whose requests.
        scope: Scope,
        /// Over which window.
        window: Window,
        /// The threshold, 0 to 1.
        below: f64,
    },
    /// The rate of requests, divided by what it was `offset` ago.
    RateChange {
        /// Whose requests.
        scope: Scope,
        /// Over which window.
        window: Window,
        /// How long ago the other window ended.
        offset: Window,
        /// What the ratio is compared with: below 0.5 is a loss of half the traffic.
        is: Comparison,
    },
    /// A gauge, or one gauge divided by another: connections in use by connections there may be.
    Gauge {
        /// The gauge; several series are compared one by one.
        selector: Selector,
        /// What to divide by, series with the same labels by each other.
        by: Option<Selector>,
        /// What it is compared with.
        is: Comparison,
    },
    /// The growth of a counter over a window, all its series together.
    Increase {
        /// The counter.
        selector: Selector,
        /// Over which window.
        window: Window,
        /// What it is compared with.
        is: Comparison,
    },
    /// No such series exists.
    Absence {
        /// The series.
        selector: Selector,
    },
    /// The error budget of an SLO is spent too fast.
    BurnRate {
        /// The objective.
        slo: Arc<Slo>,
        /// How fast, over which windows.
        burn: BurnRate,
    },
    /// Anything else; it has no `PromQL`.
    Custom(Custom),
}

/// How a value is compared with a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    /// `>`
    Above(f64),
    /// `<`
    Below(f64),
}

/// A closure as a condition: `true` while it is so; an error is neither.
#[derive(Clone)]
pub struct Custom(Arc<CustomFn>);

type CustomFn = dyn Fn() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

// === impl Condition ===

impl Condition {
    /// The share of all requests that failed is above `above` (0 to 1).
    #[must_use]
    pub const fn error_ratio(window: Window, above: f64) -> Self {
        Self::ErrorRatio { scope: Scope::service(), window, above }
    }

    /// A quantile of the duration of all requests is above `above`.
    #[must_use]
    pub const fn latency(quantile: f64, window: Window, above: Duration) -> Self {
        Self::Latency { scope: Scope::service(), window, quantile, above }
    }

    /// The share of all requests that did not fail is below `below` (0 to 1).
    #[must_use]
    pub const fn availability(window: Window, below: f64) -> Self {
        Self::Availability { scope: Scope::service(), window, below }
    }

    /// Anything that a closure can tell. It is called by the task that evaluates the rules, so it must
    /// not block for long.
    pub fn custom<E>(is_so: impl Fn() -> Result<bool, E> + Send + Sync + 'static) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::Custom(Custom(Arc::new(move || is_so().map_err(Into::into))))
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ErrorRatio { scope, window, above } => {
                write!(f, "error ratio of {scope} over {window} > {above}")
            }
            Self::Latency { scope, window, quantile, above } => {
                write!(f, "quantile {quantile} of {scope} over {window} > {above:?}")
            }
            Self::Availability { scope, window, below } => {
                write!(f, "availability of {scope} over {window} < {below}")
            }
            Self::RateChange { scope, window, offset, is } => {
                write!(f, "rate of {scope} over {window} by that of {offset} before {is:?}")
            }
            Self::Gauge { selector, by: None, is } => write!(f, "{selector} {is:?}"),
            Self::Gauge { selector, by: Some(by), is } => write!(f, "{selector} / {by} {is:?}"),
            Self::Increase { selector, window, is } => write!(f, "increase of {selector} over {window} {is:?}"),
            Self::Absence { selector } => write!(f, "no {selector}"),
            Self::BurnRate { slo, burn } => write!(f, "{burn:?} of {}", slo.name()),
            Self::Custom(_) => f.write_str("a closure"),
        }
    }
}

// === impl Custom ===

impl Custom {
    /// Asks the closure.
    ///
    /// # Errors
    ///
    /// What the closure returns.
    pub fn is_so(&self) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
        (self.0)()
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Custom(..)")
    }
}

// === impl Comparison ===

impl Comparison {
    /// Whether `value` is on the far side of the threshold; NaN never is.
    #[must_use]
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Above(threshold) => value > threshold,
            Self::Below(threshold) => value < threshold,
        }
    }

    /// The threshold.
    #[must_use]
    pub const fn threshold(self) -> f64 {
        match self {
            Self::Above(threshold) | Self::Below(threshold) => threshold,
        }
    }
}
