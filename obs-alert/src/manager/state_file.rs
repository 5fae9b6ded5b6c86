//! The state file, which is read after a restart.
//!
//! The notifications that were sent are written on each change; the history, which is large, has a second file.

use std::{io, path::Path};

use obs_core::{guard::guarded, names::target};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{engine::Engine, file};
use crate::{
    dispatch::SavedRecord,
    history::SavedHistory,
    remediation::SavedRuns,
    state::SavedAlert,
    time::{Away, Moment},
};

/// The state that survives a restart, without the history.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    version: u32,
    /// Milliseconds since 1970.
    saved_at: i64,
    pub(super) alerts: Vec<SavedAlert>,
    pub(super) notified: Vec<SavedRecord>,
    pub(super) remediations: Vec<SavedRuns>,
}

/// The history, which has a file of its own.
#[derive(Debug, Serialize, Deserialize)]
struct HistoryFile {
    version: u32,
    history: SavedHistory,
}

/// The version of the format.
#[derive(Deserialize)]
struct Header {
    version: u32,
}

const VERSION: u32 = 2;
/// The largest file that is written or read, in bytes.
const MOST: u64 = 64 * 1024 * 1024;
const MOST_HISTORY: u64 = 256 * 1024 * 1024;
/// The suffix of the file name of the history.
const HISTORY: &str = ".history";

// === impl State ===

impl State {
    pub(super) fn of(engine: &Engine, now: Moment) -> Self {
        let alerts = engine.rules.values().flat_map(|evaluator| {
            let rule = &evaluator.rule;
            evaluator
                .active
                .iter()
                .map(move |active| SavedAlert::of(rule, active, now))
        });
        Self {
            version: VERSION,
            saved_at: now.unix_millis(),
            alerts: alerts.collect(),
            notified: engine.dispatcher.save(now),
            remediations: engine.save_runs(now),
        }
    }

    pub(super) fn read(path: &Path, now: Moment) -> Option<(Self, Away)> {
        let state: Self = read(path, MOST)?;
        let away = Away::new(state.saved_at, now);
        Some((state, away))
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        write(path, self, MOST)
    }
}

/// The history of a state file.
pub(super) fn read_history(path: &Path) -> Option<SavedHistory> {
    read(&file::beside(path, HISTORY), MOST_HISTORY).map(|file: HistoryFile| file.history)
}

pub(super) fn write_history(path: &Path, history: SavedHistory) -> io::Result<()> {
    write(
        &file::beside(path, HISTORY),
        &HistoryFile {
            version: VERSION,
            history,
        },
        MOST_HISTORY,
    )
}

/// Reads a file; `None` if it does not exist, or, with a warning, if it can't be read.
fn read<T: DeserializeOwned>(path: &Path, most: u64) -> Option<T> {
    let read = file::read(path, most).map_err(|error| error.to_string());
    let parsed = read.and_then(|bytes| bytes.as_deref().map(parse).transpose());
    parsed.unwrap_or_else(|error| {
        let _ = guarded(|| {
            tracing::warn!(
                target: target::OBS,
                path = %path.display(),
                "the state of alerts can't be read, they begin anew: {error}",
            );
        });
        None
    })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let Header { version } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if version != VERSION {
        return Err(format!("version {version} is not known, only {VERSION}"));
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

fn write(path: &Path, state: &impl Serialize, most: u64) -> io::Result<()> {
    let json = serde_json::to_vec(state)?;
    if json.len() as u64 > most {
        return Err(io::Error::other(format!(
            "it would have {} bytes, {most} are the most",
            json.len()
        )));
    }
    file::replace(path, &json)
}
