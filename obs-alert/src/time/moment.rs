//! A point in time, by both clocks.

use std::time::Duration;

/// A point in time: on a monotonic clock, by which everything is measured, and on the wall clock, which
/// stamps what leaves the process. In milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    ticks: i64,
    unix: i64,
}

// === impl Moment ===

impl Moment {
    /// The moment at which the monotonic clock stood at `monotonic` and the wall clock at `unix`, the
    /// time since 1970.
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

    /// The moment a while after this one.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let span = millis(span);
        Self {
            ticks: self.ticks.saturating_add(span),
            unix: self.unix.saturating_add(span),
        }
    }

    /// How long after `earlier` it was; zero if it was before.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.ticks.saturating_sub(earlier.ticks)).unwrap_or(0))
    }

    /// The wall clock, since 1970.
    #[must_use]
    pub fn unix(self) -> Duration {
        Duration::from_millis(u64::try_from(self.unix).unwrap_or(0))
    }

    /// The monotonic clock, in milliseconds; below zero before this process.
    pub(crate) const fn ticks(self) -> i64 {
        self.ticks
    }

    /// What the wall clock is ahead of the monotonic one, in milliseconds: it changes when somebody sets it.
    pub(crate) const fn wall_offset(self) -> i64 {
        self.unix.saturating_sub(self.ticks)
    }

    /// The wall clock, in milliseconds since 1970.
    pub(crate) const fn unix_millis(self) -> i64 {
        self.unix
    }

    /// The moment so many milliseconds before this one, or after it if they are below zero.
    pub(crate) const fn earlier(self, millis: i64) -> Self {
        Self {
            ticks: self.ticks.saturating_sub(millis),
            unix: self.unix.saturating_sub(millis),
        }
    }

    /// The same moment, whose wall clock stood at `unix` milliseconds.
    pub(crate) const fn stamped(self, unix: i64) -> Self {
        Self {
            ticks: self.ticks,
            unix,
        }
    }

    /// How far it is from this moment to a later one, in milliseconds; below zero if it was before.
    pub(crate) const fn millis_to(self, later: Self) -> i64 {
        later.ticks.saturating_sub(self.ticks)
    }

    /// Whether it is this moment or a later one.
    pub(crate) const fn has_come(self, now: Self) -> bool {
        now.ticks >= self.ticks
    }
}

/// A span in milliseconds, as far as they can be counted.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
