//! Gauges.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::shard::{self, Padded};

/// A number that is set, raised and lowered.
///
/// One cell, not several: a `set` has to replace what all threads added before it, which shards
/// can't do without a lock. Gauges that every request touches are [`InFlightCells`].
#[derive(Debug, Default)]
pub(in crate::metrics) struct GaugeCell {
    bits: AtomicU64,
}

/// How far back the peak of a level reaches.
const PEAK_WINDOW: Duration = Duration::from_secs(60);
/// How finely that is known.
const PEAK_STEP: Duration = Duration::from_secs(5);

/// A whole number that goes up and down by steps: how many are at work.
#[derive(Debug)]
pub(crate) struct InFlightCells {
    shards: Box<[Padded<InFlightShard>]>,
    /// The highest level since the readings were last moved on.
    highest: AtomicI64,
    /// Touched by readers only.
    readings: Mutex<Readings>,
}

#[derive(Debug, Default)]
struct InFlightShard {
    /// A whole number with a sign, as bits: other shards have what is missing here.
    level: AtomicU64,
    /// The highest that this shard alone has been: only a shard on its way up can make a new peak.
    mark: AtomicI64,
}

/// Peaks of the past, the latest last, each with the end of its time.
#[derive(Debug, Default)]
struct Readings {
    peaks: VecDeque<(Instant, i64)>,
    moved_on: Option<Instant>,
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

// === impl InFlightCells ===

impl Default for InFlightCells {
    fn default() -> Self {
        Self::new()
    }
}

impl InFlightCells {
    pub(in crate::metrics) fn new() -> Self {
        Self {
            shards: shard::shards(),
            highest: AtomicI64::new(0),
            readings: Mutex::default(),
        }
    }

    #[inline]
    pub(crate) fn up(&self) {
        let lease = shard::here();
        let InFlightShard { level, mark } = &self.shards[lease.index].0;
        let now = lease.add(level, 1).cast_signed();
        if now > mark.load(Relaxed) {
            mark.store(now, Relaxed);
            self.raise_highest();
        }
    }

    #[cold]
    fn raise_highest(&self) {
        self.highest.fetch_max(self.value(), Relaxed);
    }

    #[inline]
    pub(crate) fn down(&self) {
        let lease = shard::here();
        lease.add(&self.shards[lease.index].0.level, 1_u64.wrapping_neg());
    }

    /// The level; a step that is in flight in another shard can't make it negative.
    pub(crate) fn value(&self) -> i64 {
        let sum = self
            .shards
            .iter()
            .fold(0_u64, |sum, shard| sum.wrapping_add(shard.0.level.load(Relaxed)));
        sum.cast_signed().max(0)
    }

    /// The highest level of the last 60 seconds, or since the last reading where that is longer ago.
    ///
    /// Exact while one thread does the work; several threads can pass a peak by that none of them
    /// makes alone.
    pub(in crate::metrics) fn peak(&self) -> i64 {
        self.peak_at(Instant::now())
    }

    fn peak_at(&self, now: Instant) -> i64 {
        let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = self.highest.load(Relaxed).max(self.value());
        let is_due = readings
            .moved_on
            .is_none_or(|at| now.saturating_duration_since(at) >= PEAK_STEP);
        if is_due {
            readings.moved_on = Some(now);
            readings.peaks.push_back((now, highest));
            self.start_over();
        }
        let is_past = |(at, _): &(Instant, i64)| now.saturating_duration_since(*at) > PEAK_WINDOW;
        while readings.peaks.front().is_some_and(is_past) {
            readings.peaks.pop_front();
        }
        readings
            .peaks
            .iter()
            .fold(highest, |highest, (_, peak)| highest.max(*peak))
    }

    /// Looks for a new peak from the present level on.
    fn start_over(&self) {
        for Padded(InFlightShard { level, mark }) in &self.shards {
            mark.store(level.load(Relaxed).cast_signed(), Relaxed);
        }
        self.highest.store(self.value(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn steps_of_many_threads_add_up() {
        let (gauge, level) = (GaugeCell::default(), InFlightCells::new());
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        gauge.add(1.5);
                        gauge.add(-0.5);
                        level.up();
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
        let level = InFlightCells::new();
        thread::scope(|scope| {
            scope.spawn(|| level.up());
        });
        thread::scope(|scope| {
            scope.spawn(|| level.down());
        });
        assert_eq!(level.value(), 0);
    }

    #[test]
    fn a_peak_is_seen_for_a_minute_after_it_was_read() {
        let level = InFlightCells::new();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        (0..5).for_each(|_| level.up());
        (0..4).for_each(|_| level.down());
        assert_eq!(level.peak_at(at(0)), 5);
        assert_eq!(level.peak_at(at(3)), 5);
        level.up();
        level.down();
        assert_eq!(level.peak_at(at(60)), 5);
        assert_eq!(level.peak_at(at(61)), 2);
        assert_eq!(level.peak_at(at(121)), 1);
    }
}
