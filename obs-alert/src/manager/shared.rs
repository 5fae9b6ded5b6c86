//! What handles and the task share.

use std::{
    cell::Cell,
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use obs_core::{
    guard::{chain_text, guarded},
    metrics::FamilySnapshot,
    names::target,
};

use super::{Telemetry, engine::Engine, state_file, task::Stop};
use crate::{
    Alert,
    channel::Reports,
    condition::Custom,
    time::{Clock, Moment},
};

pub(super) type Source = dyn Fn() -> Vec<FamilySnapshot> + Send + Sync;

/// See the [module](self).
pub(super) struct Shared {
    pub(super) source: Arc<Source>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) interval: Duration,
    pub(super) telemetry: Telemetry,
    pub(super) reports: Reports,
    pub(super) state_file: Option<PathBuf>,
    pub(super) stop: Arc<Stop>,
    /// One evaluation at a time.
    turn: Mutex<Turn>,
    engine: Mutex<Engine>,
}

/// What only evaluations use.
#[derive(Debug, Default)]
struct Turn {
    saved_at: Option<Moment>,
}

/// The longest text of an error of a closure, in bytes.
const MAX_ERROR: usize = 1_024;
/// How often the state file is written.
const SAVE_EVERY: Duration = Duration::from_secs(300);

// === impl Shared ===

impl Shared {
    pub(super) fn new(
        engine: Engine,
        source: Arc<Source>,
        clock: Arc<dyn Clock>,
        interval: Duration,
        reports: Reports,
        state_file: Option<PathBuf>,
    ) -> Self {
        let telemetry = engine.telemetry.clone();
        let (turn, engine) = (Mutex::default(), Mutex::new(engine));
        let stop = Arc::new(Stop::default());
        Self { source, clock, interval, telemetry, reports, state_file, stop, turn, engine }
    }

    pub(super) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the metrics, asks closures, evaluates, tells. Other people's code runs without the lock.
    pub(super) fn evaluate(&self, now: Moment) -> Vec<Alert> {
        let Some(_within) = Within::enter() else {
            // A condition's closure, or the source, asks for what it is part of.
            return self.engine().active().cloned().collect();
        };
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let started = Instant::now();
        let Some(families) = guarded(|| (self.source)()) else {
            tracing::error!(target: target::OBS, "alert rules can't be evaluated: reading the metrics panicked");
            return self.engine().active().cloned().collect();
        };
        let closures = self.engine().closures();
        let mut told: HashMap<_, _> = closures.into_iter().map(|(name, closure)| (name, ask(&closure))).collect();
        report(&told);
        let mut engine = self.engine();
        let alerts = engine.evaluate(&families, &mut told, now);
        let (bytes, suppressed) = (engine.history.bytes(), engine.dispatcher.suppressed());
        drop(engine);
        self.telemetry.evaluated(started.elapsed(), bytes, suppressed);
        if turn.saved_at.is_none_or(|saved| now.since(saved) >= SAVE_EVERY) {
            // The first evaluation has nothing that was not there before.
            if turn.saved_at.replace(now).is_some() {
                self.save(now);
            }
        }
        alerts
    }

    /// Writes the state file, if there is one.
    pub(super) fn save(&self, now: Moment) {
        let Some(path) = &self.state_file else { return };
        let state = state_file::State::of(&self.engine(), now);
        if let Err(error) = state.write(path) {
            tracing::warn!(target: target::OBS, path = %path.display(), "the state of alerts was not saved: {error}");
        }
    }
}

thread_local! {
    static IS_EVALUATING: Cell<bool> = const { Cell::new(false) };
}

/// An evaluation goes on on this thread.
struct Within;

// === impl Within ===

impl Within {
    /// `None` if one goes on already.
    fn enter() -> Option<Self> {
        (!IS_EVALUATING.replace(true)).then_some(Self)
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        IS_EVALUATING.set(false);
    }
}

fn ask(closure: &Custom) -> Result<bool, String> {
    // The error is formatted and dropped in there, too: it is of the application's own.
    let told = guarded(|| closure.is_so().map_err(|error| chain_text(&*error, ": ", MAX_ERROR)));
    told.unwrap_or_else(|| Err("it panicked".to_owned()))
}

fn report(told: &HashMap<String, Result<bool, String>>) {
    for (name, told) in told {
        if let Err(error) = told {
            tracing::warn!(target: target::OBS, alertname = name, "alert rule could not be evaluated: {error}");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.set();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("interval", &self.interval).finish_non_exhaustive()
    }
}
