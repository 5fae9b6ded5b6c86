//! Clocks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::Moment;

/// A source of time for an [`AlertManager`](crate::AlertManager); a replay of recorded metrics implements it over their
/// timestamps.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::{Clock, Moment};
///
/// /// A clock that stands still, for a single evaluation.
/// struct Fixed;
/// impl Clock for Fixed {
///     fn now(&self) -> Moment {
///         Moment::new(Duration::ZERO, Duration::from_secs(1_700_000_000))
///     }
/// }
/// assert_eq!(Fixed.now().unix().as_secs(), 1_700_000_000);
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The current time. Its monotonic part never decreases.
    fn now(&self) -> Moment;
}

/// The clocks of the system: the monotonic clock for spans of time, the wall clock for timestamps.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

/// A clock that only advances by calls; clones share one time.
///
/// ```
/// use std::time::Duration;
/// use obs_alert::{Clock, ManualClock};
///
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(10));
/// assert_eq!(clock.now().since(start), Duration::from_secs(10));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    now: Arc<Mutex<Moment>>,
}

// === impl SystemClock ===

impl Default for SystemClock {
    fn default() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stamp is turned into a number; nothing is measured by it"
    )]
    fn now(&self) -> Moment {
        Moment::new(
            self.origin.elapsed(),
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        )
    }
}

// === impl ManualClock ===

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl ManualClock {
    /// A clock at 14 November 2023, 22:13:20 UTC.
    #[must_use]
    pub fn new() -> Self {
        Self::at(Duration::from_secs(1_700_000_000))
    }

    /// A clock at a wall-clock time, given as the time since 1970.
    #[must_use]
    pub fn at(unix: Duration) -> Self {
        Self {
            now: Arc::new(Mutex::new(Moment::new(Duration::ZERO, unix))),
        }
    }

    /// Advances both the monotonic and the wall clock by `span`.
    pub fn advance(&self, span: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.after(span);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
