//! An alert as it is notified.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use obs_base::calendar::rfc3339;
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::fingerprint;
use crate::{Severity, time::Moment};

/// An alert: a rule whose condition holds, or has held until just now. A cheap handle.
#[derive(Clone, PartialEq)]
pub struct Alert {
    pub(crate) facts: Arc<Facts>,
    pub(crate) state: AlertState,
    pub(crate) value: Option<f64>,
    pub(crate) resolved_at: Option<Duration>,
}

/// What stays as long as the alert lives.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) fingerprint: u64,
    pub(crate) severity: Severity,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) active_at: Duration,
    pub(crate) fired_at: Option<Duration>,
    pub(crate) cooldown: Duration,
}

/// Where an alert stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertState {
    /// Its condition holds, but not yet for the duration that its rule requires.
    Pending,
    /// It fires.
    Firing,
    /// It has fired, and is over.
    Resolved,
}

// === impl Alert ===

impl Alert {
    /// An alert of a state file, with the times, since 1970, at which it was active, fired and was over.
    pub(crate) fn restored(
        (labels, annotations): (BTreeMap<String, String>, BTreeMap<String, String>),
        severity: Severity,
        value: Option<f64>,
        [active_at, fired_at, resolved_at]: [Option<Duration>; 3],
    ) -> Self {
        let facts = Facts {
            fingerprint: fingerprint(&labels),
            severity,
            labels,
            annotations,
            active_at: active_at.unwrap_or_default(),
            fired_at,
            cooldown: Duration::ZERO,
        };
        let state = if resolved_at.is_some() {
            AlertState::Resolved
        } else {
            AlertState::Firing
        };
        Self {
            facts: Arc::new(facts),
            state,
            value,
            resolved_at,
        }
    }

    pub(crate) fn set_cooldown(&mut self, cooldown: Duration) {
        Arc::make_mut(&mut self.facts).cooldown = cooldown;
    }

    /// It is over.
    pub(crate) fn resolve(&mut self, now: Moment) {
        self.state = AlertState::Resolved;
        self.resolved_at = Some(now.unix());
    }

    /// Bytes that it takes, more or less.
    pub(crate) fn bytes(&self) -> usize {
        let texts = self.facts.labels.iter().chain(&self.facts.annotations);
        let each = |(key, value): (&String, &String)| key.len() + value.len() + 2 * size_of::<String>();
        size_of::<Self>() + size_of::<Facts>() + texts.map(each).sum::<usize>()
    }

    /// The name of its rule: the label `alertname`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.facts.labels.get("alertname").map_or("", String::as_str)
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.facts.severity
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> AlertState {
        self.state
    }

    /// The labels that identify it, `alertname` and `severity` among them.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.facts.labels
    }

    /// What people read: `summary`, `description`, `runbook_url`.
    #[must_use]
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.facts.annotations
    }

    /// What has happened, in a sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        self.facts.annotations.get("summary").map_or("", String::as_str)
    }

    /// What its condition found last; a closure has no value.
    #[must_use]
    pub const fn value(&self) -> Option<f64> {
        self.value
    }

    /// When its condition began to hold, since 1970.
    #[must_use]
    pub fn active_at(&self) -> Duration {
        self.facts.active_at
    }

    /// When it began to fire, since 1970.
    #[must_use]
    pub fn fired_at(&self) -> Option<Duration> {
        self.facts.fired_at
    }

    /// When it was over, since 1970.
    #[must_use]
    pub const fn resolved_at(&self) -> Option<Duration> {
        self.resolved_at
    }

    /// A number for its labels, which Alertmanager gives to the same ones.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.facts.fingerprint
    }
}

impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert")
            .field("labels", &self.facts.labels)
            .field("state", &self.state)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

impl Serialize for Alert {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Alert", 8)?;
        json.serialize_field("state", self.state.as_str())?;
        json.serialize_field("labels", self.labels())?;
        json.serialize_field("annotations", self.annotations())?;
        // JSON knows no infinity.
        json.serialize_field("value", &self.value.filter(|value| value.is_finite()))?;
        json.serialize_field("activeAt", &rfc3339(self.active_at()))?;
        json.serialize_field("firedAt", &self.fired_at().map(rfc3339))?;
        json.serialize_field("resolvedAt", &self.resolved_at.map(rfc3339))?;
        json.serialize_field("fingerprint", &format!("{:016x}", self.fingerprint()))?;
        json.end()
    }
}

// === impl AlertState ===

impl AlertState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Firing, Self::Resolved];

    /// The value of the label `state`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

impl fmt::Display for AlertState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
