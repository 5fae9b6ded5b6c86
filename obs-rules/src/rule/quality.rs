//! What makes a good alert.

use std::fmt;

use super::AlertRule;

/// What an alert lacks to be actionable, timely, accurate, relevant and prioritized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// It does not say what has happened.
    NoSummary,
    /// It does not say how bad it is, with its value.
    NoDescription,
    /// It belongs to no team.
    NoOwner,
    /// It does not say what to do.
    NoRunbook,
    /// It fires on a single outlier.
    NoFor,
    /// It is about a cause that users may never notice, without the reason why that is worth an alert.
    CauseWithoutReason,
}

// === impl AlertRule ===

impl AlertRule {
    /// What it lacks to be a good alert; nothing for a good one.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_rules::{AlertRule, Condition, Defect, Severity, promql::Window};
    ///
    /// let rule = AlertRule::new(
    ///     "HighErrorRate",
    ///     Condition::error_ratio(Window::minutes(5), 0.05),
    ///     Severity::Critical,
    ///     "Payment service error rate is high",
    /// )
    /// .description("{{ $value | humanizePercentage }} error rate")
    /// .team("payments")
    /// .hold_for(Duration::from_secs(120));
    /// assert_eq!(rule.quality(), [Defect::NoRunbook]);
    /// ```
    #[must_use]
    pub fn quality(&self) -> Vec<Defect> {
        let lacks = |key: &str| self.annotations.get(key).is_none_or(|text| text.trim().is_empty());
        let found = [
            (Defect::NoSummary, self.message.trim().is_empty()),
            (Defect::NoDescription, lacks("description")),
            (
                Defect::NoOwner,
                self.labels.get("team").is_none_or(|team| team.trim().is_empty()),
            ),
            (Defect::NoRunbook, lacks("runbook_url")),
            (Defect::NoFor, self.hold_for.is_zero()),
            (
                Defect::CauseWithoutReason,
                !self.condition.is_symptom() && self.cause.is_none(),
            ),
        ];
        found
            .into_iter()
            .filter(|(_, is_so)| *is_so)
            .map(|(defect, _)| defect)
            .collect()
    }
}

// === impl Defect ===

impl Defect {
    /// What to add, for a message.
    #[must_use]
    pub const fn fix(self) -> &'static str {
        match self {
            Self::NoSummary => "say in a sentence what has happened: `summary`",
            Self::NoDescription => "say how bad it is: `description`, for example \"{{ $value }} connections in use\"",
            Self::NoOwner => "say whose it is: `team`",
            Self::NoRunbook => "say what to do: `runbook`, or the folder of all runbooks in `links.runbooks`",
            Self::NoFor => "say how long it must be so, so that one outlier wakes nobody: `for`",
            Self::CauseWithoutReason => "alert on what users see, or say why the cause is worth an alert: `cause`",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSummary => "no summary",
            Self::NoDescription => "no description",
            Self::NoOwner => "no owner",
            Self::NoRunbook => "no runbook",
            Self::NoFor => "no `for`",
            Self::CauseWithoutReason => "a cause, not a symptom, without a stated reason",
        })
    }
}
