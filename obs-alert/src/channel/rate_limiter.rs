//! The rate limit of a channel, and its backoff after failures.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::{Duration, Instant},
};

/// A number of notifications per minute, with bursts of a fifth of it.
#[derive(Debug)]
pub(super) struct RateLimiter {
    every: Duration,
    burst: u32,
    /// When a whole burst can be sent again.
    full_at: Instant,
}

/// The longest backoff.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

// === impl RateLimiter ===

impl RateLimiter {
    pub(super) fn new(per_minute: u32, now: Instant) -> Self {
        let per_minute = per_minute.max(1);
        Self {
            every: Duration::from_secs(60) / per_minute,
            burst: (per_minute / 5).max(1),
            full_at: now,
        }
    }

    /// The time until the next can be sent.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let allowed = self.every * (self.burst - 1);
        self.full_at.saturating_duration_since(now).saturating_sub(allowed)
    }

    /// Counts one that was sent.
    pub(super) fn count(&mut self, now: Instant) {
        self.full_at = self.full_at.max(now) + self.every;
    }
}

/// The backoff after the `attempt`-th failure, from 1: it doubles with each, and has a jitter of up to a half, so that
/// many senders don't retry at the same time. `requested` is the delay that a receiver has requested.
pub(super) fn backoff(first: Duration, attempt: u32, requested: Option<Duration>) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
    let span = doubled.min(LONGEST_BACKOFF);
    let jittered = span.mul_f64(0.5 + random() / 2.0);
    requested.map_or(jittered, |requested| requested.min(LONGEST_BACKOFF).max(jittered))
}

/// A random number from 0 to 1, from the random keys of a hash map; it needs not be secure.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_one_at_a_time() {
        let start = Instant::now();
        let mut pace = RateLimiter::new(10, start);
        assert_eq!(pace.wait(start), Duration::ZERO);
        pace.count(start);
        assert_eq!(pace.wait(start), Duration::ZERO);
        pace.count(start);
        assert_eq!(pace.wait(start), Duration::from_secs(6));
        assert_eq!(pace.wait(start + Duration::from_secs(6)), Duration::ZERO);
    }

    #[test]
    fn waits_double_with_jitter_and_end_somewhere() {
        let first = Duration::from_millis(500);
        for attempt in 1..40 {
            let span = first
                .saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX))
                .min(LONGEST_BACKOFF);
            let wait = backoff(first, attempt, None);
            assert!(wait >= span / 2 && wait <= span, "attempt {attempt}: {wait:?}");
        }
        assert!(backoff(first, 1, Some(Duration::from_secs(7))) >= Duration::from_secs(7));
    }
}
