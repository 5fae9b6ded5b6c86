//! A point in time, by both clocks.

use std::time::Duration;

/// A point in time, in milliseconds: on a monotonic clock, which measures durations, and on the wall clock, for
/// timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    ticks: i64,
    unix: i64,
}

// === impl Moment ===

impl Moment {
    /// The moment at which the monotonic clock is `monotonic` and the wall clock `unix`, the time since 1970.
    ///
    /// ```
    /// use std::time::Duration;
    /// use obs_alert::Moment;
    ///
    /// let start = Moment::new(Duration::ZERO, Duration::from_secs(1_700_000_000));
    /// let later = start.after(Duration::from_secs(60));
    /// assert_eq!(later.since(start), Duration::from_secs(60));
    /// assert_eq!(later.unix(), Duration::from_secs(1_700_000_060));
    /// ```
    #[must_use]
    pub fn new(monotonic: Duration, unix: Duration) -> Self {
        Self {
            ticks: millis(monotonic),
            unix: millis(unix),
        }
    }

    /// The moment `span` after this one, on both clocks.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let span = millis(span);
        Self {
            ticks: self.ticks.saturating_add(span),
            unix: self.unix.saturating_add(span),
        }
    }

    /// The time from `earlier` to this moment by the monotonic clock; zero if it was before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.ticks.saturating_sub(earlier.ticks)).unwrap_or(0))
    }

    /// The wall clock, as the time since 1970.
    #[must_use]
    pub fn unix(self) -> Duration {
        Duration::from_millis(u64::try_from(self.unix).unwrap_or(0))
    }

    /// The monotonic clock, in milliseconds; below zero before this process.
    pub(crate) const fn ticks(self) -> i64 {
        self.ticks
    }

    /// The difference of the wall clock and the monotonic one, in milliseconds: it changes when the wall clock is set.
    pub(crate) const fn wall_offset(self) -> i64 {
        self.unix.saturating_sub(self.ticks)
    }

    /// The wall clock, in milliseconds since 1970.
    pub(crate) const fn unix_millis(self) -> i64 {
        self.unix
    }

    /// The moment some milliseconds before this one; after it if they are negative.
    pub(crate) const fn earlier(self, millis: i64) -> Self {
        Self {
            ticks: self.ticks.saturating_sub(millis),
            unix: self.unix.saturating_sub(millis),
        }
    }

    /// The same moment, with a wall clock at `unix` milliseconds.
    pub(crate) const fn stamped(self, unix: i64) -> Self {
        Self {
            ticks: self.ticks,
            unix,
        }
    }

    /// Milliseconds from this moment to a later one; negative if that was before.
    pub(crate) const fn millis_to(self, later: Self) -> i64 {
        later.ticks.saturating_sub(self.ticks)
    }

    /// Whether it is this moment or a later one.
    pub(crate) const fn has_come(self, now: Self) -> bool {
        now.ticks >= self.ticks
    }
}

/// A duration in milliseconds, limited to what `i64` can hold.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
