//! Removal of series that were not recorded for long.
//!
//! A handle must keep working: as long as there is one, its series is only hidden, and is shown again after the next
//! record. A series without handles is removed, which makes room under the cap.
//!
//! Times are those of the monotonic clock, since the creation of the registry: a step of the wall clock has no effect.

use std::{sync::Arc, time::Duration};

use super::{
    catalog::{Entry, Source},
    family::{Cell, Family, UNSEEN},
    key_table::{FacadeCell, Tables},
};

/// Hides the series that are idle at `now`, a time since the creation of the registry, and removes those without
/// handles.
pub(super) fn sweep(entries: &[Entry], tables: &Tables, timeout: Duration, now: Duration) {
    let (timeout, now) = (milliseconds(timeout), milliseconds(now));
    for entry in entries {
        match &entry.source {
            Source::Counter(family) => look(family, now, timeout),
            Source::FloatCounter(family) => look(family, now, timeout),
            Source::Gauge(family) => look(family, now, timeout),
            Source::Histogram(family) => look(family, now, timeout),
            Source::Summary(family) => look(family, now, timeout),
            // Constants, and RED metrics, whose number is that of the routes.
            Source::Info(_) | Source::Red(..) => {}
        }
    }
    // The keys first, so that new handles can only come from the family.
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
    /// Removes hidden series without handles.
    fn remove_hidden(&self) {
        // Only the list has a reference: a new handle would need the lock that is held here.
        self.remove(|series| series.idle.is_hidden() && Arc::strong_count(series) == 1);
    }
}
