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
        Self { ticks: millis(monotonic), unix: millis(unix) }
    }

    /// The moment a while after this one.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        let span = millis(span);
        Self { ticks: self.ticks.saturating_add(span), unix: self.unix.saturating_add(span) }
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

    /// The wall clock, in milliseconds since 1970.
    pub(crate) const fn unix_millis(self) -> i64 {
        self.unix
    }

    /// The moment at which the wall clock stood at `unix` milliseconds, if it has run evenly until now.
    pub(crate) const fn at_unix_millis(self, unix: i64) -> Self {
        Self { ticks: self.ticks.saturating_sub(self.unix.saturating_sub(unix)), unix }
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
