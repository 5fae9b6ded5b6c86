//! Checks of rules before they are used.

use std::{error::Error, fmt};

use super::AlertRule;
use crate::{BadCondition, Comparison, condition::is_label_name, template};

/// A rule that can't be used, from [`AlertRule::check`]. The message names the rule, the value and the fix.
///
/// ```
/// use obs_rules::{AlertRule, Condition, Severity, promql::Window};
///
/// let ratio = Condition::error_ratio(Window::minutes(5), 0.05);
/// let rule = AlertRule::new("HighErrorRate", ratio, Severity::Critical, "Requests fail").clear_threshold(0.1);
/// let error = rule.check().unwrap_err();
/// assert_eq!(error.rule(), "HighErrorRate");
/// assert_eq!(
///     error.to_string(),
///     "alert \"HighErrorRate\": clear threshold 0.1 is on the wrong side: it must be at most 0.05",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BadRule {
    rule: String,
    message: String,
    condition: Option<BadCondition>,
}

/// Labels that Prometheus sets, or that the rule's severity does.
const RESERVED: [&str; 4] = ["alertname", "alertstate", "severity", "__name__"];

// === impl AlertRule ===

impl AlertRule {
    /// Checks that it can be used. A rule of poor quality can be used; [`quality`](Self::quality) lists its defects.
    ///
    /// # Errors
    ///
    /// If the name or a label is invalid, the condition is refused by
    /// [`Condition::check`](crate::Condition::check), a text is not a template, or one that Prometheus renders
    /// differently (see [`description`](Self::description)), a label contains `$value`, the clear
    /// threshold is on the wrong side of the threshold, or the minimum of requests is not a number or belongs to a
    /// condition that is not about requests.
    pub fn check(&self) -> Result<(), BadRule> {
        if !is_label_name(&self.name) || self.name.len() > 128 {
            let message = "its name must have 1 to 128 letters, digits and '_' and not start with a digit: it becomes \
                           the name of a runbook";
            return self.refuse(message.to_owned());
        }
        self.condition.check().map_err(|error| BadRule {
            rule: self.name.clone(),
            message: "its condition is refused".to_owned(),
            condition: Some(error),
        })?;
        if let Some(key) = self
            .labels
            .keys()
            .find(|key| !is_label_name(key) || RESERVED.contains(&key.as_str()))
        {
            return self.refuse(format!("label {key:?} can't be set: take another name"));
        }
        if let Some(key) = self.annotations.keys().find(|key| !is_label_name(key)) {
            return self.refuse(format!(
                "annotation {key:?} can't be set: it has letters, digits and '_'"
            ));
        }
        self.check_templates()?;
        self.check_min_requests()?;
        self.check_clear_threshold()
    }

    fn check_templates(&self) -> Result<(), BadRule> {
        let known = self.condition.labels();
        let refused = |what: String, error: String| BadRule {
            rule: self.name.clone(),
            message: format!("{what}: {error}"),
            condition: None,
        };
        template::check(&self.message, &known, true).map_err(|error| refused("summary".to_owned(), error))?;
        for (key, text) in &self.annotations {
            template::check(text, &known, true).map_err(|error| refused(format!("annotation {key:?}"), error))?;
        }
        for (key, text) in &self.labels {
            template::check(text, &known, false).map_err(|error| refused(format!("label {key:?}"), error))?;
        }
        Ok(())
    }

    fn check_min_requests(&self) -> Result<(), BadRule> {
        let at_least = self.min_requests;
        if !at_least.is_finite() || at_least < 0.0 {
            return self.refuse(format!("min_requests {at_least} must be a number of at least 0"));
        }
        if at_least > 0.0 && self.condition.traffic(&crate::Naming::default()).is_none() {
            let message = format!(
                "min_requests {at_least} has no effect: {:?} is not about requests",
                self.condition
            );
            return self.refuse(message);
        }
        Ok(())
    }

    fn check_clear_threshold(&self) -> Result<(), BadRule> {
        let Some(clear) = self.clear_threshold else {
            return Ok(());
        };
        let side = match self.condition.comparison() {
            Some(Comparison::Above(threshold)) if clear > threshold || clear.is_nan() => "at most",
            Some(Comparison::Below(threshold)) if clear < threshold || clear.is_nan() => "at least",
            Some(_) => return Ok(()),
            None => {
                return self.refuse(format!("clear threshold {clear} has no effect: nothing is compared"));
            }
        };
        let threshold = self.condition.comparison().map_or(clear, Comparison::threshold);
        self.refuse(format!(
            "clear threshold {clear} is on the wrong side: it must be {side} {threshold}"
        ))
    }

    fn refuse(&self, message: String) -> Result<(), BadRule> {
        Err(BadRule {
            rule: self.name.clone(),
            message,
            condition: None,
        })
    }
}

// === impl BadRule ===

impl BadRule {
    /// The name of the rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What is wrong, without the name of the rule.
    #[must_use]
    pub fn message(&self) -> String {
        self.condition
            .as_ref()
            .map_or_else(|| self.message.clone(), ToString::to_string)
    }
}

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alert {:?}: {}", self.rule, self.message)
    }
}

/// The text, and that of the cause: what a `main` prints that returns the error.
impl fmt::Debug for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.source().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl Error for BadRule {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.condition.as_ref().map(|error| error as _)
    }
}
