//! What a condition is checked for before it is used.

use std::{error::Error, fmt, time::Duration};

use super::{Comparison, Condition};
use crate::promql::{LONGEST_REACH, Selector, Window};

/// A condition that can't mean anything; says what is wrong with which value, and the mend.
#[derive(Clone, PartialEq, Eq)]
pub struct BadCondition {
    message: String,
}

// === impl Condition ===

impl Condition {
    /// Whether it can mean something.
    ///
    /// # Errors
    ///
    /// If a threshold is NaN or infinite, a share is not between 0 and 1, a quantile or a latency is out of
    /// range, the name of a metric or label is none, a window with its offset reaches back further than 366
    /// days, or the objective is refused by [`Slo::check`](crate::Slo::check).
    pub fn check(&self) -> Result<(), BadCondition> {
        self.check_reach()?;
        match self {
            Self::ErrorRatio { above: share, .. } => within("error ratio", *share, 0.0..1.0),
            Self::Availability { below: share, .. } => {
                if *share > 0.0 && *share <= 1.0 {
                    return Ok(());
                }
                refuse(format!(
                    "availability below {share} is never or always so: it is above 0 and at most 1"
                ))
            }
            Self::Latency { quantile, above, .. } => check_latency(*quantile, *above),
            Self::RateChange { comparison, .. } => check_comparison("rate change", *comparison),
            Self::Ratio {
                numerator,
                denominator,
                comparison,
                ..
            } => {
                numerator
                    .selectors()
                    .iter()
                    .chain(denominator.selectors())
                    .try_for_each(check_selector)?;
                if denominator.selectors().is_empty() {
                    return refuse("a ratio without a divisor has no value: say what to divide by".to_owned());
                }
                check_comparison("ratio", *comparison)
            }
            Self::Gauge {
                selector,
                denominator,
                comparison,
            } => {
                check_selector(selector)?;
                denominator.as_ref().map_or(Ok(()), check_selector)?;
                check_comparison("gauge", *comparison)
            }
            Self::Increase {
                selector, comparison, ..
            } => {
                check_selector(selector)?;
                check_comparison("increase", *comparison)
            }
            Self::Absence { selector } => check_selector(selector),
            Self::BurnRate { slo, .. } => slo.check().map_err(|error| BadCondition {
                message: error.to_string(),
            }),
            Self::Custom(_) => Ok(()),
        }
    }

    /// What Prometheus could look back to, and no process remembers.
    fn check_reach(&self) -> Result<(), BadCondition> {
        let (window, offset) = match self {
            Self::ErrorRatio { window, .. }
            | Self::Availability { window, .. }
            | Self::Latency { window, .. }
            | Self::Ratio { window, .. }
            | Self::Increase { window, .. } => (*window, Duration::ZERO),
            Self::RateChange { window, offset, .. } => (*window, offset.duration()),
            Self::Gauge { .. } | Self::Absence { .. } | Self::BurnRate { .. } | Self::Custom(_) => return Ok(()),
        };
        let reach = window.duration().saturating_add(offset);
        match Window::new(reach) {
            Ok(reach) if reach.duration() <= LONGEST_REACH => Ok(()),
            _ => refuse(format!(
                "window {window}: with its offset it reaches back further than the 366 days that are remembered"
            )),
        }
    }
}

fn check_latency(quantile: f64, above: Duration) -> Result<(), BadCondition> {
    if !(quantile > 0.0 && quantile < 1.0) {
        return refuse(format!(
            "quantile {quantile} is not between 0 and 1: the 99th percentile is 0.99"
        ));
    }
    if above.is_zero() {
        return refuse("a latency above 0 s is always so: say how slow is too slow".to_owned());
    }
    Ok(())
}

fn within(what: &str, share: f64, range: std::ops::Range<f64>) -> Result<(), BadCondition> {
    if range.contains(&share) {
        return Ok(());
    }
    refuse(format!(
        "{what} above {share} is never or always so: it is at least 0 and below 1, 5 % is 0.05"
    ))
}

fn check_comparison(what: &str, comparison: Comparison) -> Result<(), BadCondition> {
    if comparison.threshold().is_finite() {
        return Ok(());
    }
    refuse(format!(
        "{what} compared with {}: the threshold must be a finite number",
        comparison.threshold()
    ))
}

fn check_selector(selector: &Selector) -> Result<(), BadCondition> {
    if !is_metric_name(selector.metric()) {
        return refuse(format!(
            "{:?} is no name of a metric: it has letters, digits, '_' and ':' and does not start with a digit",
            selector.metric()
        ));
    }
    match selector
        .matchers()
        .iter()
        .find(|matcher| !is_label_name(&matcher.label))
    {
        Some(matcher) => refuse(format!(
            "{:?} is no name of a label: it has letters, digits and '_' and does not start with a digit",
            matcher.label
        )),
        None => Ok(()),
    }
}

fn refuse(message: String) -> Result<(), BadCondition> {
    Err(BadCondition { message })
}

/// Whether Prometheus takes it as the name of a metric in every version: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(crate) fn is_metric_name(name: &str) -> bool {
    is_name(name, |c| c == '_' || c == ':')
}

/// Whether Prometheus takes it as the name of a label in every version: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) fn is_label_name(name: &str) -> bool {
    is_name(name, |c| c == '_')
}

fn is_name(name: &str, is_mark: impl Fn(char) -> bool) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || is_mark(c))
}

// === impl BadCondition ===

impl fmt::Display for BadCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for BadCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BadCondition {}
