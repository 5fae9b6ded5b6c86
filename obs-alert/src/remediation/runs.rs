//! The last runs of remediations.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use crate::time::{Away, Moment};

pub(super) const HOUR: Duration = Duration::from_secs(3_600);
/// So many alerts, and runs of an hour, are remembered.
const MOST: usize = 1_024;

/// When a remediation has run, and for which alerts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// When those of the last hour began.
    pub(super) begun: VecDeque<Moment>,
    /// When the last one began, however long ago.
    pub(super) last: Option<Moment>,
    /// The fingerprints of the alerts that it has run for, the one that waits longest first.
    served: VecDeque<u64>,
}

/// [`Runs`] in a state file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SavedRuns {
    pub(crate) remediation: String,
    /// How many milliseconds before the file was written they began.
    begun: Vec<i64>,
    last: Option<i64>,
    served: Vec<u64>,
}

// === impl Runs ===

impl Runs {
    /// How many began within the hour.
    pub(super) fn within_hour(&mut self, now: Moment) -> usize {
        while self.begun.front().is_some_and(|run| now.since(*run) >= HOUR) {
            self.begun.pop_front();
        }
        self.begun.len()
    }

    /// Which of these alerts waits longest: one that was never served, else the one that was served first.
    pub(super) fn turn_of(&self, alerts: impl Iterator<Item = u64>) -> Option<usize> {
        let place = |alert: u64| {
            self.served
                .iter()
                .position(|served| *served == alert)
                .map_or(0, |place| place + 1)
        };
        alerts
            .enumerate()
            .min_by_key(|(_, alert)| place(*alert))
            .map(|(index, _)| index)
    }

    pub(super) fn add(&mut self, alert: u64, now: Moment) {
        self.last = Some(now);
        self.begun.push_back(now);
        self.served.retain(|served| *served != alert);
        self.served.push_back(alert);
        // Of more runs than these in an hour the oldest are forgotten first.
        while self.served.len() > MOST {
            self.served.pop_front();
        }
    }

    pub(crate) fn save(&self, remediation: &str, now: Moment) -> SavedRuns {
        SavedRuns {
            remediation: remediation.to_owned(),
            begun: self.begun.iter().map(|run| run.millis_to(now)).collect(),
            last: self.last.map(|last| last.millis_to(now)),
            served: self.served.iter().copied().collect(),
        }
    }
}

// === impl SavedRuns ===

impl SavedRuns {
    pub(crate) fn restored(self, away: Away) -> Runs {
        let mut begun: Vec<Moment> = self.begun.into_iter().map(|ago| away.before(ago)).collect();
        begun.sort_by_key(|run| run.ticks());
        let served = self.served.into_iter().take(MOST).collect();
        Runs {
            begun: begun.into(),
            last: self.last.map(|ago| away.before(ago)),
            served,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alert_has_its_turn() {
        let (mut runs, now) = (Runs::default(), Moment::new(Duration::ZERO, Duration::ZERO));
        let mut turns = Vec::new();
        for _ in 0..7 {
            let index = runs.turn_of([11, 22, 33].into_iter()).unwrap();
            runs.add([11, 22, 33][index], now);
            turns.push(index);
        }
        assert_eq!(turns, [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(runs.turn_of(std::iter::empty()), None);
    }
}
