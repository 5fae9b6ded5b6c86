//! What channels know of an alert.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    Alert, AlertState,
    channel::{Line, Report},
    time::Moment,
};

/// How long after a failure an alert is handed to the channel again.
const RETRY: Duration = Duration::from_secs(60);

/// An alert that fires or has fired lately.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) alert: Alert,
    /// When it was over.
    pub(super) over: Option<Moment>,
    told: HashMap<Arc<str>, Told>,
}

/// What one channel knows of it.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Before then it is not told that the alert fires.
    next: Option<Moment>,
    /// It knows that the alert fires.
    knows: bool,
    /// A notification is on its way.
    in_flight: bool,
}

/// [`Record`] in a state file: who knew what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedRecord {
    pub(crate) fingerprint: u64,
    /// Channel, milliseconds since 1970 before which it is not told again, and whether it knows.
    pub(crate) told: Vec<(String, Option<i64>, bool)>,
}

// === impl Record ===

impl Record {
    pub(super) fn new(alert: Alert) -> Self {
        Self { alert, over: None, told: HashMap::new() }
    }

    /// Whether this channel shall be told now.
    pub(super) fn is_due(&self, line: &Line, now: Moment, is_muted: bool) -> bool {
        if self.alert.severity() < line.settings.min_severity {
            return false;
        }
        let told = self.told.get(&line.name);
        if told.is_some_and(|told| told.in_flight) {
            return false;
        }
        let has_come = told.and_then(|told| told.next).is_none_or(|next| next.has_come(now));
        match self.alert.state() {
            AlertState::Firing => has_come && !is_muted,
            // After a failure `next` is soon; else it is when the alert would be told again.
            AlertState::Resolved => line.settings.send_resolved && told.is_some_and(|told| told.knows),
            AlertState::Pending => false,
        }
    }

    /// It was handed to the channel, or there was no room.
    pub(super) fn hand_over(&mut self, channel: &Arc<str>, now: Moment, has_room: bool) {
        let cooldown = self.alert.facts.cooldown;
        let is_firing = self.alert.state() == AlertState::Firing;
        let told = self.told.entry(Arc::clone(channel)).or_default();
        told.in_flight = has_room;
        if is_firing {
            told.next = Some(now.after(if has_room { cooldown } else { cooldown.min(RETRY) }));
        }
    }

    /// What became of it.
    pub(super) fn settle(&mut self, channel: &Arc<str>, report: Report, now: Moment) {
        let cooldown = self.alert.facts.cooldown;
        let Some(told) = self.told.get_mut(channel) else { return };
        told.in_flight = false;
        match (report.told, report.is_sent) {
            (AlertState::Firing, true) => told.knows = true,
            (AlertState::Firing, false) => told.next = Some(now.after(cooldown.min(RETRY))),
            (AlertState::Resolved, true) => told.knows = false,
            // It is tried again for as long as the alert is remembered.
            (AlertState::Resolved | AlertState::Pending, _) => {}
        }
    }

    /// Whether nobody needs it any more: over for long enough, and not to be told again if it came back.
    pub(super) fn is_done(&self, now: Moment, keep: Duration) -> bool {
        let is_old = self.over.is_some_and(|over| now.since(over) >= keep);
        is_old && self.told.values().all(|told| told.next.is_none_or(|next| next.has_come(now)))
    }

    pub(super) fn save(&self) -> SavedRecord {
        let told = self
            .told
            .iter()
            .map(|(channel, told)| (channel.to_string(), told.next.map(Moment::unix_millis), told.knows));
        SavedRecord { fingerprint: self.alert.fingerprint(), told: told.collect() }
    }

    pub(super) fn restore(&mut self, saved: &SavedRecord, now: Moment) {
        for (channel, next, knows) in &saved.told {
            let next = next.map(|unix| now.at_unix_millis(unix));
            self.told.insert(channel.as_str().into(), Told { next, knows: *knows, in_flight: false });
        }
    }
}
