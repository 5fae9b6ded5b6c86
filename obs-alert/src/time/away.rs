//! The downtime between two processes.

use std::time::Duration;

use super::{Moment, millis};

/// The time from the writing of a state file to the start of the process that reads it. It comes from the wall clock,
/// which may have been set in between: it is never negative, and does not overflow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Away {
    now: Moment,
    /// Milliseconds.
    lasted: i64,
}

/// The longest duration in a state file, more than any window, cooldown or `for`; longer ones are cut.
const MOST: i64 = 400 * 86_400_000;

// === impl Away ===

impl Away {
    /// From `saved_at`, in milliseconds since 1970, to `now`.
    pub(crate) fn new(saved_at: i64, now: Moment) -> Self {
        Self {
            now,
            lasted: now.unix_millis().saturating_sub(saved_at).clamp(0, MOST),
        }
    }

    pub(crate) fn lasted(self) -> Duration {
        Duration::from_millis(u64::try_from(self.lasted).unwrap_or(0))
    }

    /// The moment `ago` milliseconds before the file was written.
    pub(crate) fn before(self, ago: i64) -> Moment {
        self.now.earlier(self.lasted.saturating_add(ago.clamp(0, MOST)))
    }

    /// The same, with `at_most` of the downtime.
    pub(crate) fn before_counting(self, ago: i64, at_most: Duration) -> Moment {
        self.now
            .earlier(self.lasted.min(millis(at_most)).saturating_add(ago.clamp(0, MOST)))
    }

    /// The moment `ahead` milliseconds after the file was written.
    pub(crate) fn after(self, ahead: i64) -> Moment {
        self.now.earlier(self.lasted.saturating_sub(ahead.clamp(0, MOST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_number_of_a_state_file_overflows(saved_at: i64, ago: i64, monotonic: u64, unix: u64) {
            let now = Moment::new(Duration::from_millis(monotonic), Duration::from_millis(unix));
            let away = Away::new(saved_at, now);
            proptest::prop_assert!(away.before(ago).has_come(now));
            proptest::prop_assert!(now.since(away.before_counting(ago, Duration::MAX)) <= Duration::from_secs(2 * 400 * 86_400));
            proptest::prop_assert!(!away.after(ago).has_come(now) || away.after(ago).since(now).is_zero());
        }
    }

    #[test]
    fn a_wall_clock_that_was_set_back_shows_no_time() {
        let now = Moment::new(Duration::ZERO, Duration::from_secs(100));
        assert_eq!(Away::new(200_000, now).lasted(), Duration::ZERO);
        assert_eq!(now.since(Away::new(40_000, now).before(5_000)), Duration::from_secs(65));
        assert_eq!(Away::new(40_000, now).after(90_000).since(now), Duration::from_secs(30));
    }
}
