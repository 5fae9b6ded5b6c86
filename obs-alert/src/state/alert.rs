//! Alerts.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use obs_base::{calendar::rfc3339, fnv::Fnv1a};
use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use crate::{Severity, time::Moment};

/// An alert: a rule, or one series of it, whose condition holds or has just ended. Clones share its texts.
///
/// It is pending until its condition has held for as long as its rule requires, then fires, and is resolved once the
/// condition no longer holds:
///
/// ```
/// use std::time::Duration;
/// use obs_alert::{AlertManager, AlertRule, AlertState, Clock as _, Comparison, Condition, ManualClock, Severity};
/// use obs_alert::promql::Selector;
/// use obs_core::metrics::Registry;
///
/// let (registry, clock) = (Registry::new(), ManualClock::new());
/// let hot = Condition::Gauge {
///     selector: Selector::new("temperature_celsius"),
///     denominator: None,
///     comparison: Comparison::Above(30.0),
/// };
/// let rule = AlertRule::new("TooHot", hot, Severity::Warning, "{{ $labels.room }} is too hot")
///     .hold_for(Duration::from_secs(10));
/// let manager = AlertManager::builder().registry(&registry).clock(clock.clone()).rule(rule).build()?;
///
/// metrics::with_local_recorder(&registry, || metrics::gauge!("temperature_celsius", "room" => "cellar").set(35.5));
/// let pending = &manager.evaluate(clock.now())[0];
/// assert_eq!((pending.state(), pending.fired_at()), (AlertState::Pending, None));
///
/// clock.advance(Duration::from_secs(10));
/// let firing = &manager.evaluate(clock.now())[0];
/// assert_eq!((firing.state(), firing.value()), (AlertState::Firing, Some(35.5)));
/// assert_eq!((firing.message(), &*firing.labels()["room"]), ("cellar is too hot", "cellar"));
/// assert_eq!(firing.fingerprint(), pending.fingerprint());
/// # Ok::<(), obs_alert::BuildError>(())
/// ```
///
/// As JSON ([`Serialize`]) it has `state`, `labels`, `annotations`, `value`, `fingerprint` (16 hexadecimal digits)
/// and, in RFC 3339, `activeAt`, `firedAt` and `resolvedAt`; what there is not is `null`.
#[derive(Clone, PartialEq)]
pub struct Alert {
    pub(crate) facts: Arc<Facts>,
    pub(crate) state: AlertState,
    pub(crate) value: Option<f64>,
    pub(crate) resolved_at: Option<Duration>,
}

/// The part that does not change as long as the alert is active.
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

/// The state of an alert. Its [`Display`](fmt::Display) is `pending`, `firing` or `resolved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertState {
    /// Its condition holds, but not yet for the duration that its rule requires.
    Pending,
    /// Its condition has held for as long as its rule requires.
    Firing,
    /// It has fired, and its condition no longer holds.
    Resolved,
}

// === impl Alert ===

impl Alert {
    /// An alert of a state file, with the times, since 1970, at which it became active, fired and was resolved.
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

    /// Sets its state to resolved.
    pub(crate) fn resolve(&mut self, now: Moment) {
        self.state = AlertState::Resolved;
        self.resolved_at = Some(now.unix());
    }

    /// Its approximate size in bytes.
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

    /// The severity of its rule, which is the label `severity`.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.facts.severity
    }

    /// Its state: firing or resolved in a notification; also pending in
    /// [`AlertManager::alerts`](crate::AlertManager::alerts).
    #[must_use]
    pub const fn state(&self) -> AlertState {
        self.state
    }

    /// The labels that identify it: those of its series, of the process, of its rule, and `alertname` and `severity`.
    /// A label of the series that another one replaces is kept as `exported_NAME`, as in Prometheus.
    #[must_use]
    pub fn labels(&self) -> &BTreeMap<String, String> {
        &self.facts.labels
    }

    /// Texts for people: `summary`, `description`, `runbook_url` and others of the rule, rendered.
    #[must_use]
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.facts.annotations
    }

    /// The annotation `summary`: what has happened, in a sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        self.facts.annotations.get("summary").map_or("", String::as_str)
    }

    /// The value of its condition at the last evaluation with data, in the unit of the condition; `None` for a closure.
    #[must_use]
    pub const fn value(&self) -> Option<f64> {
        self.value
    }

    /// When its condition began to hold, as the time since 1970 by the wall clock.
    #[must_use]
    pub fn active_at(&self) -> Duration {
        self.facts.active_at
    }

    /// When it began to fire, as the time since 1970; `None` while it is pending.
    #[must_use]
    pub fn fired_at(&self) -> Option<Duration> {
        self.facts.fired_at
    }

    /// When it was resolved, as the time since 1970; `None` before.
    #[must_use]
    pub const fn resolved_at(&self) -> Option<Duration> {
        self.resolved_at
    }

    /// A hash of its labels (FNV-1a, 64 bits), the same as Alertmanager's fingerprint of them. It stays the same across
    /// restarts.
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
        // JSON has no infinite numbers.
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

/// The fingerprint that Alertmanager gives to these labels: FNV-1a over names and values, sorted.
pub(crate) fn fingerprint(labels: &BTreeMap<String, String>) -> u64 {
    let mut hash = Fnv1a::default();
    for (name, value) in labels {
        hash.add_text(name);
        hash.add_text(value);
    }
    hash.finish()
}
