//! From alerts to notifications.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Inhibition, Silence, SilenceId,
    group::groups,
    inhibition::Ready,
    record::{Record, SavedRecord},
    silence::Begun,
};
use crate::{
    Alert,
    channel::{Line, Notification, Reports, Stamp},
    manager::Telemetry,
    time::Moment,
};

/// How long resolved alerts are remembered, and told to Alertmanagers, which may miss some.
const KEEP: Duration = Duration::from_secs(15 * 60);
/// How often Alertmanagers are told of what goes on.
const RESEND: Duration = Duration::from_secs(60);

/// Channels, and what they know.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    lines: Vec<Line>,
    reports: Reports,
    telemetry: Telemetry,
    records: HashMap<u64, Record>,
    saved: HashMap<u64, SavedRecord>,
    silences: Vec<Begun>,
    silences_begun: u64,
    inhibitions: Vec<Ready>,
    group_by: Vec<String>,
    external_url: Arc<str>,
    /// Firing alerts that hear nothing more are over after this.
    expiry: Duration,
    pushed: Option<Moment>,
    muted: Muted,
}

/// Firing alerts that nobody is told of.
#[derive(Clone, Debug, Default)]
struct Muted {
    silenced: HashSet<u64>,
    inhibited: HashSet<u64>,
}

/// How an evaluation has left the alerts.
#[derive(Debug)]
pub(crate) struct Firing {
    /// All that fire.
    pub(crate) alerts: Vec<Alert>,
    /// Those that were over in this evaluation.
    pub(crate) resolved: Vec<Alert>,
    /// Whether one has begun to fire.
    pub(crate) has_news: bool,
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
            saved: HashMap::new(),
            silences: Vec::new(),
            silences_begun: 0,
            inhibitions: Vec::new(),
            group_by,
            external_url: external_url.into(),
            // As Prometheus does: three chances may be missed.
            expiry: 4 * interval.max(RESEND),
            pushed: None,
            muted: Muted::default(),
        }
    }

    pub(crate) fn add(&mut self, line: Line) {
        self.lines.push(line);
        // An Alertmanager that comes now hears of everything at once.
        self.pushed = None;
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Line> {
        let at = self.lines.iter().position(|line| &*line.name == name)?;
        Some(self.lines.remove(at))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.lines.iter().any(|line| &*line.name == name)
    }

    pub(crate) fn inhibit(&mut self, inhibition: Inhibition) -> Result<(), String> {
        self.inhibitions.push(inhibition.ready()?);
        Ok(())
    }

    pub(crate) fn silence(&mut self, silence: Silence, now: Moment) -> Result<SilenceId, String> {
        let id = SilenceId(self.silences_begun);
        self.silences.push(silence.begin(id, now)?);
        self.silences_begun += 1;
        Ok(id)
    }

    /// Whether it was still there.
    pub(crate) fn end_silence(&mut self, id: SilenceId) -> bool {
        let before = self.silences.len();
        self.silences.retain(|begun| begun.id != id);
        self.silences.len() < before
    }

    pub(crate) fn silences(&self) -> impl Iterator<Item = (SilenceId, &Silence)> {
        self.silences.iter().map(|begun| (begun.id, &begun.silence))
    }

    /// Whether a firing alert is silenced.
    pub(crate) fn is_silenced(&self, alert: &Alert) -> bool {
        self.muted.silenced.contains(&alert.fingerprint())
    }

    /// Alerts that fire and are silenced; that are inhibited.
    pub(crate) fn suppressed(&self) -> (usize, usize) {
        (self.muted.silenced.len(), self.muted.inhibited.len())
    }

    /// Tells who is to be told after an evaluation.
    pub(crate) fn dispatch(&mut self, firing: Firing, now: Moment) {
        self.settle_reports(now);
        let has_news = firing.has_news || !firing.resolved.is_empty();
        self.take_in(firing, now);
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
        self.records.retain(|_, record| !record.is_done(now, KEEP));
    }

    /// What the channels have done since the last time.
    pub(crate) fn settle_reports(&mut self, now: Moment) {
        for (channel, report) in self.reports.take() {
            if let Some(record) = self.records.get_mut(&report.fingerprint) {
                record.settle(&channel, report, now);
            }
        }
    }

    fn take_in(&mut self, Firing { alerts, resolved, has_news: _ }: Firing, now: Moment) {
        let firing = alerts.into_iter().map(|alert| (alert, None));
        let over = resolved.into_iter().map(|alert| (alert, Some(now)));
        for (alert, over) in firing.chain(over) {
            let print = alert.fingerprint();
            let record = self.records.entry(print).or_insert_with(|| Record::new(alert.clone()));
            if let Some(saved) = self.saved.remove(&print) {
                record.restore(&saved, now);
            }
            record.over = over;
            record.alert = alert;
        }
    }

    fn mute(&mut self, now: Moment) -> Muted {
        self.silences.retain(|begun| !begun.ends_at.has_come(now));
        let firing = self.records.values().filter(|record| record.over.is_none()).map(|record| &record.alert);
        let is_silenced = |alert: &&Alert| self.silences.iter().any(|begun| begun.matching.takes(alert));
        let silenced = firing.clone().filter(is_silenced).map(Alert::fingerprint).collect();
        let inhibited = self.inhibitions.iter().flat_map(|inhibition| inhibition.muted(firing.clone())).collect();
        Muted { silenced, inhibited }
    }

    fn push_due(&mut self, index: usize, now: Moment) {
        let line = &self.lines[index];
        let is_muted = |print: &u64| self.muted.silenced.contains(print) || self.muted.inhibited.contains(print);
        let due = self.records.iter().filter(|(print, record)| record.is_due(line, now, is_muted(print)));
        let due: Vec<Alert> = due.map(|(_, record)| record.alert.clone()).collect();
        if due.is_empty() {
            return;
        }
        let name = Arc::clone(&line.name);
        for (labels, alerts) in groups(due, &self.group_by) {
            let prints: Vec<_> = alerts.iter().map(Alert::fingerprint).collect();
            let has_room = self.push(index, labels, alerts, now);
            for print in prints {
                if let Some(record) = self.records.get_mut(&print) {
                    record.hand_over(&name, now, has_room);
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
        let wanted = wanted.filter(|alert| alert.severity() >= line.settings.min_severity).cloned();
        for (_, alerts) in groups(wanted.collect(), &[]) {
            self.push(index, BTreeMap::new(), alerts, now);
        }
    }

    fn push(&self, index: usize, group_labels: BTreeMap<String, String>, alerts: Vec<Alert>, now: Moment) -> bool {
        let line = &self.lines[index];
        let stamp = Stamp { external_url: Arc::clone(&self.external_url), expires_at: now.after(self.expiry).unix() };
        let has_room = line.push(Notification { receiver: Arc::clone(&line.name), group_labels, alerts, stamp });
        if !has_room {
            self.telemetry.dropped(&line.name);
        }
        has_room
    }

    /// Waits until all channels have sent or given up what they were handed; whether that came in time.
    pub(crate) fn flusher(&self) -> impl Fn(Instant) -> bool + use<> {
        let idles: Vec<_> = self.lines.iter().map(Line::idle).collect();
        move |until| idles.iter().all(|idle| idle(until))
    }

    /// Ends all channels: they send what they have until `end`.
    pub(crate) fn end(&mut self, end: Instant) -> Vec<Line> {
        self.lines.iter().for_each(|line| line.end(end));
        std::mem::take(&mut self.lines)
    }

    pub(crate) fn save(&self) -> Vec<SavedRecord> {
        self.records.values().map(Record::save).collect()
    }

    pub(crate) fn restore(&mut self, saved: Vec<SavedRecord>) {
        self.saved = saved.into_iter().map(|record| (record.fingerprint, record)).collect();
    }
}
