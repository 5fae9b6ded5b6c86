//! What channels know, in a state file.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::record::{Notified, Record};
use crate::{
    Alert, Severity,
    time::{Away, Moment, millis},
};

/// An alert of which a channel was notified, or is to be notified.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedRecord {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    severity: String,
    value: Option<f64>,
    /// Milliseconds.
    cooldown: u64,
    /// Milliseconds since 1970.
    active_at: u64,
    fired_at: Option<u64>,
    resolved_at: Option<u64>,
    /// How many milliseconds before the file was written it was over.
    over: Option<i64>,
    notified: Vec<SavedTold>,
}

/// What one channel knows of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedTold {
    channel: String,
    target: u64,
    knows: bool,
    /// How many milliseconds after the file was written it may be notified again that the alert fires.
    next: Option<i64>,
}

// === impl SavedRecord ===

impl SavedRecord {
    pub(super) fn of(record: &Record, now: Moment) -> Self {
        let alert = &record.alert;
        let notified = record.notified.iter().map(|(channel, notified)| SavedTold {
            channel: channel.to_string(),
            target: notified.target,
            // What is on its way may arrive: better notified twice than never.
            knows: notified.knows || notified.in_flight,
            next: notified
                .next
                .filter(|_| !notified.in_flight)
                .map(|next| now.millis_to(next))
                .filter(|left| *left > 0),
        });
        Self {
            labels: alert.labels().clone(),
            annotations: alert.annotations().clone(),
            severity: alert.severity().as_str().to_owned(),
            value: alert.value().filter(|value| value.is_finite()),
            cooldown: whole(alert.facts.cooldown),
            active_at: whole(alert.active_at()),
            fired_at: alert.fired_at().map(whole),
            resolved_at: alert.resolved_at().map(whole),
            over: record.over.map(|over| over.millis_to(now)),
            notified: notified.collect(),
        }
    }

    /// `None` if it is of no severity.
    pub(super) fn restored(self, away: Away) -> Option<Record> {
        let severity: Severity = self.severity.parse().ok()?;
        let over = self.over.map(|ago| away.before(ago));
        let cooldown = Duration::from_millis(self.cooldown);
        // What is over has an end, and nothing else has.
        let resolved_at = over.map(|_| self.resolved_at.or(self.fired_at).unwrap_or(self.active_at));
        let times = [Some(self.active_at), self.fired_at, resolved_at].map(|at| at.map(Duration::from_millis));
        let mut alert = Alert::restored((self.labels, self.annotations), severity, self.value, times);
        alert.set_cooldown(cooldown);
        let notified = self.notified.into_iter().map(|notified| {
            // Nobody waits longer than the whole cooldown.
            let next = notified.next.map(|left| away.after(left.min(millis(cooldown))));
            let known = Notified {
                next,
                knows: notified.knows,
                in_flight: false,
                target: notified.target,
            };
            (notified.channel.as_str().into(), known)
        });
        let notified = notified.collect();
        Some(Record { alert, over, notified })
    }
}

fn whole(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
