//! Checks of conditions before they are used.

use std::{error::Error, fmt};

use super::{Comparison, Condition, Unit};
use crate::{
    Naming,
    promql::{LONGEST_REACH, Selector},
    query::{Input, Query},
};

/// A condition that has no meaning, from [`Condition::check`]. The message names the value and the fix.
///
/// ```
/// use obs_rules::{Condition, promql::Window};
///
/// // A share is 0 to 1, not a percentage.
/// let error = Condition::error_ratio(Window::minutes(5), 5.0).check().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "a share above 5 never occurs or always: the threshold is at least 0 and below 1, 5 % is 0.05",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BadCondition {
    message: String,
}

// === impl Condition ===

impl Condition {
    /// Checks that the condition has a meaning. `obs.yaml` and [`AlertRule::check`](crate::AlertRule::check) include
    /// it.
    ///
    /// # Errors
    ///
    /// If a threshold is NaN or infinite, a share is not between 0 and 1, a quantile or a latency is out of
    /// range, the name of a metric or label is invalid, a window with its offset reaches back further than 366
    /// days, or the objective is refused by [`Slo::check`](crate::Slo::check).
    pub fn check(&self) -> Result<(), BadCondition> {
        if let Some((slo, _)) = self.burn_rate() {
            slo.check().map_err(|error| BadCondition {
                message: error.to_string(),
            })?;
        }
        if let Some(query) = self.query(&Naming::default()) {
            query.inputs().into_iter().try_for_each(check_input)?;
            query.nodes().into_iter().try_for_each(check_denominator)?;
        }
        match (self.unit(), self.comparison()) {
            (Some(unit), Some(comparison)) => check_comparison(unit, comparison),
            _ => Ok(()),
        }
    }
}

fn check_input(input: &Input) -> Result<(), BadCondition> {
    if let Input::Quantile { quantile, .. } = input
        && !(*quantile > 0.0 && *quantile < 1.0)
    {
        return refuse(format!(
            "quantile {quantile} is not between 0 and 1: the 99th percentile is 0.99"
        ));
    }
    if input.reach() > LONGEST_REACH {
        let window = input.window().map(|window| window.to_string()).unwrap_or_default();
        return refuse(format!(
            "window {window}: with its offset it reaches back further than the 366 days that the history can hold"
        ));
    }
    input.selectors().iter().try_for_each(check_selector)
}

fn check_denominator(node: &Query) -> Result<(), BadCondition> {
    match node {
        Query::Ratio { denominator, .. } if denominator.selectors().is_empty() => {
            refuse("a ratio without a denominator has no value: name the counters to divide by".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_comparison(unit: Unit, comparison: Comparison) -> Result<(), BadCondition> {
    let threshold = comparison.threshold();
    match (unit, comparison) {
        (Unit::Share, Comparison::Above(_)) if !(0.0..1.0).contains(&threshold) => refuse(format!(
            "a share above {threshold} never occurs or always: the threshold is at least 0 and below 1, 5 % is 0.05"
        )),
        (Unit::Share, Comparison::Below(_)) if !(threshold > 0.0 && threshold <= 1.0) => refuse(format!(
            "a share below {threshold} never occurs or always: the threshold is above 0 and at most 1, 99 % is 0.99"
        )),
        (Unit::Seconds, Comparison::Above(_)) if threshold <= 0.0 => {
            refuse("a latency above 0 s always occurs: set the longest acceptable duration".to_owned())
        }
        _ if !threshold.is_finite() => refuse(format!("the threshold {threshold} must be a finite number")),
        _ => Ok(()),
    }
}

fn check_selector(selector: &Selector) -> Result<(), BadCondition> {
    if !is_metric_name(selector.metric()) {
        return refuse(format!(
            "{:?} is not a valid metric name: it has letters, digits, '_' and ':' and does not start with a digit",
            selector.metric()
        ));
    }
    match selector
        .matchers()
        .iter()
        .find(|matcher| !is_label_name(&matcher.label))
    {
        Some(matcher) => refuse(format!(
            "{:?} is not a valid label name: it has letters, digits and '_' and does not start with a digit",
            matcher.label
        )),
        None => Ok(()),
    }
}

fn refuse(message: String) -> Result<(), BadCondition> {
    Err(BadCondition { message })
}

/// Whether every version of Prometheus accepts it as the name of a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(crate) fn is_metric_name(name: &str) -> bool {
    is_name(name, |c| c == '_' || c == ':')
}

/// Whether every version of Prometheus accepts it as the name of a label: `[a-zA-Z_][a-zA-Z0-9_]*`.
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
