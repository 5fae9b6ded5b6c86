//! Gauges.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use super::shard::{self, Padded};

/// A number that is set, raised and lowered.
///
/// One cell, not several: a `set` has to replace what all threads added before it, which shards
/// can't do without a lock. Gauges that every request touches are [`LevelCells`].
#[derive(Debug, Default)]
pub(in crate::metrics) struct GaugeCell {
    bits: AtomicU64,
}

/// A whole number that goes up and down by steps: how many are at work.
#[derive(Debug)]
pub(in crate::metrics) struct LevelCells {
    shards: Box<[Padded<AtomicI64>]>,
}

// === impl GaugeCell ===

impl GaugeCell {
    pub(in crate::metrics) fn set(&self, value: f64) {
        if !value.is_nan() {
            self.bits.store(value.to_bits(), Relaxed);
        }
    }

    /// Adds `step`, which may be negative; a step that would make the gauge NaN is ignored.
    pub(in crate::metrics) fn add(&self, step: f64) {
        let added = |bits| {
            let sum = f64::from_bits(bits) + step;
            (!sum.is_nan()).then_some(sum.to_bits())
        };
        // The only error is a step that was ignored.
        let _ = self.bits.fetch_update(Relaxed, Relaxed, added);
    }

    pub(in crate::metrics) fn value(&self) -> f64 {
        f64::from_bits(self.bits.load(Relaxed))
    }
}

// === impl LevelCells ===

impl LevelCells {
    pub(in crate::metrics) fn new() -> Self {
        Self { shards: shard::shards() }
    }

    #[inline]
    pub(in crate::metrics) fn add(&self, step: i64) {
        self.shards[shard::index(self.shards.len())].0.fetch_add(step, Relaxed);
    }

    /// The level; a step that is under way in another shard can't make it negative.
    pub(in crate::metrics) fn value(&self) -> i64 {
        let sum = self.shards.iter().fold(0_i64, |sum, shard| sum.wrapping_add(shard.0.load(Relaxed)));
        sum.max(0)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn steps_of_many_threads_add_up() {
        let (gauge, level) = (GaugeCell::default(), LevelCells::new());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        gauge.add(1.5);
                        gauge.add(-0.5);
                        level.add(1);
                    }
                });
            }
        });
        assert_eq!(gauge.value().to_bits(), 80_000_f64.to_bits());
        assert_eq!(level.value(), 80_000);
    }

    #[test]
    fn a_set_replaces_what_came_before_and_keeps_what_comes_after() {
        let gauge = GaugeCell::default();
        thread::scope(|scope| {
            scope.spawn(|| (0..1_000).for_each(|_| gauge.add(1.0)));
        });
        gauge.set(10.0);
        thread::scope(|scope| {
            scope.spawn(|| (0..5).for_each(|_| gauge.add(1.0)));
        });
        assert_eq!(gauge.value().to_bits(), 15_f64.to_bits());
    }

    #[test]
    fn nan_changes_nothing() {
        let gauge = GaugeCell::default();
        gauge.set(2.0);
        gauge.set(f64::NAN);
        gauge.add(f64::NAN);
        assert_eq!(gauge.value().to_bits(), 2_f64.to_bits());
        gauge.set(f64::INFINITY);
        gauge.add(f64::NEG_INFINITY);
        assert_eq!(gauge.value().to_bits(), f64::INFINITY.to_bits());
    }

    #[test]
    fn a_guard_dropped_on_another_thread_brings_the_level_back_to_zero() {
        let level = LevelCells::new();
        thread::scope(|scope| {
            scope.spawn(|| level.add(1));
        });
        thread::scope(|scope| {
            scope.spawn(|| level.add(-1));
        });
        assert_eq!(level.value(), 0);
    }
}
