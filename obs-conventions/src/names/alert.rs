//! Metrics of the alerts that are evaluated in the process.

use super::{
    MetricDef,
    MetricType::{Counter, Gauge, Histogram},
};

/// Alerts that are not inactive.
pub const ALERTS: MetricDef = MetricDef::fixed(
    "obs_alerts",
    Gauge,
    "",
    &[label::ALERTNAME, label::SEVERITY, label::STATE],
    "Alerts that are pending or firing, by rule.",
);
/// Notifications by outcome.
pub const NOTIFICATIONS: MetricDef = MetricDef::fixed(
    "obs_alert_notifications_total",
    Counter,
    "",
    &[label::CHANNEL, label::OUTCOME],
    "Notifications of alerts by channel and outcome; each retry counts.",
);
/// Alerts that fire without a notification, and why.
pub const SUPPRESSED: MetricDef = MetricDef::fixed(
    "obs_alerts_suppressed",
    Gauge,
    "",
    &[label::REASON],
    "Firing alerts without a notification, because of a silence or an inhibition.",
);
/// Conditions that could not be evaluated.
pub const EVALUATION_FAILURES: MetricDef = MetricDef::fixed(
    "obs_alert_evaluation_failures_total",
    Counter,
    "",
    &[label::ALERTNAME],
    "Evaluations of a rule's condition that failed or panicked.",
);
/// How long all rules take.
pub const EVALUATION_DURATION: MetricDef = MetricDef::fixed(
    "obs_alert_evaluation_duration_seconds",
    Histogram,
    "seconds",
    &[],
    "Time to evaluate all alert rules of the process.",
);
/// What the history holds.
pub const HISTORY_SIZE: MetricDef = MetricDef::fixed(
    "obs_alert_history_bytes",
    Gauge,
    "bytes",
    &[],
    "Memory of the history that alert rules are evaluated from.",
);
/// Runs of remediations.
pub const REMEDIATIONS: MetricDef = MetricDef::fixed(
    "obs_alert_remediations_total",
    Counter,
    "",
    &[label::REMEDIATION, label::OUTCOME],
    "Remediations that alerts have started, by outcome.",
);
/// Rules that can't fire.
pub const RULES_WITHOUT_SERIES: MetricDef = MetricDef::fixed(
    "obs_alert_rules_without_series",
    Gauge,
    "",
    &[],
    "Alert rules that can't fire, because requests are recorded under other names, or without the bucket, than they read.",
);
/// All of them, in the order of the documentation.
pub const ALL: [MetricDef; 8] = [
    ALERTS,
    SUPPRESSED,
    NOTIFICATIONS,
    EVALUATION_FAILURES,
    EVALUATION_DURATION,
    HISTORY_SIZE,
    REMEDIATIONS,
    RULES_WITHOUT_SERIES,
];

/// Label keys of these metrics.
pub mod label {
    /// Name of a rule.
    pub const ALERTNAME: &str = "alertname";
    /// How bad it is: `critical`, `warning`, `info`.
    pub const SEVERITY: &str = "severity";
    /// `pending`, `firing`.
    pub const STATE: &str = "state";
    /// Name of a channel.
    pub const CHANNEL: &str = "channel";
    /// What became of it, see [`outcome`](super::outcome).
    pub const OUTCOME: &str = "outcome";
    /// `silenced`, `inhibited`.
    pub const REASON: &str = "reason";
    /// Name of a remediation.
    pub const REMEDIATION: &str = "remediation";
    /// Stands before the name of a series' label where a rule sets one of this name, as Prometheus does it with
    /// the labels of targets.
    pub const EXPORTED: &str = "exported_";

    /// The name that a label of the series has on the alert where the rule sets a label of its name.
    ///
    /// ```
    /// assert_eq!(obs_conventions::names::alert::label::exported("team"), "exported_team");
    /// ```
    #[must_use]
    pub fn exported(name: &str) -> String {
        format!("{EXPORTED}{name}")
    }
}

/// Values of the `outcome` label.
pub mod outcome {
    /// The receiver has taken it.
    pub const SENT: &str = "sent";
    /// The receiver did not take it; it is sent again.
    pub const RETRIED: &str = "retried";
    /// The receiver did not take it, nor will it be sent again by the channel.
    pub const FAILED: &str = "failed";
    /// There was no room or no time to send it.
    pub const DROPPED: &str = "dropped";
    /// A remediation has done its work.
    pub const SUCCEEDED: &str = "succeeded";
    /// A remediation took too long and was stopped.
    pub const TIMED_OUT: &str = "timed_out";
    /// A remediation would have run.
    pub const DRY_RUN: &str = "dry_run";
    /// A remediation has run often enough for now.
    pub const LIMITED: &str = "limited";
}

/// Values of the `reason` label.
pub mod reason {
    /// Somebody has silenced it.
    pub const SILENCED: &str = "silenced";
    /// Another alert inhibits it.
    pub const INHIBITED: &str = "inhibited";
}
