//! The end of a timeout.

use std::time::{Duration, Instant};

/// The longest timeout: 30 years, which the clock of every system can add without overflow.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 3_600);

/// The moment `timeout` after `start`. A timeout of more than 30 years, such as [`Duration::MAX`], means
/// "as long as it takes" and is cut to 30 years, where `start + timeout` may panic.
#[must_use]
pub fn deadline(start: Instant, timeout: Duration) -> Instant {
    start.checked_add(timeout.min(LONGEST)).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_of_any_length_has_a_deadline_without_overflow() {
        let start = Instant::now();
        assert_eq!(deadline(start, Duration::ZERO), start);
        assert_eq!(deadline(start, Duration::from_secs(5)), start + Duration::from_secs(5));
        for endless in [Duration::MAX, Duration::MAX / 2, Duration::from_secs(u64::MAX)] {
            assert_eq!(deadline(start, endless), start + LONGEST);
        }
    }
}
