//! The latency that one in a hundred requests of a route exceeds, for requests that are kept because they were slower.

use std::{
    sync::{
        Arc, Mutex, TryLockError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{clock::Moment, metrics::buckets::Buckets};

/// Of fewer requests nothing is said about one in a hundred.
const MIN_COUNT: u64 = 100;
/// How long a value is used: the histograms are read again by the first request that asks after that.
const REFRESH: Duration = Duration::from_secs(1);
/// The value is that of the last one or two of these times, if there are enough requests in them.
const WINDOW: Duration = Duration::from_secs(300);
/// Stands for a value that is not known.
const UNKNOWN: u64 = u64::MAX;

/// The observations of a route since it exists, in all its histograms.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) buckets: Arc<Buckets>,
    pub(super) counts: Vec<u64>,
}

/// The 99th percentile of a route's durations.
#[derive(Debug)]
pub(super) struct Tail {
    /// In nanoseconds.
    p99: AtomicU64,
    /// The [`Moment`] at which it was computed.
    computed: AtomicU64,
    window: Mutex<Window>,
}

/// The counts at the beginning of this window and of the one before.
#[derive(Debug)]
struct Window {
    begun: Moment,
    before: Vec<u64>,
    current: Vec<u64>,
}

/// The least bound that at most one in a hundred of the counted observations exceeds; of those beyond the last bound
/// nothing is known, so it is that. `None` if there are too few.
fn p99_of(counts: &[u64], bounds: &[u64]) -> Option<u64> {
    let total: u64 = counts.iter().sum();
    if total < MIN_COUNT {
        return None;
    }
    let mut above = 0;
    let bucket = counts.iter().rposition(|count| {
        above += count;
        above > total / 100
    });
    bounds.get(bucket?).or(bounds.last()).copied()
}

// === impl Tail ===

impl Tail {
    pub(super) fn new(now: Moment) -> Self {
        Self {
            p99: AtomicU64::new(UNKNOWN),
            computed: AtomicU64::new(now.before(REFRESH).to_bits()),
            window: Mutex::new(Window {
                begun: now,
                before: Vec::new(),
                current: Vec::new(),
            }),
        }
    }

    /// The percentile at this moment, at most a second old; `None` if there are too few observations.
    pub(super) fn p99(&self, now: Moment, observed: impl FnOnce() -> Option<Observed>) -> Option<Duration> {
        let computed = self.computed.load(Relaxed);
        let is_due = Moment::from_bits(computed).until(now) >= REFRESH;
        // One thread computes, the others use what there is.
        if is_due
            && self
                .computed
                .compare_exchange(computed, now.to_bits(), Relaxed, Relaxed)
                .is_ok()
        {
            self.compute(now, observed);
        }
        Some(self.p99.load(Relaxed))
            .filter(|nanoseconds| *nanoseconds != UNKNOWN)
            .map(Duration::from_nanos)
    }

    #[cold]
    fn compute(&self, now: Moment, observed: impl FnOnce() -> Option<Observed>) {
        let mut window = match self.window.try_lock() {
            Ok(window) => window,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let Some(Observed { buckets, counts }) = observed() else {
            return;
        };
        let bounds = buckets.units();
        let lately = window.since_before(&counts);
        let p99 = p99_of(&lately, bounds).or_else(|| p99_of(&counts, bounds));
        self.p99.store(p99.unwrap_or(UNKNOWN), Relaxed);
        window.turn(now, counts);
    }
}

// === impl Window ===

impl Window {
    /// What was counted since the window before has begun.
    fn since_before(&self, counts: &[u64]) -> Vec<u64> {
        let before = self.before.iter().chain(std::iter::repeat(&0));
        let added = |(count, before): (&u64, &u64)| count.saturating_sub(*before);
        counts.iter().zip(before).map(added).collect()
    }

    /// Begins the next window, if it is time.
    fn turn(&mut self, now: Moment, counts: Vec<u64>) {
        if self.begun.until(now) >= WINDOW {
            self.begun = now;
            self.before = std::mem::replace(&mut self.current, counts);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [f64; 3] = [0.01, 0.1, 1.0];

    fn observed(counts: [u64; 4]) -> Observed {
        Observed {
            buckets: Arc::new(Buckets::seconds(&BOUNDS)),
            counts: counts.to_vec(),
        }
    }

    /// The p99 in milliseconds, with these counts in the histograms.
    fn p99(tail: &Tail, now: Moment, counts: [u64; 4]) -> Option<u128> {
        tail.p99(now, || Some(observed(counts))).map(|p99| p99.as_millis())
    }

    /// The same, if the histograms must not be read.
    fn known(tail: &Tail, now: Moment) -> Option<u128> {
        let known = tail.p99(now, || panic!("read again"));
        known.map(|p99| p99.as_millis())
    }

    #[test]
    fn at_most_one_in_a_hundred_is_slower() {
        let bounds = [10, 100, 1_000];
        let p99 = |counts: [u64; 4]| p99_of(&counts, &bounds);
        assert_eq!((p99([99, 0, 0, 0]), p99([50, 49, 0, 0])), (None, None));
        assert_eq!((p99([100, 0, 0, 0]), p99([99, 1, 0, 0])), (Some(10), Some(10)));
        assert_eq!((p99([98, 2, 0, 0]), p99([98, 1, 1, 0])), (Some(100), Some(100)));
        assert_eq!((p99([990, 0, 0, 10]), p99([989, 0, 0, 11])), (Some(10), Some(1_000)));
    }

    #[test]
    fn the_histograms_are_read_once_a_second_at_most() {
        let start = Moment::now();
        let later = |seconds: u64| Moment::from_bits(start.to_bits() + seconds * 1_000_000_000);
        let tail = Tail::new(start);
        assert_eq!(p99(&tail, start, [99, 0, 0, 0]), None);
        assert_eq!(known(&tail, start), None);
        assert_eq!(p99(&tail, later(1), [198, 2, 0, 0]), Some(10));
        assert_eq!(known(&tail, later(1)), Some(10));
        // Of a recorder of the application nothing can be read: what was known stays.
        assert_eq!(tail.p99(later(2), || None), Some(Duration::from_millis(10)));
    }

    #[test]
    fn what_was_long_ago_counts_only_while_there_is_nothing_newer() {
        let start = Moment::now();
        let later = |seconds: u64| Moment::from_bits(start.to_bits() + seconds * 1_000_000_000);
        let tail = Tail::new(start);
        let slow = [0, 0, 1_000, 0];
        assert_eq!(p99(&tail, later(300), slow), Some(1_000));
        assert_eq!(p99(&tail, later(600), slow), Some(1_000));
        // Too few since: all there ever were.
        assert_eq!(p99(&tail, later(700), [99, 0, 1_000, 0]), Some(1_000));
        assert_eq!(p99(&tail, later(800), [100, 0, 1_000, 0]), Some(10));
    }
}
