//! The state file: what a restart would forget.

use std::{fs, io, path::Path, time::Duration};

use obs_core::names::target;
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use crate::{
    dispatch::SavedRecord,
    history::SavedHistory,
    state::Phase,
    time::{Moment, millis},
};

/// What is kept over a restart: the history, alerts that wait or fire, and who was told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    /// Milliseconds since 1970.
    saved_at: i64,
    history: SavedHistory,
    alerts: Vec<SavedAlert>,
    told: Vec<SavedRecord>,
}

/// A rule's only alert; those of single series come back by themselves, with a new `for`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedAlert {
    pub(super) rule: String,
    /// Milliseconds since 1970.
    since: i64,
    fired: Option<i64>,
}

const VERSION: u32 = 1;
/// After a longer time a firing alert is an old story, as in Prometheus.
const OUTAGE: Duration = Duration::from_secs(3_600);

// === impl State ===

impl State {
    pub(super) fn of(engine: &Engine, now: Moment) -> Self {
        let alerts = engine.rules.iter().filter_map(|(name, judge)| {
            let one = judge.active.iter().find(|one| one.key == 0)?;
            let fired = match one.phase {
                Phase::Firing { fired, .. } => Some(fired.unix_millis()),
                Phase::Pending { .. } => None,
            };
            Some(SavedAlert { rule: name.clone(), since: one.phase.since().unix_millis(), fired })
        });
        Self {
            version: VERSION,
            saved_at: now.unix_millis(),
            history: engine.history.save(now),
            alerts: alerts.collect(),
            told: engine.dispatcher.save(),
        }
    }

    /// Reads a state file. One that is not there is none; one that can't be read is none either, and said.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let read = match fs::read(path) {
            Ok(bytes) => serde_json::from_slice::<Self>(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.to_string()),
        };
        let checked = read.and_then(|state| match state.version {
            VERSION => Ok(state),
            other => Err(format!("version {other} is not known")),
        });
        checked
            .inspect_err(|error| {
                tracing::warn!(
                    target: target::OBS,
                    path = %path.display(),
                    "the state of alerts can't be read, they begin anew: {error}",
                );
            })
            .ok()
    }

    /// Writes it beside the file, then puts it in its place: a crash leaves the old one.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let json = serde_json::to_vec(self)?;
        fs::write(&beside, json)?;
        fs::File::open(&beside)?.sync_all()?;
        fs::rename(&beside, path)
    }

    pub(super) fn into_parts(self, now: Moment) -> (SavedHistory, Vec<SavedAlert>, Vec<SavedRecord>) {
        let is_recent = now.unix_millis().saturating_sub(self.saved_at) <= millis(OUTAGE);
        let alerts = if is_recent { self.alerts } else { Vec::new() };
        (self.history, alerts, self.told)
    }
}

// === impl SavedAlert ===

impl SavedAlert {
    pub(super) fn phase(&self, now: Moment) -> Phase {
        let at = |unix: i64| now.at_unix_millis(unix.min(now.unix_millis()));
        match self.fired {
            Some(fired) => Phase::Firing { since: at(self.since), fired: at(fired), ended: None },
            None => Phase::Pending { since: at(self.since) },
        }
    }
}
