//! What a channel is given.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{Alert, AlertState};

/// Alerts that are told together: those of one group whose time has come.
#[derive(Clone, Debug)]
pub struct Notification {
    pub(crate) receiver: Arc<str>,
    pub(crate) group_labels: BTreeMap<String, String>,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) stamp: Stamp,
}

/// What a notification says besides its alerts.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// Where the service is reached by people.
    pub(crate) external_url: Arc<str>,
    /// Until when a receiver that hears nothing more takes the alerts to fire, since 1970.
    pub(crate) expires_at: Duration,
}

// === impl Notification ===

impl Notification {
    /// The name of the channel.
    #[must_use]
    pub fn receiver(&self) -> &str {
        &self.receiver
    }

    /// The alerts; firing ones and resolved ones.
    #[must_use]
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// Whether any of them fires.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.alerts.iter().any(|alert| alert.state() == AlertState::Firing)
    }

    /// `firing` if any of them fires, else `resolved`.
    #[must_use]
    pub fn status(&self) -> AlertState {
        if self.is_firing() { AlertState::Firing } else { AlertState::Resolved }
    }

    /// What they are grouped by.
    #[must_use]
    pub fn group_labels(&self) -> &BTreeMap<String, String> {
        &self.group_labels
    }

    /// The labels that all of them have.
    #[must_use]
    pub fn common_labels(&self) -> BTreeMap<String, String> {
        common(self.alerts.iter().map(Alert::labels))
    }

    /// The annotations that all of them have.
    #[must_use]
    pub fn common_annotations(&self) -> BTreeMap<String, String> {
        common(self.alerts.iter().map(Alert::annotations))
    }

    /// One line for people: `[FIRING:2] HighErrorRate (critical): Error rate exceeds 5%`.
    #[must_use]
    pub fn title(&self) -> String {
        let status = self.status().as_str().to_uppercase();
        let count = self.alerts.iter().filter(|alert| alert.state() == self.status()).count();
        let Some(first) = self.alerts.first() else { return format!("[{status}]") };
        format!("[{status}:{count}] {} ({}): {}", first.name(), first.severity(), first.message())
    }
}

pub(super) fn common<'a>(mut maps: impl Iterator<Item = &'a BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let first = maps.next().cloned().unwrap_or_default();
    maps.fold(first, |mut common, map| {
        common.retain(|key, value| map.get(key) == Some(value));
        common
    })
}
