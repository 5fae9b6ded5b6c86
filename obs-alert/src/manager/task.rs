//! The one background task.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use obs_core::{deadline, guard::guarded};

use super::shared::Shared;
use crate::subscriber;

/// Tells the task to stop.
#[derive(Debug, Default)]
pub(super) struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

// === impl Stop ===

impl Stop {
    pub(super) fn set(&self) {
        *self.is_set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Sleeps until then; whether to go on.
    fn sleep_until(&self, until: Instant) -> bool {
        let mut is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            if *is_set || now >= until {
                return !*is_set;
            }
            is_set = self
                .changed
                .wait_timeout(is_set, until - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// Starts the thread that evaluates at each interval, for as long as there is a handle.
pub(super) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    let (weak, stop, interval) = (Arc::downgrade(shared), Arc::clone(&shared.stop), shared.interval);
    thread::Builder::new()
        .name("obs-alert".to_owned())
        .spawn(subscriber::carried(move || run(&weak, &stop, interval)))?;
    Ok(())
}

/// How often what the channels have done is looked after between two evaluations, if there is a state file.
const LOOK: Duration = Duration::from_secs(1);

fn run(shared: &Weak<Shared>, stop: &Stop, interval: Duration) {
    let mut next = Instant::now();
    loop {
        let Some(alive) = shared.upgrade() else { return };
        // A clock, or whatever takes our log, is code of others.
        let _ = guarded(|| drop(alive.evaluate(alive.clock.now())));
        // After a pause of the machine, or a slow evaluation, what was missed is not caught up with.
        next = deadline(next, interval).max(Instant::now());
        drop(alive);
        if !wait(shared, stop, next) {
            return;
        }
    }
}

/// Waits for the next evaluation; whether there is one.
fn wait(shared: &Weak<Shared>, stop: &Stop, next: Instant) -> bool {
    loop {
        let Some(alive) = shared.upgrade() else { return false };
        let look = if alive.awaits_reports() {
            next.min(Instant::now() + LOOK)
        } else {
            next
        };
        drop(alive);
        if !stop.sleep_until(look) {
            return false;
        }
        if look >= next {
            return true;
        }
        let Some(alive) = shared.upgrade() else { return false };
        let _ = guarded(|| alive.settle());
    }
}
