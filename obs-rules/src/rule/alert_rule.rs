//! An alert rule.

use std::{collections::BTreeMap, time::Duration};

use crate::{Condition, Severity, rules::Standard};

/// An alert rule: a condition, its severity, and the texts of its notifications.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{AlertRule, Condition, Severity, promql::Window};
///
/// let rule = AlertRule::new(
///     "HighErrorRate",
///     Condition::error_ratio(Window::minutes(5), 0.05),
///     Severity::Critical,
///     "Error rate exceeds 5%",
/// )
/// .hold_for(Duration::from_secs(120))
/// .runbook_url("https://runbooks.example.com/high-error-rate");
/// assert_eq!(rule.name(), "HighErrorRate");
/// ```
#[derive(Clone, Debug)]
pub struct AlertRule {
    pub(crate) name: String,
    pub(crate) condition: Condition,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) hold_for: Duration,
    pub(crate) keep_firing_for: Duration,
    pub(crate) cooldown: Duration,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) clear_threshold: Option<f64>,
    pub(crate) min_requests: f64,
    pub(crate) no_data: NoData,
    pub(crate) cause: Option<String>,
    pub(crate) standard: Option<Standard>,
}

/// The meaning of missing data for a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NoData {
    /// The condition does not hold: a firing alert is resolved. As in Prometheus.
    #[default]
    Ok,
    /// The condition holds: the alert fires.
    Alert,
    /// The result is unknown: the alert keeps its state.
    Keep,
}

// === impl AlertRule ===

impl AlertRule {
    /// How long a channel is not notified again of an alert that keeps firing.
    pub const DEFAULT_COOLDOWN: Duration = Duration::from_secs(300);

    /// A rule that fires as soon as its condition holds.
    ///
    /// `name` has 1 to 128 letters, digits and `_`, and starts with a letter; it is the label `alertname`. `message` is the
    /// annotation `summary`, a template as in [`description`](Self::description).
    #[must_use]
    pub fn new(name: impl Into<String>, condition: Condition, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            condition,
            severity,
            message: message.into(),
            hold_for: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            cooldown: Self::DEFAULT_COOLDOWN,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            clear_threshold: None,
            min_requests: 0.0,
            no_data: NoData::default(),
            cause: None,
            standard: None,
        }
    }

    /// How long the condition must hold before the alert fires: `for` in Prometheus. Until then it is pending. Defaults to
    /// zero.
    #[must_use]
    pub const fn hold_for(mut self, span: Duration) -> Self {
        self.hold_for = span;
        self
    }

    /// How long the alert keeps firing after its condition has ended, so that it does not flap. Defaults to zero.
    #[must_use]
    pub const fn keep_firing_for(mut self, span: Duration) -> Self {
        self.keep_firing_for = span;
        self
    }

    /// How long a channel is not notified again of an alert that keeps firing. Defaults to 5 minutes.
    #[must_use]
    pub const fn cooldown(mut self, span: Duration) -> Self {
        self.cooldown = span;
        self
    }

    /// Adds a label, a template as in [`description`](Self::description); `alertname` and `severity` are set already. If a
    /// gauge's series has a label of the same name, the alert has that as `exported_NAME`.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// Adds a text to the notifications of the alert, such as `dashboard_url`: a template as in
    /// [`description`](Self::description).
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// The details with the value: `{{ $value | humanizePercentage }} error rate`. It is the annotation `description`.
    ///
    /// The summary, annotations and labels are templates of Prometheus, which process and Prometheus render alike.
    /// They have `$value` (not in labels: each value would be another alert), `$labels.name` (labels of the series
    /// that a gauge's alert is about; a ratio, rate or quantile is one value for all series and has none), `if`,
    /// `else`, `end`, pipelines and parentheses, and the functions `humanize`, `humanize1024`, `humanizePercentage`,
    /// `humanizeDuration`, `title`, `toUpper`, `toLower`, `stripPort`, `stripDomain`, `match`, `reReplaceAll`,
    /// `printf`, `print`, `len`, `index`, `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `and`, `or`, `not`. The other
    /// features of Prometheus' templates (`query`, `range`, `with`) are refused: the process can't evaluate them.
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Self {
        self.annotation("description", text)
    }

    /// The team that owns the alert: the label `team`.
    #[must_use]
    pub fn team(self, name: impl Into<String>) -> Self {
        self.label("team", name)
    }

    /// Why it is worth an alert although it is a cause and not a symptom that users see.
    #[must_use]
    pub fn cause(mut self, reason: impl Into<String>) -> Self {
        self.cause = Some(reason.into());
        self
    }

    /// The URL of its runbook: the annotation `runbook_url`.
    #[must_use]
    pub fn runbook_url(self, url: impl Into<String>) -> Self {
        self.annotation("runbook_url", url)
    }

    /// Hysteresis: a firing alert is resolved only when the value has passed this threshold, in the unit of the
    /// condition's own, which must be between that and the normal values. Defaults to the condition's threshold.
    #[must_use]
    pub const fn clear_threshold(mut self, threshold: f64) -> Self {
        self.clear_threshold = Some(threshold);
        self
    }

    /// The number of requests in the condition's window ([`Condition::traffic`]) below which it does not hold, because
    /// its value would not be significant. That is not [`NoData`]. Defaults to 0.
    #[must_use]
    pub const fn min_requests(mut self, requests: f64) -> Self {
        self.min_requests = requests;
        self
    }

    /// The meaning of missing data. Defaults to [`NoData::Ok`].
    #[must_use]
    pub const fn no_data(mut self, policy: NoData) -> Self {
        self.no_data = policy;
        self
    }

    /// The value of the label `alertname`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The standard rule that it is; `None` for one of the application, also of the same name.
    #[must_use]
    pub const fn standard(&self) -> Option<Standard> {
        self.standard
    }

    /// The condition under which it fires.
    #[must_use]
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }

    /// The severity of its alerts.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The summary: what has happened, in a sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `for`, `keep_firing_for` and the cooldown.
    #[must_use]
    pub const fn times(&self) -> (Duration, Duration, Duration) {
        (self.hold_for, self.keep_firing_for, self.cooldown)
    }

    /// The labels besides `alertname` and `severity`.
    #[must_use]
    pub const fn labels(&self) -> &BTreeMap<String, String> {
        &self.labels
    }

    /// The annotations besides `summary`.
    #[must_use]
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// The name of the runbook that is generated for this rule, without folder and extension: the rule's name in lower
    /// case, with `-` in place of other characters than letters and digits. Links and file names use it.
    #[must_use]
    pub fn runbook_name(&self) -> String {
        let part = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        self.name.chars().map(part).collect()
    }

    /// The URL of its runbook.
    #[must_use]
    pub fn runbook(&self) -> Option<&str> {
        self.annotations.get("runbook_url").map(String::as_str)
    }

    /// The team that owns it.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.labels.get("team").map(String::as_str)
    }

    /// Why a cause is worth an alert; see [`cause`](Self::cause).
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The [clear threshold](Self::clear_threshold), if there is one.
    #[must_use]
    pub const fn clears_at(&self) -> Option<f64> {
        self.clear_threshold
    }

    /// The [minimum of requests](Self::min_requests).
    #[must_use]
    pub const fn requests_at_least(&self) -> f64 {
        self.min_requests
    }

    /// The [meaning of missing data](Self::no_data).
    #[must_use]
    pub const fn no_data_policy(&self) -> NoData {
        self.no_data
    }
}
