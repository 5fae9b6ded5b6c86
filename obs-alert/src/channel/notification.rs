//! Notifications, which channels get.

#[cfg(feature = "email")]
use std::hash::{BuildHasher as _, RandomState};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{Alert, AlertState, Moment, text::one_line};

/// Alerts of one group that are sent together to one channel: the argument of
/// [`Channel::closure`](crate::Channel::closure).
///
/// Alerts with the same values of the [grouping labels](crate::AlertManagerBuilder::group_by) are a group, as in
/// Alertmanager. A notification has the alerts of its group that are due: those that have begun to fire, that still
/// fire after their cooldown, or that were resolved. It has at most 200 alerts and about 512 KiB; larger groups are
/// divided.
///
/// ```
/// use obs_alert::{Channel, Notification};
///
/// let pager = Channel::closure("pager", |notification: &Notification| {
///     for alert in notification.alerts() {
///         println!("{:?} {}: {}", alert.state(), alert.name(), alert.message());
///     }
///     Ok::<_, std::io::Error>(())
/// });
/// ```
#[derive(Clone, Debug)]
pub struct Notification {
    pub(crate) receiver: Arc<str>,
    pub(crate) group_labels: BTreeMap<String, String>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) stamp: Stamp,
}

/// The data of a notification besides its alerts.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// The URL of the service for people.
    pub(crate) external_url: Arc<str>,
    /// A unique id, the same at each attempt.
    #[cfg(feature = "email")]
    pub(crate) id: u64,
    /// When it was made, since 1970.
    made_at: Duration,
    /// When a receiver without further notifications considers the alerts resolved, since 1970.
    expires_at: Duration,
}

/// The longest title, in bytes.
const MOST_TITLE: usize = 300;

// === impl Stamp ===

impl Stamp {
    pub(crate) fn new(external_url: &Arc<str>, now: Moment, expiry: Duration) -> Self {
        Self {
            external_url: Arc::clone(external_url),
            // Keys of hash maps are random.
            #[cfg(feature = "email")]
            id: RandomState::new().hash_one(now.unix()),
            made_at: now.unix(),
            expires_at: now.after(expiry).unix(),
        }
    }

    /// The start of an alert and, if it is resolved, its end, since 1970. After a step of the wall clock neither is
    /// in the future, nor the end before the start: receivers would refuse that, or consider it firing.
    pub(super) fn times(&self, alert: &Alert) -> (Duration, Option<Duration>) {
        let began = alert.fired_at().unwrap_or_else(|| alert.active_at()).min(self.made_at);
        (
            began,
            alert.resolved_at().map(|ended| ended.min(self.made_at).max(began)),
        )
    }

    /// When it was made, since 1970.
    pub(super) const fn made_at(&self) -> Duration {
        self.made_at
    }

    /// When a receiver without further notifications considers an alert resolved, since 1970.
    pub(super) const fn expires_at(&self) -> Duration {
        self.expires_at
    }
}

// === impl Notification ===

impl Notification {
    /// The name of the channel.
    #[must_use]
    pub fn receiver(&self) -> &str {
        &self.receiver
    }

    /// The alerts, firing and resolved ones.
    #[must_use]
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// Whether any of them is firing.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.alerts.iter().any(|alert| alert.state() == AlertState::Firing)
    }

    /// Firing if any of them is, else resolved.
    #[must_use]
    pub fn status(&self) -> AlertState {
        if self.is_firing() {
            AlertState::Firing
        } else {
            AlertState::Resolved
        }
    }

    /// The labels by which they are grouped, with their values: `alertname="HighErrorRate"`.
    #[must_use]
    pub fn group_labels(&self) -> &BTreeMap<String, String> {
        &self.group_labels
    }

    /// The labels that all of the alerts have, with the same values.
    #[must_use]
    pub fn common_labels(&self) -> BTreeMap<String, String> {
        common(self.alerts.iter().map(Alert::labels))
    }

    /// The annotations that all of the alerts have, with the same values.
    #[must_use]
    pub fn common_annotations(&self) -> BTreeMap<String, String> {
        common(self.alerts.iter().map(Alert::annotations))
    }

    /// One line for people, of 300 bytes at most: `[FIRING:2] HighErrorRate (critical): Error rate exceeds 5%`.
    #[must_use]
    pub fn title(&self) -> String {
        let status = self.status().as_str().to_uppercase();
        let count = self
            .alerts
            .iter()
            .filter(|alert| alert.state() == self.status())
            .count();
        let Some(first) = self.alerts.first() else {
            return format!("[{status}]");
        };
        let title = format!(
            "[{status}:{count}] {} ({}): {}",
            first.name(),
            first.severity(),
            first.message()
        );
        one_line(&title, MOST_TITLE)
    }

    /// Its approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.alerts.iter().map(Alert::bytes).sum()
    }
}

pub(super) fn common<'a>(mut maps: impl Iterator<Item = &'a BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let first = maps.next().cloned().unwrap_or_default();
    maps.fold(first, |mut common, map| {
        common.retain(|key, value| map.get(key) == Some(value));
        common
    })
}
