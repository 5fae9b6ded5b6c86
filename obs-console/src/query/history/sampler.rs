//! The thread that samples.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use obs_alert::AlertManager;
use obs_core::{guard::guarded, metrics::Registry};

use super::{
    grid::times,
    store::{FINE_STEP, History},
};
use crate::query::{budgets::Budgets, types::Time};

/// Ticks from one reading of the objectives to the next: their budgets change slowly.
const BUDGETS_EVERY: u64 = 15;

/// Samples a registry until it is dropped.
pub(in crate::query) struct Sampler(Arc<Shared>);

struct Shared {
    registry: Registry,
    alerts: Option<AlertManager>,
    begun: Instant,
    history: Mutex<History>,
    budgets: Budgets,
    stop: Arc<Stop>,
}

#[derive(Default)]
struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

// === impl Sampler ===

impl Sampler {
    /// Begins; without a thread, if the system has none, the history stays empty.
    pub(in crate::query) fn start(registry: &Registry, alerts: Option<&AlertManager>, limit: usize) -> Self {
        let shared = Arc::new(Shared {
            registry: registry.clone(),
            alerts: alerts.cloned(),
            begun: Instant::now(),
            history: Mutex::new(History::new(limit)),
            budgets: Budgets::default(),
            stop: Arc::default(),
        });
        shared.sample(0);
        let (weak, stop) = (Arc::downgrade(&shared), Arc::clone(&shared.stop));
        let begun = shared.begun;
        let thread = thread::Builder::new().name("obs-console-history".to_owned());
        // Without it, the history has its first sample alone.
        let _ = thread.spawn(move || run(&weak, &stop, begun));
        Self(shared)
    }

    /// The history.
    pub(in crate::query) fn history(&self) -> MutexGuard<'_, History> {
        self.0.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the wall clock had been at tick 0 if it had always been as it is now.
    pub(in crate::query) fn zero(&self, now: Time) -> Time {
        now.before(self.0.begun.elapsed())
    }

    /// Takes a sample as at a tick.
    #[cfg(test)]
    pub(in crate::query) fn sample(&self, tick: u64) {
        self.0.sample(tick);
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler").finish_non_exhaustive()
    }
}

fn run(shared: &Weak<Shared>, stop: &Stop, begun: Instant) {
    loop {
        // Not that of the last sample plus one: a process that was stopped does not catch up.
        let next = times(FINE_STEP, tick_of(begun.elapsed()) + 1);
        let Some(at) = begun.checked_add(next) else { return };
        if stop.is_set_before(at) {
            return;
        }
        let Some(shared) = shared.upgrade() else { return };
        shared.sample(tick_of(begun.elapsed()));
    }
}

/// The tick of a time since the begin.
fn tick_of(since: Duration) -> u64 {
    u64::try_from(since.as_nanos() / FINE_STEP.as_nanos()).unwrap_or(u64::MAX)
}

// === impl Shared ===

impl Shared {
    fn sample(&self, tick: u64) {
        // It calls the application's hooks.
        let Some(mut families) = guarded(|| self.registry.snapshot()) else {
            return;
        };
        if let Some(alerts) = &self.alerts {
            if tick.is_multiple_of(BUDGETS_EVERY) {
                self.budgets.set(&alerts.slos());
            }
            families.extend(self.budgets.families());
        }
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.sample(tick, &families);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        *self.stop.is_set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.changed.notify_all();
    }
}

// === impl Stop ===

impl Stop {
    /// Waits until a time, or until it is set.
    fn is_set_before(&self, at: Instant) -> bool {
        let mut is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = at.saturating_duration_since(Instant::now());
            if *is_set || left.is_zero() {
                return *is_set;
            }
            let waited = self.changed.wait_timeout(is_set, left);
            is_set = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
