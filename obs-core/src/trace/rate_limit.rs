//! At most so many a second, decided without a lock.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use obs_base::InitError;

/// What is left over is saved for that long: the depth of the bucket.
const SAVED: Duration = Duration::from_secs(1);
/// The longest time between two, some 36 years: sums of a few stay far from an overflow.
const LONGEST: u64 = u64::MAX >> 4;

/// A token bucket in the form of the generic cell rate algorithm: all of its state is the time at
/// which the next one would be due if they came evenly. Who comes before its turn by more than the
/// bucket is deep is refused, without a write.
#[derive(Debug)]
// Written for each one that is let through: not beside what every request reads.
#[repr(align(128))]
pub(super) struct RateLimit {
    started: Instant,
    /// Nanoseconds from one to the next.
    interval: u64,
    /// Nanoseconds that one may come before its turn, its own interval included.
    depth: u64,
    /// When the next one is due, in nanoseconds since the start.
    due: AtomicU64,
}

// === impl RateLimit ===

impl RateLimit {
    pub(super) fn new(per_second: f64) -> Result<Self, InitError> {
        if !(per_second.is_finite() && per_second > 0.0) {
            return Err(InitError::invalid(
                "sampling.per_second",
                per_second,
                "a number of traces above 0",
            ));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and what is too large is the greatest value, which is cut"
        )]
        let interval = ((1e9 / per_second) as u64).clamp(1, LONGEST);
        let depth = interval.max(u64::try_from(SAVED.as_nanos()).unwrap_or(LONGEST));
        Ok(Self {
            started: Instant::now(),
            interval,
            depth,
            due: AtomicU64::new(0),
        })
    }

    /// Whether there is room for one more now; takes it.
    #[inline]
    pub(super) fn take(&self) -> bool {
        self.take_at(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(LONGEST))
    }

    /// [`take`](Self::take) so many nanoseconds after the start.
    fn take_at(&self, now: u64) -> bool {
        let mut due = self.due.load(Relaxed);
        loop {
            let next = due.max(now).saturating_add(self.interval);
            if next > now.saturating_add(self.depth) {
                return false;
            }
            match self.due.compare_exchange_weak(due, next, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(seen) => due = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn taken(limit: &RateLimit, at: u64, tries: usize) -> usize {
        (0..tries).filter(|_| limit.take_at(at)).count()
    }

    #[test]
    fn a_second_s_worth_may_come_at_once() {
        let limit = RateLimit::new(10.0).unwrap();
        assert_eq!(taken(&limit, 0, 100), 10);
        assert_eq!(taken(&limit, SECOND / 10, 100), 1);
        assert_eq!(taken(&limit, SECOND / 10 * 3, 100), 2);
        assert_eq!(
            taken(&limit, 60 * SECOND, 100),
            10,
            "no more than a second's worth is saved"
        );
    }

    #[test]
    fn less_than_one_a_second_is_one_now_and_then() {
        let limit = RateLimit::new(0.1).unwrap();
        assert_eq!(taken(&limit, 0, 100), 1);
        assert_eq!(taken(&limit, 9 * SECOND, 100), 0);
        assert_eq!(taken(&limit, 10 * SECOND, 100), 1);
    }

    #[test]
    fn threads_together_get_no_more_than_one_alone() {
        let limit = RateLimit::new(1_000.0).unwrap();
        let total: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| taken(&limit, 5, 10_000))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(total, 1_000);
    }

    #[test]
    fn an_impossible_limit_is_refused_by_name() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let error = RateLimit::new(bad).unwrap_err().to_string();
            assert!(
                error.starts_with("sampling.per_second is ") && error.contains("above 0"),
                "{error}"
            );
        }
        for extreme in [f64::MIN_POSITIVE, f64::MAX] {
            assert!(RateLimit::new(extreme).unwrap().take());
        }
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_lets_more_through_than_the_rate_and_one_second_of_it(
            rate in 0.1f64..1e6,
            mut times in prop::collection::vec(0..100 * SECOND, 1..300),
        ) {
            times.sort_unstable();
            let limit = RateLimit::new(rate).unwrap();
            let taken: Vec<u64> = times.into_iter().filter(|at| limit.take_at(*at)).collect();
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            for (first, from) in taken.iter().enumerate() {
                for (last, to) in taken.iter().enumerate().skip(first) {
                    let seconds = (to - from) as f64 / 1e9;
                    let most = rate * (seconds + 1.0) + 1.0;
                    prop_assert!((last - first) as f64 <= most, "{} in {seconds} s", last - first + 1);
                }
            }
        }
    }
}
