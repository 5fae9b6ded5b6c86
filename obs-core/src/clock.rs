//! The wall clock, for stamps only; durations come from [`std::time::Instant`].

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since the Unix epoch; zero on a machine whose clock stands before it.
#[expect(clippy::disallowed_methods, reason = "the one place that turns a stamp into a number")]
pub(crate) fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// [`since_epoch`] of now.
pub(crate) fn unix_now() -> Duration {
    since_epoch(SystemTime::now())
}
