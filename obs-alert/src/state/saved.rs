//! Alerts in a state file.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Active, Phase};
use crate::{
    AlertRule,
    time::{Away, Moment},
};

/// An alert that was pending or fired.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedAlert {
    pub(crate) rule: String,
    labels: BTreeMap<String, String>,
    value: Option<f64>,
    since: SavedMoment,
    fired: Option<SavedMoment>,
    ended: Option<SavedMoment>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct SavedMoment {
    /// How many milliseconds before the file was written, by the monotonic clock.
    ago: i64,
    /// Milliseconds since 1970, for stamps.
    at: i64,
}

/// After a longer time alerts begin anew, as in Prometheus.
const OUTAGE: Duration = Duration::from_secs(3_600);

// === impl SavedAlert ===

impl SavedAlert {
    pub(crate) fn of(rule: &AlertRule, active: &Active, now: Moment) -> Self {
        let moment = |moment: Moment| SavedMoment {
            ago: moment.millis_to(now),
            at: moment.unix_millis(),
        };
        let (fired, ended) = match active.phase {
            Phase::Pending { .. } => (None, None),
            Phase::Firing { fired, ended, .. } => (Some(moment(fired)), ended.map(moment)),
        };
        Self {
            rule: rule.name().to_owned(),
            labels: active.alert.labels().clone(),
            value: active.alert.value().filter(|value| value.is_finite()),
            since: moment(active.phase.since()),
            fired,
            ended,
        }
    }

    /// `None` if the rule makes no such alert any more, or if it waited before an outage that was too long.
    pub(crate) fn restored(
        self,
        rule: &AlertRule,
        common: &BTreeMap<String, String>,
        has_series: bool,
        (away, interval): (Away, Duration),
    ) -> Option<Active> {
        if !Active::fits(rule, common, has_series, &self.labels) {
            return None;
        }
        let is_stale = away.lasted() > OUTAGE;
        if is_stale && self.fired.is_none() {
            return None;
        }
        let before = |moment: SavedMoment| away.before(moment.ago).stamped(moment.at);
        let phase = match self.fired {
            Some(fired) => Phase::Firing {
                since: before(self.since),
                fired: before(fired),
                ended: self.ended.map(before),
            },
            None => Phase::Pending {
                since: away.before_counting(self.since.ago, interval).stamped(self.since.at),
            },
        };
        let active = Active::with_labels(rule, 0, self.labels, phase, self.value);
        Some(Active {
            is_restored: has_series,
            is_stale,
            ..active
        })
    }
}
