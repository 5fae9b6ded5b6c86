//! Counters.

use std::sync::{
    Mutex, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    ExemplarSlot, Ids,
    shard::{self, Padded},
};
use crate::metrics::snapshot::Exemplar;

/// A whole number that only grows.
#[derive(Debug)]
pub(in crate::metrics) struct CounterCells {
    shards: Box<[Padded<AtomicU64>]>,
    exemplar: OnceLock<Box<ExemplarSlot>>,
    /// Held by [`raise_to`](Self::raise_to) only, so that two of them don't both add what is missing.
    raising: Mutex<()>,
}

// === impl CounterCells ===

impl CounterCells {
    pub(in crate::metrics) fn new() -> Self {
        Self {
            shards: shard::shards(),
            exemplar: OnceLock::new(),
            raising: Mutex::default(),
        }
    }

    #[inline]
    pub(in crate::metrics) fn add(&self, n: u64, ids: Option<Ids>) {
        let lease = shard::here();
        lease.add(&self.shards[lease.index].0, n);
        if let Some(ids) = ids {
            #[expect(clippy::cast_precision_loss, reason = "the value of an exemplar is for reading")]
            self.exemplar.get_or_init(Box::default).offer(ids, || n as f64);
        }
    }

    /// Makes the counter at least `total`.
    pub(in crate::metrics) fn raise_to(&self, total: u64) {
        let _raising = self.raising.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = total.saturating_sub(self.total());
        let lease = shard::shared();
        lease.add(&self.shards[lease.index].0, missing);
    }

    pub(in crate::metrics) fn total(&self) -> u64 {
        self.shards
            .iter()
            .fold(0, |sum, shard| sum.wrapping_add(shard.0.load(Relaxed)))
    }

    pub(in crate::metrics) fn exemplar(&self) -> Option<Exemplar> {
        self.exemplar.get()?.take()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn no_increment_is_lost_between_threads() {
        let counter = CounterCells::new();
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| (0..10_000).for_each(|_| counter.add(1, None)));
            }
        });
        assert_eq!(counter.total(), 160_000);
    }

    #[test]
    fn an_absolute_value_only_raises() {
        let counter = CounterCells::new();
        counter.add(5, None);
        counter.raise_to(3);
        assert_eq!(counter.total(), 5);
        counter.raise_to(9);
        assert_eq!(counter.total(), 9);
    }

    #[test]
    fn the_same_absolute_value_from_many_threads_counts_once() {
        let counter = CounterCells::new();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (1..=1_000).for_each(|n| counter.raise_to(n)));
            }
        });
        assert_eq!(counter.total(), 1_000);
    }
}
