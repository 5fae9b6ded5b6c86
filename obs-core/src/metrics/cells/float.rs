//! Counters of amounts that are not whole.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{
    ExemplarSlot, Ids,
    shard::{self, Padded},
};
use crate::metrics::snapshot::Exemplar;

/// A float that only grows.
#[derive(Debug)]
pub(in crate::metrics) struct FloatCells {
    /// Bits of floats.
    shards: Box<[Padded<AtomicU64>]>,
    exemplar: OnceLock<Box<ExemplarSlot>>,
}

// === impl FloatCells ===

impl FloatCells {
    pub(in crate::metrics) fn new() -> Self {
        Self {
            shards: shard::shards(),
            exemplar: OnceLock::new(),
        }
    }

    /// Adds an amount; one that is negative or not finite is ignored.
    pub(in crate::metrics) fn add(&self, amount: f64, ids: Option<Ids>) {
        if !amount.is_finite() || amount < 0.0 {
            return;
        }
        let lease = shard::here();
        lease.add_float(&self.shards[lease.index].0, amount);
        if let Some(ids) = ids {
            self.exemplar.get_or_init(Box::default).offer(ids, || amount);
        }
    }

    pub(in crate::metrics) fn total(&self) -> f64 {
        self.shards
            .iter()
            .map(|shard| f64::from_bits(shard.0.load(Relaxed)))
            .sum()
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
    fn amounts_of_many_threads_add_up_and_never_go_down() {
        let counter = FloatCells::new();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for amount in [0.5, -1.0, f64::NAN, f64::INFINITY] {
                        (0..1_000).for_each(|_| counter.add(amount, None));
                    }
                });
            }
        });
        assert_eq!(counter.total().to_bits(), 4_000_f64.to_bits());
    }
}
