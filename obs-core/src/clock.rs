//! The wall clock, for stamps only; durations come from [`std::time::Instant`].

use std::{
    cell::Cell,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// For how long a thread derives the time of day from one reading of the wall clock: a clock that is
/// set shows in the stamps of requests that much later.
const MAX_AGE: Duration = Duration::from_millis(100);
/// Two readings farther apart than this had something come between them.
const MAX_GAP: Duration = Duration::from_micros(10);

thread_local! {
    /// A moment on both clocks.
    static ANCHOR: Cell<Option<(Instant, SystemTime)>> = const { Cell::new(None) };
}

/// Time since the Unix epoch; zero on a machine whose clock stands before it.
#[expect(clippy::disallowed_methods, reason = "the one place that turns a stamp into a number")]
pub(crate) fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// [`since_epoch`] of now.
pub(crate) fn unix_now() -> Duration {
    since_epoch(SystemTime::now())
}

/// The time of day at `now`, a moment that has just been read of the monotonic clock: reading one clock
/// for each request is cheaper than two.
#[inline]
pub(crate) fn wall_at(now: Instant) -> SystemTime {
    let anchor = ANCHOR.try_with(Cell::get).ok().flatten();
    let known = anchor.and_then(|(instant, wall)| Some((now.checked_duration_since(instant)?, wall)));
    match known {
        Some((age, wall)) if age < MAX_AGE => wall + age,
        _ => read_wall(now),
    }
}

#[cold]
fn read_wall(now: Instant) -> SystemTime {
    let before = Instant::now();
    let wall = SystemTime::now();
    if before.elapsed() < MAX_GAP {
        let _ = ANCHOR.try_with(|anchor| anchor.set(Some((before, wall))));
    }
    wall.checked_sub(before.saturating_duration_since(now)).unwrap_or(wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_that_of_the_wall_clock() {
        for _ in 0..1_000 {
            let before = unix_now();
            let at = since_epoch(wall_at(Instant::now()));
            // Less than a reading that is not accepted, and time for a busy machine.
            let off = at.abs_diff(before);
            assert!(off < Duration::from_secs(1), "{off:?}");
        }
    }

    #[test]
    fn a_moment_before_the_last_reading_has_its_own_time() {
        let early = Instant::now();
        let anchored = wall_at(early + Duration::from_millis(1));
        let stamped = wall_at(early);
        assert!(since_epoch(stamped) <= since_epoch(anchored), "{stamped:?} {anchored:?}");
    }
}
