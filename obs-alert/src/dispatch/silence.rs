//! Silences: alerts that are not notified for a time.

use std::{fmt, num::ParseIntError, str::FromStr, time::Duration};

use super::matchers::{Matchers, Matching};
use crate::{promql::Matcher, time::Moment};

/// For a time, alerts whose labels match are not notified: during maintenance, or while somebody works on the cause.
/// They are still evaluated, and notified if they fire afterwards. A restart ends it.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::Silence;
///
/// let silence = Silence::new(Duration::from_secs(3600), "database is being upgraded")
///     .with("alertname", "DatabaseConnectionsHigh")
///     .matching("pool", "orders|payments");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a silence begins when it is given to an `AlertManager`"]
pub struct Silence {
    pub(super) matchers: Matchers,
    pub(super) span: Duration,
    pub(super) comment: String,
}

/// The id of an active silence, with which [`AlertManager::end_silence`](crate::AlertManager::end_silence) ends it.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::{AlertManager, Silence};
/// use obs_core::metrics::Registry;
///
/// let manager = AlertManager::builder().registry(&Registry::new()).build()?;
/// let id = manager.silence(Silence::new(Duration::from_secs(600), "deployment").with("service", "orders"))?;
/// assert_eq!(manager.silences().len(), 1);
/// assert!(manager.silence_ends(id).is_some());
/// assert!(manager.end_silence(id.to_string().parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its text is that of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SilenceId(pub(super) u64);

/// An active silence.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) id: SilenceId,
    pub(super) matching: Matching,
    pub(super) ends_at: Moment,
    pub(super) silence: Silence,
}

// === impl Silence ===

impl Silence {
    /// A silence that starts when it is added and lasts for `span`; `comment` says who wants it and why. Without
    /// matchers it is refused.
    pub fn new(span: Duration, comment: impl Into<String>) -> Self {
        Self {
            matchers: Matchers::default(),
            span,
            comment: comment.into(),
        }
    }

    /// Only alerts whose `label` is `value`.
    pub fn with(mut self, label: &str, value: &str) -> Self {
        self.matchers = self.matchers.edit(|selector| selector.with(label, value));
        self
    }

    /// Only alerts whose `label` is not `value`.
    pub fn without(mut self, label: &str, value: &str) -> Self {
        self.matchers = self.matchers.edit(|selector| selector.without(label, value));
        self
    }

    /// Only alerts whose `label` matches a regular expression, anchored at both ends.
    pub fn matching(mut self, label: &str, regex: &str) -> Self {
        self.matchers = self.matchers.edit(|selector| selector.matching(label, regex));
        self
    }

    /// Who wants it and why.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// What the labels of an alert have to be, all of it.
    #[must_use]
    pub fn matchers(&self) -> &[Matcher] {
        self.matchers.list()
    }

    pub(super) fn begin(self, id: SilenceId, now: Moment) -> Result<Begun, String> {
        if self.matchers.list().is_empty() {
            return Err("a silence of all alerts: say which ones, by `with` or `matching`".to_owned());
        }
        if self.span.is_zero() {
            return Err("a silence of 0 s: say how long it lasts".to_owned());
        }
        let matching = self.matchers.ready().map_err(|error| error.to_string())?;
        Ok(Begun {
            id,
            matching,
            ends_at: now.after(self.span),
            silence: self,
        })
    }
}

// === impl SilenceId ===

impl fmt::Display for SilenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SilenceId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}
