//! What channels know of an alert.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crate::{
    Alert, AlertState,
    channel::{ChannelHandle, Report},
    time::Moment,
};

/// How long after a failure an alert is handed to the channel again.
const RETRY: Duration = Duration::from_secs(60);
/// How long alerts that are over are notified to Alertmanagers, which may miss some.
pub(super) const KEEP: Duration = Duration::from_secs(15 * 60);
/// How long after the end of an alert a channel of the state file may be added that was notified of it.
const AWAITED: Duration = Duration::from_secs(3_600);

/// An alert that fires or has fired lately.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) alert: Alert,
    /// When it was over.
    pub(super) over: Option<Moment>,
    pub(super) notified: HashMap<Arc<str>, Notified>,
}

/// What one channel knows of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Notified {
    /// Before then it is not notified that the alert fires.
    pub(super) next: Option<Moment>,
    /// It was notified that the alert fires, and not yet that it is over.
    pub(super) knows: bool,
    /// A notification is on its way.
    pub(super) in_flight: bool,
    /// Where the channel led to, if that can be notified.
    pub(super) target: u64,
}

// === impl Record ===

impl Record {
    pub(super) fn new(alert: Alert) -> Self {
        Self {
            alert,
            over: None,
            notified: HashMap::new(),
        }
    }

    /// Whether this channel shall be notified now.
    pub(super) fn is_due(&self, line: &ChannelHandle, now: Moment, is_muted: bool) -> bool {
        let notified = self.notified.get(&line.name);
        if notified.is_some_and(|notified| notified.in_flight) {
            return false;
        }
        match self.alert.state() {
            AlertState::Firing => {
                let has_come = notified
                    .and_then(|notified| notified.next)
                    .is_none_or(|next| next.has_come(now));
                has_come && !is_muted && self.alert.severity() >= line.settings.min_severity
            }
            // Whoever was notified that it fires is notified that it is over, whatever has changed since.
            AlertState::Resolved => line.settings.send_resolved && notified.is_some_and(|notified| notified.knows),
            AlertState::Pending => false,
        }
    }

    /// It was handed to the channel, or there was no room.
    pub(super) fn hand_over(&mut self, line: &ChannelHandle, now: Moment, has_room: bool) {
        let cooldown = self.alert.facts.cooldown;
        let is_firing = self.alert.state() == AlertState::Firing;
        let notified = self.notified.entry(Arc::clone(&line.name)).or_default();
        notified.in_flight = has_room;
        notified.target = line.target;
        if is_firing {
            notified.next = Some(now.after(if has_room { cooldown } else { cooldown.min(RETRY) }));
        }
    }

    /// What became of it.
    pub(super) fn settle(&mut self, channel: &Arc<str>, report: Report, now: Moment) {
        let cooldown = self.alert.facts.cooldown;
        let Some(notified) = self.notified.get_mut(channel) else {
            return;
        };
        notified.in_flight = false;
        match (report.notified, report.is_sent) {
            (AlertState::Firing, true) => notified.knows = true,
            (AlertState::Firing, false) => notified.next = Some(now.after(cooldown.min(RETRY))),
            // What fires after this is news, also within the cooldown.
            (AlertState::Resolved, true) => (notified.knows, notified.next) = (false, None),
            // It is tried again until the channel takes it.
            (AlertState::Resolved | AlertState::Pending, _) => {}
        }
    }

    /// The channel was taken away, or leads elsewhere now.
    pub(super) fn forget(&mut self, channel: &str) {
        self.notified.remove(channel);
    }

    /// Whether a channel still has to be notified that it is over.
    pub(super) fn is_awaited(&self, lines: &[ChannelHandle], now: Moment) -> bool {
        self.notified.iter().any(|(channel, notified)| {
            let line = lines.iter().find(|line| line.name == *channel);
            let may_be_told = line.map_or_else(
                || self.over.is_none_or(|over| now.since(over) < AWAITED),
                |line| line.settings.send_resolved,
            );
            notified.in_flight || notified.knows && may_be_told
        })
    }

    /// Whether nobody needs it any more: over for long enough, everybody notified, and not to be notified again if
    /// it came back.
    pub(super) fn is_done(&self, lines: &[ChannelHandle], now: Moment) -> bool {
        let is_old = self.over.is_some_and(|over| now.since(over) >= KEEP);
        is_old
            && !self.is_awaited(lines, now)
            && self
                .notified
                .values()
                .all(|notified| notified.next.is_none_or(|next| next.has_come(now)))
    }
}
