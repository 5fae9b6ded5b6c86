//! The manager's own metrics, on the service's page.

use std::{collections::HashMap, fmt, time::Duration};

use metrics::{Label, Unit};
use obs_core::{
    metrics::Registry,
    names::{
        MetricDef, MetricType,
        alert::{self, label, outcome, reason},
    },
};

use crate::Alert;

/// The metrics of [`obs_core::names::alert`].
#[derive(Clone)]
pub(crate) struct Telemetry {
    registry: Option<Registry>,
}

/// The series of `obs_alerts`: rule, severity and state, and their number.
pub(super) type Shown = HashMap<(String, &'static str, &'static str), u32>;

// === impl Telemetry ===

impl Telemetry {
    pub(super) fn new(registry: Option<Registry>) -> Self {
        let telemetry = Self { registry };
        telemetry.record(|| alert::ALL.iter().for_each(describe));
        telemetry
    }

    pub(crate) fn notified(&self, channel: &str, outcome: &'static str) {
        let labels = vec![
            own(label::CHANNEL, channel),
            Label::from_static_parts(label::OUTCOME, outcome),
        ];
        self.record(|| metrics::counter!(alert::NOTIFICATIONS.name(""), labels).increment(1));
    }

    pub(crate) fn dropped(&self, channel: &str) {
        self.notified(channel, outcome::DROPPED);
    }

    pub(crate) fn remediated(&self, remediation: &str, outcome: &'static str) {
        let labels = vec![
            own(label::REMEDIATION, remediation),
            Label::from_static_parts(label::OUTCOME, outcome),
        ];
        self.record(|| metrics::counter!(alert::REMEDIATIONS.name(""), labels).increment(1));
    }

    pub(super) fn failed(&self, rule: &str) {
        let labels = vec![own(label::ALERTNAME, rule)];
        self.record(|| metrics::counter!(alert::EVALUATION_FAILURES.name(""), labels).increment(1));
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rules")]
    pub(super) fn without_series(&self, rules: usize) {
        self.record(|| metrics::gauge!(alert::RULES_WITHOUT_SERIES.name("")).set(rules as f64));
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes and numbers of alerts")]
    pub(super) fn evaluated(&self, took: Duration, history: usize, (silenced, inhibited): (usize, usize)) {
        self.record(|| {
            metrics::histogram!(alert::EVALUATION_DURATION.name("")).record(took);
            metrics::gauge!(alert::HISTORY_SIZE.name("")).set(history as f64);
            for (why, count) in [(reason::SILENCED, silenced), (reason::INHIBITED, inhibited)] {
                metrics::gauge!(alert::SUPPRESSED.name(""), label::REASON => why).set(count as f64);
            }
        });
    }

    /// Sets the gauges of the alerts; those that were `shown` and no longer exist become 0.
    pub(super) fn show<'a>(&self, alerts: impl Iterator<Item = &'a Alert>, shown: &mut Shown) {
        let mut counts: Shown = shown
            .drain()
            .filter(|(_, count)| *count > 0)
            .map(|(key, _)| (key, 0))
            .collect();
        for alert in alerts {
            let key = (
                alert.name().to_owned(),
                alert.severity().as_str(),
                alert.state().as_str(),
            );
            *counts.entry(key).or_default() += 1;
        }
        self.record(|| {
            for ((name, severity, state), count) in &counts {
                let labels = vec![
                    own(label::ALERTNAME, name),
                    Label::from_static_parts(label::SEVERITY, severity),
                    Label::from_static_parts(label::STATE, state),
                ];
                metrics::gauge!(alert::ALERTS.name(""), labels).set(f64::from(*count));
            }
        });
        *shown = counts;
    }

    fn record(&self, record: impl FnOnce()) {
        if let Some(registry) = &self.registry {
            metrics::with_local_recorder(registry, record);
        }
    }
}

fn own(key: &'static str, value: &str) -> Label {
    Label::new(key, value.to_owned())
}

fn describe(def: &MetricDef) {
    let unit = match def.unit {
        "seconds" => Unit::Seconds,
        "bytes" => Unit::Bytes,
        _ => Unit::Count,
    };
    match def.metric_type {
        MetricType::Counter => metrics::describe_counter!(def.name(""), unit, def.help),
        MetricType::Histogram => metrics::describe_histogram!(def.name(""), unit, def.help),
        _ => metrics::describe_gauge!(def.name(""), unit, def.help),
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("is_on", &self.registry.is_some())
            .finish()
    }
}
