//! How things stand, for people and pages.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::{Severity, promql::Window};

/// How a rule stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RuleStatus {
    /// Its name.
    pub name: String,
    /// How bad its alerts are.
    #[serde(serialize_with = "as_word")]
    pub severity: Severity,
    /// `inactive`, `pending`, `firing` or `error`.
    pub state: &'static str,
    /// How many of its alerts are pending or firing.
    pub alerts: usize,
    /// Why it could not be evaluated the last time.
    pub error: Option<String>,
    /// Why it can't fire: the service records its requests under other names than the rule reads, or without the bucket
    /// that it reads. `None` where that is not proved.
    pub missing: Option<String>,
}

/// How an objective stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SloStatus {
    /// Its name.
    pub name: String,
    /// The share of good requests that is promised.
    pub objective: f64,
    /// Over how long. The process knows what it has seen: of a window that reaches back before its first look, or
    /// that of the process whose state file it goes on from, only the part since then.
    pub window: Window,
    /// The share of bad requests over the window, 0 to 1; `None` without requests.
    pub error_ratio: Option<f64>,
    /// The share of the error budget that is left: 1 at first, 0 when it is spent, below 0 when more was.
    pub budget_left: Option<f64>,
    /// How many times faster than allowed the budget was spent over each alert's long window.
    pub burn_rates: Vec<(Window, f64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn as_word<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.as_str())
}

impl Serialize for SloStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            name,
            objective,
            window,
            error_ratio,
            budget_left,
            burn_rates,
        } = self;
        let burn_rates: Vec<_> = burn_rates
            .iter()
            .map(|(window, rate)| (window.to_string(), rate))
            .collect();
        let mut json = serializer.serialize_struct("SloStatus", 6)?;
        json.serialize_field("name", name)?;
        json.serialize_field("objective", objective)?;
        json.serialize_field("window", &window.to_string())?;
        json.serialize_field("errorRatio", error_ratio)?;
        json.serialize_field("budgetLeft", budget_left)?;
        json.serialize_field("burnRates", &burn_rates)?;
        json.end()
    }
}
