//! The handle.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use obs_base::calendar::rfc3339;
use obs_core::deadline;
use serde_json::json;

use super::{AlertManagerBuilder, BuildError, RuleStatus, SloStatus, shared::Shared};
use crate::{Alert, AlertRule, AlertState, Channel, Moment, Remediation, Silence, SilenceId, Slo};

/// Evaluates rules over the metrics of the process, and notifies channels of the alerts: a handle whose clones share one
/// manager.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::{AlertManager, AlertRule, Channel, Condition, Severity, promql::Window};
/// use obs_core::metrics::Registry;
///
/// let registry = Registry::new();
/// let manager = AlertManager::builder()
///     .registry(&registry)
///     .rule(AlertRule::new(
///         "HighErrorRate",
///         Condition::error_ratio(Window::minutes(5), 0.05),
///         Severity::Critical,
///         "Error rate exceeds 5%",
///     ))
///     .channel(Channel::log())
///     .start()?;
/// manager.add_rule(AlertRule::new("MaintenanceForgotten", Condition::custom(|| Ok::<_, std::io::Error>(false)),
///     Severity::Info, "Maintenance mode is on"))?;
/// assert!(manager.shutdown(Duration::from_secs(5)));
/// # Ok::<(), obs_alert::BuildError>(())
/// ```
///
/// Started, it has one thread that evaluates and one for each channel; it needs no async runtime, and no
/// request waits for any of them. It stops when the last handle is dropped, or at [`shutdown`](Self::shutdown),
/// which sends the notifications that wait.
///
/// # Memory
///
/// It keeps only the history that its rules and objectives read: totals every 10 seconds for an hour, every
/// 5 minutes for 3 days, every hour for 30 days, every day for 366 days, as far back as their windows reach. An
/// availability objective over 30 days takes 16 KiB with its four alerts, one for each of 1 000 routes 16 MiB
/// together with their series, and never more than 24 MiB; one over 366 days takes 3 KiB more.
/// The metric `obs_alert_history_bytes` is its size. There is no history before the first evaluation; with a state file,
/// before that of the first process that wrote it.
///
/// # Metrics
///
/// | name | type | labels |
/// |---|---|---|
/// | `obs_alerts` | gauge | `alertname`, `severity`, `state` (`pending`, `firing`) |
/// | `obs_alerts_suppressed` | gauge | `reason` (`silenced`, `inhibited`) |
/// | `obs_alert_notifications_total` | counter | `channel`, `outcome` (`sent`, `retried`, `failed`, `dropped`) |
/// | `obs_alert_evaluation_failures_total` | counter | `alertname` |
/// | `obs_alert_evaluation_duration_seconds` | histogram | |
/// | `obs_alert_history_bytes` | gauge | |
/// | `obs_alert_rules_without_series` | gauge | |
/// | `obs_alert_remediations_total` | counter | `remediation`, `outcome` (`succeeded`, `failed`, `timed_out`, `dry_run`, `limited`) |
///
/// # Prometheus
///
/// A rule has the same result here as its [`promql`](AlertRule::promql) in Prometheus. Values may differ by the
/// growth of one interval: Prometheus extrapolates from the samples inside of a window and does not count the
/// first value of a series that appears; here growth is taken between the ends of the window, and a series
/// that appears has grown from zero, so the very first failure counts. A process that ends
/// evaluates nothing: use it on a single node, in development, and for when Prometheus is down; it does not replace it.
#[derive(Clone, Debug)]
pub struct AlertManager {
    shared: Arc<Shared>,
}

// === impl AlertManager ===

impl AlertManager {
    /// Settings of a manager.
    pub fn builder() -> AlertManagerBuilder {
        AlertManagerBuilder::default()
    }

    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// A weak handle, which does not keep the manager running.
    pub(crate) fn when_alive(&self) -> impl Fn() -> Option<Self> + Send + Sync + use<> {
        let weak = Arc::downgrade(&self.shared);
        move || weak.upgrade().map(Self::new)
    }

    pub(super) fn into_shared(self) -> Arc<Shared> {
        self.shared
    }

    /// The time of its clock.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.shared.clock.now()
    }

    /// Evaluates all rules as at `now` and hands notifications to the channels; the task does the same.
    /// Returns the alerts that are pending or firing, and those that this evaluation has resolved.
    ///
    /// A `now` before the last one counts as the last one. Called by a condition's closure, it evaluates nothing.
    #[expect(clippy::must_use_candidate, reason = "called for what it does")]
    pub fn evaluate(&self, now: Moment) -> Vec<Alert> {
        self.shared.evaluate(now)
    }

    /// The alerts that were pending or firing at the last evaluation.
    #[must_use]
    pub fn alerts(&self) -> Vec<Alert> {
        self.shared.engine().active().cloned().collect()
    }

    /// Past alerts, one for each transition to firing or to resolved, the latest last.
    #[must_use]
    pub fn past_alerts(&self) -> Vec<Alert> {
        self.shared.engine().past.iter().cloned().collect()
    }

    /// The state of each rule, by name.
    #[must_use]
    pub fn rules(&self) -> Vec<RuleStatus> {
        self.shared.engine().rule_statuses()
    }

    /// The names of the rules that can't fire, because requests are recorded under other names than they read, or
    /// without the bucket that they read; [`rules`](Self::rules) has the reasons.
    #[must_use]
    pub fn rules_without_series(&self) -> Vec<String> {
        self.shared.engine().rules_without_series().map(str::to_owned).collect()
    }

    /// The state of each objective, by name.
    #[must_use]
    pub fn slos(&self) -> Vec<SloStatus> {
        let engine = self.shared.engine();
        engine
            .slos
            .values()
            .map(|watched| watched.status(&engine.history))
            .collect()
    }

    /// The objectives, by name: what [`slos`](Self::slos) has the state of.
    #[must_use]
    pub fn objectives(&self) -> Vec<Arc<Slo>> {
        let engine = self.shared.engine();
        engine.slos.values().map(|watched| Arc::clone(&watched.slo)).collect()
    }

    /// Adds a rule, from the next evaluation on.
    ///
    /// # Errors
    ///
    /// If it is refused by its [check](AlertRule::check), has the name of another, looks back further than 366
    /// days, or if it and others would inhibit each other by an [`Inhibition`](crate::Inhibition).
    pub fn add_rule(&self, rule: AlertRule) -> Result<(), BuildError> {
        // If refused, it is dropped without the lock: its closure is the application's code.
        let rule = Arc::new(rule);
        let mut engine = self.shared.engine();
        engine.add_rule(&rule)?;
        let ring = engine.ring();
        let refused = ring.as_ref().and_then(|_| engine.remove_rule(rule.name()));
        drop(engine);
        drop(refused);
        ring.map_or(Ok(()), |ring| Err(BuildError::rule(rule.name(), ring)))
    }

    /// Removes a rule; its alerts are resolved at the next evaluation. False if there was none of this name.
    #[must_use]
    pub fn remove_rule(&self, name: &str) -> bool {
        let removed = self.shared.engine().remove_rule(name);
        removed.is_some()
    }

    /// Adds an objective.
    ///
    /// # Errors
    ///
    /// If it is refused by its [check](Slo::check), or has the name of another.
    pub fn add_slo(&self, slo: &Arc<Slo>) -> Result<(), BuildError> {
        self.shared.engine().add_slo(slo)
    }

    /// Removes an objective. False if there was none of this name.
    #[must_use]
    pub fn remove_slo(&self, name: &str) -> bool {
        self.shared.engine().remove_slo(name)
    }

    /// Adds a channel, which is notified of all firing alerts at the next evaluation.
    ///
    /// # Errors
    ///
    /// If its settings are refused, or it has the name of another.
    pub fn add_channel(&self, channel: Channel) -> Result<(), BuildError> {
        let name = channel.called().to_owned();
        let line = channel.start(self.shared.reports.clone(), self.shared.telemetry.clone())?;
        let refused = self.shared.engine().dispatcher.add(line);
        let message = "there is a channel of this name already: give one another name";
        refused.map_or(Ok(()), |_| Err(BuildError::channel(&name, message)))
    }

    /// Removes a channel; its queue is still sent, for 5 seconds. False if there was none of this name.
    #[must_use]
    pub fn remove_channel(&self, name: &str) -> bool {
        let removed = self.shared.engine().dispatcher.remove(name);
        // That the channel has nothing more to be notified of is saved too.
        self.shared.settle();
        removed.is_some()
    }

    /// Adds a remediation.
    ///
    /// # Errors
    ///
    /// If its settings are refused, it names a rule that does not exist, or has the name of another.
    pub fn add_remediation(&self, remediation: Remediation) -> Result<(), BuildError> {
        self.shared.engine().add_remediation(remediation)
    }

    /// Silences alerts for a while.
    ///
    /// # Errors
    ///
    /// If it has no matcher, an invalid pattern, or a duration of zero.
    pub fn silence(&self, silence: Silence) -> Result<SilenceId, BuildError> {
        let now = self.now();
        let begun = self.shared.engine().dispatcher.silence(silence, now);
        begun.map_err(|message| BuildError::setting("silence", message))
    }

    /// Ends a silence early. False if it has ended already.
    #[must_use]
    pub fn end_silence(&self, id: SilenceId) -> bool {
        self.shared.engine().dispatcher.end_silence(id)
    }

    /// The silences that have not ended.
    #[must_use]
    pub fn silences(&self) -> Vec<(SilenceId, Silence)> {
        self.shared
            .engine()
            .dispatcher
            .silences()
            .map(|(id, silence)| (id, silence.clone()))
            .collect()
    }

    /// When a silence ends. `None` if it has ended already.
    #[must_use]
    pub fn silence_ends(&self, id: SilenceId) -> Option<Moment> {
        self.shared.engine().dispatcher.silence_ends(id)
    }

    /// The share of all requests that failed over the last `window` (up to 30 days), 0 to 1; `None` without
    /// requests.
    #[must_use]
    pub fn error_rate(&self, window: Duration) -> Option<f64> {
        let engine = self.shared.engine();
        engine.service.error_ratio(&engine.history, window)
    }

    /// The share of all requests that did not fail over the last `window` (up to 30 days), 0 to 1; `None`
    /// without requests.
    #[must_use]
    pub fn availability(&self, window: Duration) -> Option<f64> {
        self.error_rate(window).map(|ratio| 1.0 - ratio)
    }

    /// The duration that a share of `quantile` (0 to 1) of all requests did not exceed over the last `window`
    /// (up to an hour); `None` without requests.
    #[must_use]
    pub fn latency(&self, quantile: f64, window: Duration) -> Option<Duration> {
        let engine = self.shared.engine();
        let seconds = engine.service.quantile(&engine.history, quantile, window)?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// The 99th percentile of the duration of all requests over the last `window` (up to an hour).
    #[must_use]
    pub fn p99(&self, window: Duration) -> Option<Duration> {
        self.latency(0.99, window)
    }

    /// The size of the history in bytes; see the metric `obs_alert_history_bytes`.
    #[must_use]
    pub fn history_bytes(&self) -> usize {
        self.shared.engine().history.bytes()
    }

    /// Alerts, rules, objectives and past alerts, as JSON:
    ///
    /// ```json
    /// {
    ///   "now": "2026-11-22T14:30:05.123Z",
    ///   "alerts": [{"state": "firing", "labels": {"alertname": "HighErrorRate", "severity": "critical"},
    ///     "annotations": {"summary": "Error rate exceeds 5%"}, "value": 0.08, "activeAt": "2026-11-22T14:27:00.000Z",
    ///     "firedAt": "2026-11-22T14:29:00.000Z", "resolvedAt": null, "fingerprint": "0123456789abcdef"}],
    ///   "rules": [{"name": "HighErrorRate", "severity": "critical", "state": "firing", "alerts": 1, "error": null,
    ///     "missing": null}],
    ///   "slos": [],
    ///   "past": []
    /// }
    /// ```
    ///
    /// The elements are those of [`alerts`](Self::alerts), [`rules`](Self::rules), [`slos`](Self::slos) and
    /// [`past_alerts`](Self::past_alerts).
    #[must_use]
    pub fn to_json(&self) -> String {
        let (rules, slos, now) = (self.rules(), self.slos(), self.now());
        json!({
            "now": rfc3339(now.unix()),
            "alerts": self.alerts(),
            "rules": rules,
            "slos": slos,
            "past": self.past_alerts(),
        })
        .to_string()
    }

    /// Whether a critical alert is firing.
    #[must_use]
    pub fn has_critical(&self) -> bool {
        let is_critical =
            |alert: &Alert| alert.state() == AlertState::Firing && alert.severity() == crate::Severity::Critical;
        self.shared.engine().active().any(is_critical)
    }

    /// Waits until the channels have sent, or finally failed to send, what was queued. False if that takes longer than
    /// `timeout`; [`Duration::MAX`] is no timeout.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        let flusher = self.shared.engine().dispatcher.flusher();
        let is_idle = flusher(deadline(Instant::now(), timeout));
        self.shared.settle();
        is_idle
    }

    /// Stops the evaluation, sends what the channels have queued, and writes the state file. False if not everything could
    /// be sent within `timeout`; the rest is counted as dropped.
    #[must_use]
    pub fn shutdown(&self, timeout: Duration) -> bool {
        let end = deadline(Instant::now(), timeout);
        self.shared.stop.set();
        let lines = self.shared.engine().dispatcher.end(end);
        let left: usize = lines.iter().map(|line| line.join(end)).sum();
        let now = self.now();
        let mut engine = self.shared.engine();
        let now = engine.not_before_last(now);
        engine.dispatcher.settle_reports(now);
        drop(engine);
        self.shared.save(now);
        left == 0
    }
}
