//! Taking series off the page that nobody has touched for long.
//!
//! A handle that somebody keeps must never lead nowhere: as long as there is one, its series is only
//! hidden and comes back with the next record. A series without handles is removed, which makes room
//! under the cap.
//!
//! Time is that of the monotonic clock, since the registry was made: a wall clock that is set neither
//! makes a series idle nor keeps it.

use std::{sync::Arc, time::Duration};

use super::{
    catalog::{Entry, Source},
    family::{Cell, Family, UNSEEN},
    key_table::{FacadeCell, Tables},
};

/// Hides what is idle `now`, so long after the registry was made, and removes what nobody holds.
pub(super) fn sweep(entries: &[Entry], tables: &Tables, timeout: Duration, now: Duration) {
    let (timeout, now) = (milliseconds(timeout), milliseconds(now));
    for entry in entries {
        match &entry.source {
            Source::Counter(family) => look(family, now, timeout),
            Source::FloatCounter(family) => look(family, now, timeout),
            Source::Gauge(family) => look(family, now, timeout),
            Source::Histogram(family) => look(family, now, timeout),
            Source::Summary(family) => look(family, now, timeout),
            // Constants, and the layer's own, which are as many as there are routes.
            Source::Info(_) | Source::Red(..) => {}
        }
    }
    // First the keys, so that nobody gets a handle any more without asking the family.
    tables.counters.forget_hidden();
    tables.gauges.forget_hidden();
    tables.histograms.forget_hidden();
    for entry in entries {
        match &entry.source {
            Source::Counter(family) => family.remove_hidden(),
            Source::FloatCounter(family) => family.remove_hidden(),
            Source::Gauge(family) => family.remove_hidden(),
            Source::Histogram(family) => family.remove_hidden(),
            Source::Summary(family) => family.remove_hidden(),
            Source::Info(_) | Source::Red(..) => {}
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(UNSEEN - 1)
}

fn look<C: Cell>(family: &Family<C>, now: u64, timeout: u64) {
    if family.is_permanent() {
        return;
    }
    for series in family.list().iter() {
        series.idle.look(series.cells.fingerprint(), now, timeout);
    }
}

impl<C: FacadeCell> super::key_table::Table<C> {
    fn forget_hidden(&self) {
        self.retain(|series| {
            let kept = !series.idle.is_hidden();
            if !kept {
                series.forget_spelling();
            }
            kept
        });
    }
}

impl<C: Cell> Family<C> {
    /// Removes hidden series that nobody holds.
    fn remove_hidden(&self) {
        // Only the list itself holds them: whoever wants one has to come here, where the lock is.
        self.remove(|series| series.idle.is_hidden() && Arc::strong_count(series) == 1);
    }
}
