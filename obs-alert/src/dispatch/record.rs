//! What channels know of an alert.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crate::{
    Alert, AlertState,
    channel::{Line, Report},
    time::Moment,
};

/// How long after a failure an alert is handed to the channel again.
const RETRY: Duration = Duration::from_secs(60);
/// How long alerts that are over are told to Alertmanagers, which may miss some.
pub(super) const KEEP: Duration = Duration::from_secs(15 * 60);
/// How long after the end of an alert a channel of the state file may be added that was told of it.
const AWAITED: Duration = Duration::from_secs(3_600);

/// An alert that fires or has fired lately.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) alert: Alert,
    /// When it was over.
    pub(super) over: Option<Moment>,
    pub(super) told: HashMap<Arc<str>, Told>,
}

/// What one channel knows of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Before then it is not told that the alert fires.
    pub(super) next: Option<Moment>,
    /// It was told that the alert fires, and not yet that it is over.
    pub(super) knows: bool,
    /// A notification is on its way.
    pub(super) in_flight: bool,
    /// Where the channel led to, if that can be told.
    pub(super) target: u64,
}

// === impl Record ===

impl Record {
    pub(super) fn new(alert: Alert) -> Self {
        Self { alert, over: None, told: HashMap::new() }
    }

    /// Whether this channel shall be told now.
    pub(super) fn is_due(&self, line: &Line, now: Moment, is_muted: bool) -> bool {
        let told = self.told.get(&line.name);
        if told.is_some_and(|told| told.in_flight) {
            return false;
        }
        match self.alert.state() {
            AlertState::Firing => {
                let has_come = told.and_then(|told| told.next).is_none_or(|next| next.has_come(now));
                has_come && !is_muted && self.alert.severity() >= line.settings.min_severity
            }
            // Whoever was told that it fires is told that it is over, whatever has changed since.
            AlertState::Resolved => line.settings.send_resolved && told.is_some_and(|told| told.knows),
            AlertState::Pending => false,
        }
    }

    /// It was handed to the channel, or there was no room.
    pub(super) fn hand_over(&mut self, line: &Line, now: Moment, has_room: bool) {
        let cooldown = self.alert.facts.cooldown;
        let is_firing = self.alert.state() == AlertState::Firing;
        let told = self.told.entry(Arc::clone(&line.name)).or_default();
        told.in_flight = has_room;
        told.target = line.target;
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
            // What fires after this is news, also within the cooldown.
            (AlertState::Resolved, true) => (told.knows, told.next) = (false, None),
            // It is tried again until the channel takes it.
            (AlertState::Resolved | AlertState::Pending, _) => {}
        }
    }

    /// The channel was taken away, or leads elsewhere now.
    pub(super) fn forget(&mut self, channel: &str) {
        self.told.remove(channel);
    }

    /// Whether a channel still has to be told that it is over.
    pub(super) fn is_awaited(&self, lines: &[Line], now: Moment) -> bool {
        self.told.iter().any(|(channel, told)| {
            let line = lines.iter().find(|line| line.name == *channel);
            let may_be_told = line.map_or_else(
                || self.over.is_none_or(|over| now.since(over) < AWAITED),
                |line| line.settings.send_resolved,
            );
            told.in_flight || told.knows && may_be_told
        })
    }

    /// Whether nobody needs it any more: over for long enough, everybody told, and not to be told again if
    /// it came back.
    pub(super) fn is_done(&self, lines: &[Line], now: Moment) -> bool {
        let is_old = self.over.is_some_and(|over| now.since(over) >= KEEP);
        is_old
            && !self.is_awaited(lines, now)
            && self.told.values().all(|told| told.next.is_none_or(|next| next.has_come(now)))
    }
}
