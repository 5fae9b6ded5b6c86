//! The state of rules and objectives, for people and pages.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::{Severity, promql::Window};

/// The state of a rule, from [`AlertManager::rules`](crate::AlertManager::rules).
///
/// ```
/// use obs_alert::{AlertManager, rules};
/// use obs_core::metrics::Registry;
///
/// let manager = AlertManager::builder().registry(&Registry::new()).rules(rules::essential()).build()?;
/// manager.evaluate(manager.now());
/// let broken: Vec<_> = manager.rules().into_iter().filter(|rule| rule.error.is_some()).collect();
/// assert!(broken.is_empty());
/// # Ok::<(), obs_alert::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RuleStatus {
    /// Its name.
    pub name: String,
    /// The severity of its alerts.
    #[serde(serialize_with = "as_word")]
    pub severity: Severity,
    /// `inactive`, `pending`, `firing` or `error`.
    pub state: &'static str,
    /// The number of its alerts that are pending or firing.
    pub alerts: usize,
    /// The error of the last evaluation; `None` if it succeeded.
    pub error: Option<String>,
    /// The reason why it can't fire: the service records its requests under other names than the rule reads, or
    /// without the bucket that it reads. `None` without proof.
    pub missing: Option<String>,
}

/// The state of an objective, from [`AlertManager::slos`](crate::AlertManager::slos). As JSON its keys are `name`,
/// `objective`, `window`, `errorRatio`, `budgetLeft` and `burnRates`, a list of pairs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SloStatus {
    /// Its name.
    pub name: String,
    /// The objective: the share of good requests, 0 to 1.
    pub objective: f64,
    /// The window. If it starts before the first evaluation, or before that of the process whose state file was read,
    /// it contains only the part since then.
    pub window: Window,
    /// The share of bad requests over the window, 0 to 1; `None` without requests.
    pub error_ratio: Option<f64>,
    /// The share of the error budget that is left: 1 at first, 0 when it is spent, below 0 when more was.
    pub budget_left: Option<f64>,
    /// How many times faster than allowed the budget was spent over each alert's long window.
    pub burn_rates: Vec<(Window, f64)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde requires")]
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
