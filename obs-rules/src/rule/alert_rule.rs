//! An alert rule.

use std::{collections::BTreeMap, time::Duration};

use crate::{Condition, Severity, rules::Standard};

/// When to tell whom what.
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

/// What no data means to a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NoData {
    /// Nothing is wrong: a firing alert ends. As in Prometheus.
    #[default]
    Ok,
    /// Something is wrong: the alert fires.
    Alert,
    /// Nobody knows: the alert stays as it is.
    Keep,
}

// === impl AlertRule ===

impl AlertRule {
    /// How long a channel is not told again of an alert that goes on.
    pub const DEFAULT_COOLDOWN: Duration = Duration::from_secs(300);

    /// A rule that fires as soon as its condition holds. `message` becomes the annotation `summary`.
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

    /// How long the condition must hold before the alert fires: `for` in Prometheus. Defaults to zero.
    #[must_use]
    pub const fn hold_for(mut self, span: Duration) -> Self {
        self.hold_for = span;
        self
    }

    /// How long the alert goes on after its condition has ended. Defaults to zero.
    #[must_use]
    pub const fn keep_firing_for(mut self, span: Duration) -> Self {
        self.keep_firing_for = span;
        self
    }

    /// How long a channel is not told again of an alert that goes on. Defaults to 5 minutes.
    #[must_use]
    pub const fn cooldown(mut self, span: Duration) -> Self {
        self.cooldown = span;
        self
    }

    /// A label of the alert; `alertname` and `severity` are there already. Where a gauge's series has a label of the
    /// same name, the alert has that as `exported_NAME`.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(key.into(), value.into());
        self
    }

    /// A text that comes with the alert: `description`, `dashboard_url`.
    #[must_use]
    pub fn annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// How bad it is, with the value: `{{ $value | humanizePercentage }} error rate`; the annotation `description`.
    ///
    /// The summary, annotations and labels are templates of Prometheus, which process and Prometheus render alike.
    /// They know `$value` (not in labels: each value would be another alert), `$labels.name` (labels of the series
    /// that a gauge's alert is about; a ratio, rate or quantile is one value for all series and has none), `if`,
    /// `else`, `end`, pipelines and parentheses, and the functions `humanize`, `humanize1024`, `humanizePercentage`,
    /// `humanizeDuration`, `title`, `toUpper`, `toLower`, `stripPort`, `stripDomain`, `match`, `reReplaceAll`,
    /// `printf`, `print`, `len`, `index`, `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `and`, `or`, `not`. What else
    /// Prometheus can do (`query`, `range`, `with`) is refused: a process knows no other series.
    #[must_use]
    pub fn description(self, text: impl Into<String>) -> Self {
        self.annotation("description", text)
    }

    /// Whose it is: the label `team`.
    #[must_use]
    pub fn team(self, name: impl Into<String>) -> Self {
        self.label("team", name)
    }

    /// Why it is worth an alert although it tells of a cause and not of what users see.
    #[must_use]
    pub fn cause(mut self, reason: impl Into<String>) -> Self {
        self.cause = Some(reason.into());
        self
    }

    /// Where it says what to do: the annotation `runbook_url`.
    #[must_use]
    pub fn runbook_url(self, url: impl Into<String>) -> Self {
        self.annotation("runbook_url", url)
    }

    /// Hysteresis: a firing alert ends only when the value has come back past this one, which lies on
    /// the good side of the condition's threshold. Defaults to the threshold itself.
    #[must_use]
    pub const fn clear_threshold(mut self, threshold: f64) -> Self {
        self.clear_threshold = Some(threshold);
        self
    }

    /// Requests that the condition's window must have seen at least, for its value to mean something: see
    /// [`Condition::traffic`] for which they are. Fewer are no alert, and not [`NoData`] either. Defaults to 0.
    #[must_use]
    pub const fn min_requests(mut self, requests: f64) -> Self {
        self.min_requests = requests;
        self
    }

    /// What it means that there is no data. Defaults to [`NoData::Ok`].
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

    /// Which of the standard rules it is; an own rule of the same name is none.
    #[must_use]
    pub const fn standard(&self) -> Option<Standard> {
        self.standard
    }

    /// What has to be so.
    #[must_use]
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What has happened, in a sentence.
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
    /// case, with `-` for what is no letter or digit. Links and files are made of it alike.
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

    /// Where it says what to do, if it does.
    #[must_use]
    pub fn runbook(&self) -> Option<&str> {
        self.annotations.get("runbook_url").map(String::as_str)
    }

    /// Whose it is, if anybody's.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.labels.get("team").map(String::as_str)
    }

    /// Why a cause is worth an alert, where that is said.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// What a firing alert's value must come back past, if that is not the condition's threshold.
    #[must_use]
    pub const fn clears_at(&self) -> Option<f64> {
        self.clear_threshold
    }

    /// Requests that there must be at least.
    #[must_use]
    pub const fn requests_at_least(&self) -> f64 {
        self.min_requests
    }

    /// What it means that there is no data.
    #[must_use]
    pub const fn no_data_policy(&self) -> NoData {
        self.no_data
    }
}
