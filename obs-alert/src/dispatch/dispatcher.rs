//! From alerts to notifications.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Inhibition, SavedRecord, Silence, SilenceId,
    group::groups,
    inhibition::Ready,
    mutes::{Labels, Mutes, Ring},
    record::{KEEP, Record},
    silence::Begun,
};
use crate::{
    Alert,
    channel::{ChannelHandle, Notification, Reports, Stamp},
    manager::Telemetry,
    time::{Away, Moment},
};

/// The largest size, in bytes, of resolved alerts that a channel still has to be notified of.
const MOST_WAITING: usize = 4 * 1024 * 1024;
/// How often Alertmanagers are notified of alerts that keep firing.
const RESEND: Duration = Duration::from_secs(60);

/// The channels, and the alerts of which each was notified.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    lines: Vec<ChannelHandle>,
    reports: Reports,
    telemetry: Telemetry,
    records: HashMap<u64, Record>,
    silences: Vec<Begun>,
    silences_begun: u64,
    inhibitions: Vec<Ready>,
    group_by: Vec<String>,
    external_url: Arc<str>,
    /// The time after which a receiver without further notifications considers an alert resolved.
    expiry: Duration,
    pushed: Option<Moment>,
    muted: Muted,
    /// Whether the state file has to be written.
    has_changed: bool,
}

/// Firing alerts that are not notified.
#[derive(Clone, Debug, Default)]
struct Muted {
    silenced: HashSet<u64>,
    inhibited: HashSet<u64>,
}

// === impl Dispatcher ===

impl Dispatcher {
    pub(crate) fn new(
        reports: Reports,
        telemetry: Telemetry,
        group_by: Vec<String>,
        external_url: &str,
        interval: Duration,
    ) -> Self {
        Self {
            lines: Vec::new(),
            reports,
            telemetry,
            records: HashMap::new(),
            silences: Vec::new(),
            silences_begun: 0,
            inhibitions: Vec::new(),
            group_by,
            external_url: external_url.into(),
            // As Prometheus does: three notifications can be lost.
            expiry: 4 * interval.max(RESEND),
            pushed: None,
            muted: Muted::default(),
            has_changed: false,
        }
    }

    /// Returns it if there is a channel of its name.
    pub(crate) fn add(&mut self, line: ChannelHandle) -> Option<ChannelHandle> {
        if self.lines.iter().any(|other| other.name == line.name) {
            return Some(line);
        }
        let leads_elsewhere = |record: &Record| {
            record
                .notified
                .get(&line.name)
                .is_some_and(|notified| notified.target != line.target)
        };
        for record in self.records.values_mut().filter(|record| leads_elsewhere(record)) {
            record.forget(&line.name);
            self.has_changed = true;
        }
        self.lines.push(line);
        // A new Alertmanager is notified of everything at once.
        self.pushed = None;
        None
    }

    /// A new channel of the same name is notified of everything that fires.
    pub(crate) fn remove(&mut self, name: &str) -> Option<ChannelHandle> {
        let at = self.lines.iter().position(|line| &*line.name == name)?;
        self.records.values_mut().for_each(|record| record.forget(name));
        self.has_changed = true;
        Some(self.lines.remove(at))
    }

    pub(crate) fn inhibit(&mut self, inhibition: Inhibition) -> Result<(), String> {
        self.inhibitions.push(inhibition.ready()?);
        Ok(())
    }

    /// Whether alerts can inhibit each other: with one inhibition they can't.
    pub(crate) fn may_have_rings(&self) -> bool {
        self.inhibitions.len() > 1
    }

    /// Alerts of these labels that would inhibit each other.
    pub(crate) fn ring(&self, alerts: &[Labels]) -> Option<Ring> {
        let ring = Mutes::new(&self.inhibitions, &alerts.iter().collect::<Vec<_>>()).ring()?;
        let name = |index: usize| alerts[index].get("alertname").cloned().unwrap_or_default();
        Some(Ring(ring.into_iter().map(name).collect()))
    }

    pub(crate) fn silence(&mut self, silence: Silence, now: Moment) -> Result<SilenceId, String> {
        let id = SilenceId(self.silences_begun);
        self.silences.push(silence.begin(id, now)?);
        self.silences_begun += 1;
        Ok(id)
    }

    /// False if it has ended already.
    pub(crate) fn end_silence(&mut self, id: SilenceId) -> bool {
        let before = self.silences.len();
        self.silences.retain(|begun| begun.id != id);
        self.silences.len() < before
    }

    pub(crate) fn silences(&self) -> impl Iterator<Item = (SilenceId, &Silence)> {
        self.silences.iter().map(|begun| (begun.id, &begun.silence))
    }

    pub(crate) fn silence_ends(&self, id: SilenceId) -> Option<Moment> {
        let begun = self.silences.iter().find(|begun| begun.id == id)?;
        Some(begun.ends_at)
    }

    /// Whether a firing alert is silenced.
    pub(crate) fn is_silenced(&self, alert: &Alert) -> bool {
        self.muted.silenced.contains(&alert.fingerprint())
    }

    /// The numbers of firing alerts that are silenced and that are inhibited.
    pub(crate) fn suppressed(&self) -> (usize, usize) {
        (self.muted.silenced.len(), self.muted.inhibited.len())
    }

    /// Queues the notifications of an evaluation that has found these alerts firing, some of them new. Returns the alerts
    /// that are resolved since the last one.
    pub(crate) fn dispatch(&mut self, firing: Vec<Alert>, has_begun: bool, now: Moment) -> Vec<Alert> {
        self.settle_reports(now);
        let over = self.take_in(firing, now);
        let has_news = has_begun || !over.is_empty();
        self.has_changed |= has_news;
        self.muted = self.mute(now);
        for index in 0..self.lines.len() {
            if self.lines[index].is_stream {
                self.push_all(index, has_news, now);
            } else {
                self.push_due(index, now);
            }
        }
        if has_news || self.pushed.is_none_or(|pushed| now.since(pushed) >= RESEND) {
            self.pushed = Some(now);
        }
        let lines = &self.lines;
        self.records.retain(|_, record| !record.is_done(lines, now));
        self.bound(now);
        over
    }

    /// Reads the reports of the channels.
    pub(crate) fn settle_reports(&mut self, now: Moment) {
        for (channel, id, report) in self.reports.take() {
            // There can be reports after the end of a channel; those of a replaced one are ignored.
            let is_replaced = self.lines.iter().any(|line| line.name == channel && line.id != id);
            let record = self.records.get_mut(&report.fingerprint).filter(|_| !is_replaced);
            if let Some(record) = record {
                record.settle(&channel, report, now);
                self.has_changed = true;
            }
        }
    }

    /// Whether the outcome of a notification is not known yet.
    pub(crate) fn awaits_reports(&self) -> bool {
        self.records
            .values()
            .any(|record| record.notified.values().any(|notified| notified.in_flight))
    }

    /// Whether the state has changed since the last call.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.has_changed)
    }

    /// Resolves alerts that no longer fire, also those whose rule was removed or whose labels have changed.
    fn take_in(&mut self, firing: Vec<Alert>, now: Moment) -> Vec<Alert> {
        let fire: HashSet<u64> = firing.iter().map(Alert::fingerprint).collect();
        for alert in firing {
            match self.records.entry(alert.fingerprint()) {
                Entry::Occupied(mut known) => (known.get_mut().alert, known.get_mut().over) = (alert, None),
                Entry::Vacant(place) => drop(place.insert(Record::new(alert))),
            }
        }
        let mut over = Vec::new();
        for (print, record) in &mut self.records {
            if record.over.is_none() && !fire.contains(print) {
                record.over = Some(now);
                record.alert.resolve(now);
                over.push(record.alert.clone());
            }
        }
        over.sort_by(|one, other| (one.name(), one.fingerprint()).cmp(&(other.name(), other.fingerprint())));
        over
    }

    fn mute(&mut self, now: Moment) -> Muted {
        self.silences.retain(|begun| !begun.ends_at.has_come(now));
        let firing = self
            .records
            .values()
            .filter(|record| record.over.is_none())
            .map(|record| &record.alert);
        let firing: Vec<&Alert> = firing.collect();
        let is_silenced = |alert: &&&Alert| self.silences.iter().any(|begun| begun.matching.takes(alert.labels()));
        let silenced = firing
            .iter()
            .filter(is_silenced)
            .map(|alert| alert.fingerprint())
            .collect();
        let labels: Vec<&Labels> = firing.iter().map(|alert| alert.labels()).collect();
        let muted = Mutes::new(&self.inhibitions, &labels).muted();
        let inhibited = muted.into_iter().map(|index| firing[index].fingerprint()).collect();
        Muted { silenced, inhibited }
    }

    /// Drops the oldest resolved alerts that could not be sent, if there are too many.
    fn bound(&mut self, now: Moment) {
        let waiting = self
            .records
            .iter()
            .filter_map(|(print, record)| Some((record.over?, *print, record.alert.bytes())));
        let mut waiting: Vec<(Moment, u64, usize)> = waiting.collect();
        let mut bytes: usize = waiting.iter().map(|(.., bytes)| bytes).sum();
        if bytes <= MOST_WAITING {
            return;
        }
        waiting.sort_by_key(|(over, ..)| over.millis_to(now));
        while let Some((_, print, size)) = waiting.pop().filter(|_| bytes > MOST_WAITING) {
            bytes -= size;
            let Some(record) = self.records.remove(&print) else {
                continue;
            };
            let tells_ends = |channel: &&Arc<str>| {
                self.lines
                    .iter()
                    .any(|line| line.name == **channel && line.settings.send_resolved)
            };
            let unaware = record
                .notified
                .iter()
                .filter(|(_, notified)| notified.knows)
                .map(|(channel, _)| channel);
            unaware
                .filter(tells_ends)
                .for_each(|channel| self.telemetry.dropped(channel));
        }
    }

    fn push_due(&mut self, index: usize, now: Moment) {
        let line = &self.lines[index];
        let is_muted = |print: &u64| self.muted.silenced.contains(print) || self.muted.inhibited.contains(print);
        let due = self
            .records
            .iter()
            .filter(|(print, record)| record.is_due(line, now, is_muted(print)));
        let due: Vec<Alert> = due.map(|(_, record)| record.alert.clone()).collect();
        if due.is_empty() {
            return;
        }
        self.has_changed = true;
        for (labels, alerts) in groups(due, &self.group_by) {
            let prints: Vec<_> = alerts.iter().map(Alert::fingerprint).collect();
            let has_room = self.lines[index].push(self.notification(index, labels, alerts, now));
            if !has_room {
                self.telemetry.dropped(&self.lines[index].name);
            }
            for print in prints {
                if let Some(record) = self.records.get_mut(&print) {
                    record.hand_over(&self.lines[index], now, has_room);
                }
            }
        }
    }

    fn push_all(&self, index: usize, has_news: bool, now: Moment) {
        let is_due = has_news || self.pushed.is_none_or(|pushed| now.since(pushed) >= RESEND);
        if !is_due || self.records.is_empty() {
            return;
        }
        let line = &self.lines[index];
        let is_news = |record: &&Record| record.over.is_none_or(|over| now.since(over) < KEEP);
        let wanted = self.records.values().filter(is_news).map(|record| &record.alert);
        let wanted = wanted
            .filter(|alert| alert.severity() >= line.settings.min_severity)
            .cloned();
        let parts = groups(wanted.collect(), &[]).into_iter();
        line.replace(parts.map(|(_, alerts)| self.notification(index, BTreeMap::new(), alerts, now)));
    }

    fn notification(
        &self,
        index: usize,
        group_labels: BTreeMap<String, String>,
        alerts: Vec<Alert>,
        now: Moment,
    ) -> Notification {
        let stamp = Stamp::new(&self.external_url, now, self.expiry);
        Notification {
            receiver: Arc::clone(&self.lines[index].name),
            group_labels,
            alerts,
            stamp,
        }
    }

    /// Waits until all channels have sent, or finally failed to send, their queues. False if that takes too long.
    pub(crate) fn flusher(&self) -> impl Fn(Instant) -> bool + use<> {
        let idles: Vec<_> = self.lines.iter().map(ChannelHandle::idle).collect();
        move |until| idles.iter().all(|idle| idle(until))
    }

    /// Closes all channels, which send their queues until `end`.
    pub(crate) fn end(&mut self, end: Instant) -> Vec<ChannelHandle> {
        self.lines.iter().for_each(|line| line.end(end));
        std::mem::take(&mut self.lines)
    }

    pub(crate) fn save(&self, now: Moment) -> Vec<SavedRecord> {
        self.records
            .values()
            .map(|record| SavedRecord::of(record, now))
            .collect()
    }

    /// Continues from a state file: alerts that don't fire at the first evaluation are resolved.
    pub(crate) fn restore(&mut self, saved: Vec<SavedRecord>, away: Away) {
        let records = saved.into_iter().filter_map(|record| record.restored(away));
        self.records = records.map(|record| (record.alert.fingerprint(), record)).collect();
    }
}
