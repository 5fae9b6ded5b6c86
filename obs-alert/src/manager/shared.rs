//! The state that handles and the task share.

use std::{
    collections::HashMap,
    fmt, io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use obs_core::{guard::guarded, metrics::FamilySnapshot, names::target};

use super::{
    Telemetry,
    closures::{Within, call_all},
    engine::{Engine, Evaluated},
    state_file,
    task::Stop,
};
use crate::{
    Alert,
    channel::Reports,
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
    turn: Mutex<()>,
    /// One writer of the state file at a time.
    saved: Mutex<Saved>,
    engine: Mutex<Engine>,
}

/// When the state file was written.
#[derive(Debug, Default)]
struct Saved {
    alerts: Option<Moment>,
    history: Option<Moment>,
    /// The time of the last warning that it can't be written.
    warned: Option<Moment>,
}

/// How often an unchanged state is written, so that its time is recent if the process is killed.
const SAVE_EVERY: Duration = Duration::from_secs(60);
/// How often a large history is written, and the interval of warnings about failed writes.
const SELDOM: Duration = Duration::from_secs(300);
/// A history up to this size, in bytes, is written as often as the state.
const SMALL: usize = 1024 * 1024;

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
        let (turn, saved, engine) = (Mutex::default(), Mutex::default(), Mutex::new(engine));
        let stop = Arc::new(Stop::default());
        Self {
            source,
            clock,
            interval,
            telemetry,
            reports,
            state_file,
            stop,
            turn,
            saved,
            engine,
        }
    }

    pub(super) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the metrics, calls closures, evaluates, notifies. The application's code runs without the lock.
    pub(super) fn evaluate(&self, now: Moment) -> Vec<Alert> {
        let Some(_within) = Within::enter() else {
            // A condition's closure, or the source, evaluates the manager that it belongs to.
            return self.engine().active().cloned().collect();
        };
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let started = Instant::now();
        let Some(families) = guarded(|| (self.source)()) else {
            let _ = guarded(|| {
                tracing::error!(target: target::OBS, "alert rules can't be evaluated: reading the metrics panicked");
            });
            return self.engine().active().cloned().collect();
        };
        let closures = self.engine().closures();
        let mut results = call_all(closures);
        report(&results);
        let mut engine = self.engine();
        let Evaluated {
            alerts,
            runs,
            has_changed,
            without_series,
        } = engine.evaluate(&families, &mut results, now);
        let (bytes, suppressed) = (engine.history.bytes(), engine.dispatcher.suppressed());
        drop(engine);
        report_without_series(&without_series);
        self.telemetry.evaluated(started.elapsed(), bytes, suppressed);
        // Saved before they run: a remediation may restart this process.
        self.save_if_due(now, has_changed);
        for run in runs {
            run.start();
        }
        alerts
    }

    /// Reads the reports of the channels, and saves the state.
    pub(super) fn settle(&self) {
        let now = self.clock.now();
        let mut engine = self.engine();
        let now = engine.not_before_last(now);
        engine.dispatcher.settle_reports(now);
        let has_changed = engine.dispatcher.take_changed();
        drop(engine);
        if has_changed {
            self.save_if_due(now, true);
        }
    }

    /// Whether there is something to [`settle`](Self::settle) before the next evaluation.
    pub(super) fn awaits_reports(&self) -> bool {
        self.state_file.is_some() && self.engine().dispatcher.awaits_reports()
    }

    fn save_if_due(&self, now: Moment, has_changed: bool) {
        let Some(path) = &self.state_file else { return };
        let is_due = |saved: Option<Moment>, every| saved.is_none_or(|saved| now.since(saved) >= every);
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let mut result = Ok(());
        if has_changed || is_due(saved.alerts, SAVE_EVERY) {
            result = state_file::State::of(&self.engine(), now).write(path);
            // A failed write is retried at the next evaluation.
            saved.alerts = result.is_ok().then_some(now);
        }
        // The history has not changed since it was read.
        let is_small = self.engine().history.bytes() <= SMALL;
        let every = if is_small { SAVE_EVERY } else { SELDOM };
        if saved.history.get_or_insert(now) != &now && is_due(saved.history, every) {
            saved.history = Some(now);
            let history = self.engine().history.save(now);
            result = result.and(state_file::write_history(path, history));
        }
        let is_said = !is_due(saved.warned, SELDOM);
        saved.warned = if result.is_ok() || is_said {
            saved.warned
        } else {
            Some(now)
        };
        drop(saved);
        if let (Err(error), false) = (result, is_said) {
            self.warn(&error);
        }
    }

    /// Writes the state file, if there is one, for the last time.
    pub(super) fn save(&self, now: Moment) {
        let Some(path) = &self.state_file else { return };
        let saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        let state = state_file::State::of(&self.engine(), now);
        let history = self.engine().history.save(now);
        let result = state.write(path).and(state_file::write_history(path, history));
        drop(saved);
        if let Err(error) = result {
            self.warn(&error);
        }
    }

    fn warn(&self, error: &io::Error) {
        let path = self.state_file.clone().unwrap_or_default();
        let _ = guarded(|| {
            tracing::warn!(target: target::OBS, path = %path.display(), "the state of alerts was not saved: {error}");
        });
    }
}

fn report(results: &HashMap<String, Result<bool, String>>) {
    for (name, result) in results {
        if let Err(error) = result {
            let _ = guarded(|| {
                tracing::warn!(target: target::OBS, alertname = name, "alert rule could not be evaluated: {error}");
            });
        }
    }
}

fn report_without_series(rules: &[(String, String)]) {
    for (name, reason) in rules {
        let _ = guarded(|| {
            tracing::warn!(target: target::OBS, alertname = name.as_str(), "alert rule can't fire: {reason}");
        });
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.stop.set();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
