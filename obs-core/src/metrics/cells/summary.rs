//! Quantiles over a sliding window.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    shard::{self, Padded},
    sketch::Sketch,
};

/// The quantiles of a page.
pub(in crate::metrics) const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// Slices of a window; the oldest leaves as a whole.
const SLICES: u32 = 4;

/// Sketches of the latest slices of time, and the totals since the start.
///
/// Each thread has a shard to itself as with other cells, here behind a lock that a scrape holds
/// while it copies a few kilobytes. A sketch is off by 1 % of a value at most.
pub(in crate::metrics) struct SummaryCells {
    shards: Box<[Padded<Mutex<Window>>]>,
    start: Instant,
    slice: Duration,
}

#[derive(Default)]
struct Window {
    count: u64,
    sum: f64,
    /// Whether a value was negative.
    can_fall: bool,
    /// By number of the slice, the latest last.
    slices: VecDeque<(u64, Sketch)>,
}

/// What a scrape reads.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::metrics) struct SummaryTotals {
    pub(in crate::metrics) count: u64,
    pub(in crate::metrics) sum: f64,
    /// Whether a value was negative, so that the sum can fall.
    pub(in crate::metrics) can_fall: bool,
    /// In the order of [`QUANTILES`]; NaN without observations in the window.
    pub(in crate::metrics) values: [f64; QUANTILES.len()],
}

// === impl SummaryCells ===

impl SummaryCells {
    pub(in crate::metrics) fn new(window: Duration) -> Self {
        Self {
            shards: shard::shards(),
            start: Instant::now(),
            slice: window / SLICES,
        }
    }

    /// Records a value; what is not finite is ignored.
    pub(in crate::metrics) fn record(&self, value: f64) {
        self.record_at(value, self.start.elapsed());
    }

    fn record_at(&self, value: f64, elapsed: Duration) {
        if !value.is_finite() {
            return;
        }
        let now = self.slice_of(elapsed);
        let shard = &self.shards[shard::here().index].0;
        let mut window = shard.lock().unwrap_or_else(PoisonError::into_inner);
        window.count += 1;
        // From infinity there is no way back but to what is not a number.
        window.sum = (window.sum + value).clamp(f64::MIN, f64::MAX);
        window.can_fall |= value < 0.0;
        window.drop_before(now);
        match window.slices.back_mut() {
            Some((slice, sketch)) if *slice >= now => sketch.add(value),
            _ => {
                let mut sketch = Sketch::default();
                sketch.add(value);
                window.slices.push_back((now, sketch));
            }
        }
    }

    pub(in crate::metrics) fn totals(&self) -> SummaryTotals {
        self.totals_at(self.start.elapsed())
    }

    fn totals_at(&self, elapsed: Duration) -> SummaryTotals {
        let now = self.slice_of(elapsed);
        let mut all = Sketch::default();
        let mut totals = SummaryTotals::default();
        for Padded(shard) in &self.shards {
            let mut window = shard.lock().unwrap_or_else(PoisonError::into_inner);
            window.drop_before(now);
            totals.count += window.count;
            totals.sum += window.sum;
            totals.can_fall |= window.can_fall;
            window.slices.iter().for_each(|(_, sketch)| all.merge(sketch));
        }
        totals.values = QUANTILES.map(|quantile| all.quantile(quantile).unwrap_or(f64::NAN));
        totals
    }

    /// Observations so far.
    pub(in crate::metrics) fn count(&self) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.0.lock().unwrap_or_else(PoisonError::into_inner).count)
            .sum()
    }

    fn slice_of(&self, elapsed: Duration) -> u64 {
        u64::try_from(elapsed.as_nanos() / self.slice.as_nanos().max(1)).unwrap_or(u64::MAX)
    }
}

impl std::fmt::Debug for SummaryCells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SummaryCells")
            .field("slice", &self.slice)
            .finish_non_exhaustive()
    }
}

// === impl Window ===

impl Window {
    /// Drops slices that have left the window at slice `now`.
    fn drop_before(&mut self, now: u64) {
        while self
            .slices
            .front()
            .is_some_and(|(slice, _)| slice + u64::from(SLICES) <= now)
        {
            self.slices.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[test]
    fn quantiles_are_right_within_one_percent() {
        let summary = SummaryCells::new(WINDOW);
        (1..=1_000).for_each(|n| summary.record(f64::from(n)));
        let totals = summary.totals();
        assert_eq!((totals.count, totals.sum.to_bits()), (1_000, 500_500_f64.to_bits()));
        for (quantile, value) in QUANTILES.into_iter().zip(totals.values) {
            assert!((value / (quantile * 1_000.0) - 1.0).abs() < 0.02, "{quantile}: {value}");
        }
    }

    #[test]
    fn what_is_older_than_the_window_counts_for_the_totals_only() {
        let summary = SummaryCells::new(WINDOW);
        let at = Duration::from_secs;
        summary.record_at(1.0, at(0));
        summary.record_at(100.0, at(50));
        let median = |seconds| summary.totals_at(at(seconds)).values[0].round();
        assert_eq!(median(59).to_bits(), 1_f64.to_bits());
        assert_eq!(median(61).to_bits(), 100_f64.to_bits());
        let later = summary.totals_at(at(200));
        assert!(later.values.iter().all(|value| value.is_nan()));
        assert_eq!(later.count, 2);
    }

    #[test]
    fn no_observation_is_lost_between_threads() {
        let summary = SummaryCells::new(WINDOW);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5_000).for_each(|_| summary.record(1.0)));
            }
            (0..50).for_each(|_| assert!(summary.totals().count <= 20_000));
        });
        summary.record(f64::NAN);
        assert_eq!(summary.totals().count, 20_000);
    }
}
