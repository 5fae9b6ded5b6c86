//! A monotonic clock for durations, and the wall clock for timestamps.
//!
//! Both are derived from the processor's time stamp counter, which takes half the time of a call to the system's clocks
//! (9 ns in place of 21). Each thread synchronizes the counter with the system's clocks every 100 ms, so that it can't
//! drift; between two synchronizations, the counter supplies the time elapsed since the last one.
//!
//! A counter that runs at another rate than the system's clock is never used again in this process. A counter that
//! falls behind, as after a suspend or the migration of a virtual machine, is synchronized at once. Without a usable
//! counter, the system's clocks are read each time.
//!
//! ```
//! use obs_base::clock::{self, Moment};
//!
//! clock::prepare(); // once, at start-up
//! let start = Moment::now();
//! let duration = start.elapsed();
//! let started_at = start.since_epoch(); // the wall clock at the start
//! # assert!(duration.as_secs() < 60 && started_at.as_secs() > 0);
//! ```

use std::{
    cell::Cell,
    sync::{
        LazyLock, Once, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use quanta::Clock as Counter;

/// The longest time that a thread derives from one reading of the system's clocks, in nanoseconds. A wall clock that
/// is set shows in timestamps after this time at the latest.
const MAX_AGE: u64 = 100_000_000;
/// The longest time between the readings of one anchor, in nanoseconds. In a longer one the thread was interrupted, and
/// the readings don't belong to the same moment.
const MAX_GAP: u64 = 2_000;
/// Counter and system may differ by one part in this many: the system slews its clock by 0.05 % at most.
const TOLERANCE: u64 = 1_000;

/// The name of the thread that calibrates the counter.
const THREAD: &str = "obs-clock";

static COUNTER: OnceLock<Counter> = OnceLock::new();
static IS_DISTRUSTED: AtomicBool = AtomicBool::new(false);
static BASE: LazyLock<Instant> = LazyLock::new(Instant::now);

thread_local! {
    static ANCHOR: Cell<Anchor> = const { Cell::new(Anchor { ticks: UNUSED, at: 0, wall: 0 }) };
}

/// The ticks of an anchor that must not be used. No counter reaches this value, so the system's clocks are read.
const UNUSED: u64 = u64::MAX;

/// The same moment on the counter, the monotonic clock and the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Anchor {
    /// The value of the counter; [`UNUSED`] before the first reading and if the counter isn't trusted.
    ticks: u64,
    /// The value of the [`Moment`], in nanoseconds.
    at: u64,
    /// Nanoseconds since the Unix epoch; 0 if nothing has been read.
    wall: u64,
}

/// A moment on the monotonic clock, with a resolution of one nanosecond: a cheaper [`Instant`].
///
/// Moments of all threads of a process are on the same clock and can be compared by [`until`](Self::until). They mean
/// nothing in another process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(u64);

/// Starts the calibration of the processor's counter on a thread of its own.
///
/// Returns at once; the calibration takes a millisecond, at worst 200 ms. Until it is done, and if the thread can't be
/// started, times come from the system's clocks. Calls after the first one do nothing.
pub fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = thread::Builder::new().name(THREAD.to_owned()).spawn(calibrate);
    });
}

fn calibrate() {
    COUNTER.get_or_init(Counter::new);
}

/// The time from the Unix epoch to `at`.
///
/// Zero if `at` is before the epoch, so that a wrongly set clock never is an error.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that turns a stamp into a number"
)]
pub fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The current time of the wall clock, since the Unix epoch.
///
/// For timestamps only: the wall clock can be set, so durations are measured with [`Moment`].
#[must_use]
#[inline]
pub fn unix_now() -> Duration {
    Moment::now().since_epoch()
}

// === impl Moment ===

impl Moment {
    /// The current moment.
    ///
    /// Takes some 9 ns with the counter, some 21 ns without it, and never blocks.
    #[must_use]
    #[inline]
    pub fn now() -> Self {
        match COUNTER.get() {
            Some(counter) => Self::from_counter(counter),
            None => Self::from_system(),
        }
    }

    #[inline]
    fn from_counter(counter: &Counter) -> Self {
        let ticks = counter.raw();
        let anchor = ANCHOR.get();
        let age = counter.delta_as_nanos(anchor.ticks, ticks);
        if ticks >= anchor.ticks && age < MAX_AGE {
            Self(anchor.at.wrapping_add(age))
        } else {
            synchronize(counter, anchor)
        }
    }

    fn from_system() -> Self {
        Self(nanoseconds(BASE.elapsed()))
    }

    /// The time from this moment to `later`.
    ///
    /// Zero if `later` is the earlier one, which two threads' moments may be by a few microseconds.
    #[must_use]
    #[inline]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.offset_to(later)).unwrap_or_default())
    }

    /// The time since this moment, from a new reading of the clock.
    #[must_use]
    #[inline]
    pub fn elapsed(self) -> Duration {
        self.until(Self::now())
    }

    #[inline]
    fn offset_to(self, later: Self) -> i64 {
        later.0.wrapping_sub(self.0).cast_signed()
    }

    /// The time of the wall clock at this moment, since the Unix epoch.
    ///
    /// For a moment less than 200 ms away from the thread's last synchronization this only adds; for others the
    /// system's clocks are read, and a wall clock that was set since then shifts the result.
    #[must_use]
    #[inline]
    pub fn since_epoch(self) -> Duration {
        let anchor = ANCHOR.get();
        let offset = Self(anchor.at).offset_to(self);
        if anchor.wall != 0 && offset.unsigned_abs() < 2 * MAX_AGE {
            Duration::from_nanos(anchor.wall.saturating_add_signed(offset))
        } else {
            since_epoch(SystemTime::now()).saturating_sub(self.until(Self::from_system()))
        }
    }

    /// The moment as a number, to be stored in an atomic. It means nothing but to [`from_bits`](Self::from_bits).
    #[must_use]
    #[inline]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The moment of [`to_bits`](Self::to_bits).
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The moment that was `by` earlier, such as the start of something whose duration is known.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.wrapping_sub(nanoseconds(by)))
    }
}

/// Reads the system's clocks, and stores them with the counter's value as the anchor of the next moments.
#[cold]
fn synchronize(counter: &Counter, last: Anchor) -> Moment {
    let before = counter.raw();
    let now = Moment::from_system();
    let wall = nanoseconds(since_epoch(SystemTime::now()));
    let gap = counter.delta_as_nanos(before, counter.raw());
    if gap <= MAX_GAP {
        let ticks = if is_trusted(counter, last, before, now) {
            before
        } else {
            UNUSED
        };
        ANCHOR.set(Anchor { ticks, at: now.0, wall });
    }
    now
}

/// Whether the counter has run at the rate of the system's clock since the last anchor; once it has not, it is never
/// trusted again. After a counter was set back, the comparison starts with the next anchor.
fn is_trusted(counter: &Counter, last: Anchor, ticks: u64, now: Moment) -> bool {
    if ticks >= last.ticks {
        let by_counter = counter.delta_as_nanos(last.ticks, ticks);
        let by_system = nanoseconds(Moment(last.at).until(now));
        if by_counter.abs_diff(by_system) > 2 * MAX_GAP + by_system / TOLERANCE {
            IS_DISTRUSTED.store(true, Relaxed);
        }
    }
    !IS_DISTRUSTED.load(Relaxed)
}

/// The duration in nanoseconds, correct up to 584 years.
#[expect(clippy::cast_possible_truncation, reason = "this process won't run for 584 years")]
fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;

    /// Held by tests that need or spoil the trust in the counter.
    static TRUST: Mutex<()> = Mutex::new(());

    /// Time that a busy machine may take between two readings.
    const BUSY: Duration = Duration::from_secs(1);

    #[test]
    fn the_time_of_day_is_that_of_the_wall_clock() {
        for is_prepared in [false, true] {
            if is_prepared {
                calibrate();
            }
            for _ in 0..1_000 {
                let off = unix_now().abs_diff(since_epoch(SystemTime::now()));
                assert!(off < BUSY, "{off:?}");
            }
        }
    }

    #[test]
    fn durations_are_those_of_the_system_beyond_the_life_of_an_anchor() {
        calibrate();
        let (start, system) = (Moment::now(), Instant::now());
        while system.elapsed() < Duration::from_nanos(5 * MAX_AGE / 2) {
            let least = system.elapsed();
            let measured = start.elapsed();
            let most = system.elapsed() + Duration::from_millis(1);
            assert!(
                measured + Duration::from_millis(1) >= least && measured <= most,
                "{least:?} {measured:?} {most:?}"
            );
        }
    }

    #[test]
    fn moments_of_different_threads_are_on_one_clock() {
        calibrate();
        let start = Moment::now();
        let middle = thread::spawn(Moment::now).join().unwrap();
        let end = Moment::now();
        let slack = Duration::from_micros(10);
        assert!(start.until(middle) <= start.until(end) + slack);
        assert!(middle.until(end) <= start.until(end) + slack);
    }

    #[test]
    fn a_moment_in_the_past_has_its_own_time_of_day() {
        calibrate();
        for ago in [Duration::from_millis(1), Duration::from_secs(3_600)] {
            let now = Moment::now();
            let apart = now.since_epoch().abs_diff(now.before(ago).since_epoch());
            assert!(apart.abs_diff(ago) < BUSY, "{apart:?}");
        }
    }

    #[test]
    fn nothing_is_later_than_what_comes_after_it() {
        let now = Moment::now();
        assert_eq!(now.until(now.before(Duration::from_secs(1))), Duration::ZERO);
    }

    #[test]
    fn the_counter_is_ready_soon_after_it_was_asked_for() {
        prepare();
        let since = Instant::now();
        while COUNTER.get().is_none() {
            assert!(since.elapsed() < Duration::from_secs(30), "still not calibrated");
            thread::yield_now();
        }
    }

    /// Runs on a thread of its own, which has no anchor yet.
    fn with_mock(test: impl FnOnce(Counter, &quanta::Mock) + Send + 'static) {
        let _trusted = TRUST.lock().unwrap_or_else(PoisonError::into_inner);
        let (counter, mock) = Counter::mock();
        thread::spawn(move || test(counter, &mock)).join().unwrap();
    }

    #[test]
    fn a_counter_that_falls_behind_its_anchor_does_not_freeze_the_time_of_its_thread() {
        with_mock(|counter, mock| {
            mock.increment(Duration::from_secs(3_600));
            let first = Moment::from_counter(&counter);
            assert_ne!(ANCHOR.get().wall, 0, "there is an anchor");
            mock.decrement(Duration::from_secs(3_000));
            thread::sleep(Duration::from_millis(2));
            let by_system = Moment::from_counter(&counter);
            assert!(
                first.until(by_system) >= Duration::from_millis(2),
                "{first:?} {by_system:?}"
            );
            mock.increment(Duration::from_millis(50));
            let by_counter = Moment::from_counter(&counter);
            assert_eq!(
                by_system.until(by_counter).as_millis(),
                50,
                "goes on from the new anchor"
            );
        });
    }

    #[test]
    fn a_counter_that_contradicts_the_system_is_not_trusted() {
        let _trusted = TRUST.lock().unwrap_or_else(PoisonError::into_inner);
        calibrate();
        let counter = COUNTER.get().unwrap();
        let now = Moment::from_system();
        let ticks = counter.raw();
        let last = Anchor {
            ticks,
            at: now.before(Duration::from_secs(1)).0,
            wall: 1,
        };
        assert!(!is_trusted(counter, last, ticks, now));
        // For the other tests of this process.
        IS_DISTRUSTED.store(false, Relaxed);
    }
}
