//! Settings that are changed for a time, while the process runs, and return by themselves.

use std::{
    fmt,
    num::ParseIntError,
    str::FromStr,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use obs_base::InitError;

/// The longest time for which a setting can be changed.
const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);
/// The most changes of one kind at a time.
const MAX_COUNT: usize = 16;

/// A setting that is changed for a time, see [`Obs::overrides`](crate::Obs::overrides).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Override {
    /// Ends it early: [`Obs::end_override`](crate::Obs::end_override).
    pub id: OverrideId,
    /// What is changed, for people.
    pub text: String,
    /// When it returns by itself, by the wall clock.
    pub until: SystemTime,
}

/// The number of an [`Override`], unique in the process. Its text is that of the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OverrideId(u64);

/// The changes of one kind that hold now, the oldest first.
#[derive(Debug)]
pub(crate) struct Overrides<T>(Vec<Timed<T>>);

/// A change and its end.
#[derive(Debug)]
struct Timed<T> {
    id: OverrideId,
    value: T,
    until: SystemTime,
    _alarm: Alarm,
}

/// Ends a change after its time, unless it is dropped before.
#[derive(Debug)]
struct Alarm(Arc<Cancelled>);

#[derive(Debug, Default)]
struct Cancelled {
    is_cancelled: Mutex<bool>,
    changed: Condvar,
}

// === impl Overrides ===

impl<T: fmt::Display> Overrides<T> {
    /// Adds a change for a time; `end` is called after it, on a thread of its own, unless it was ended before.
    pub(crate) fn add(
        &mut self,
        value: T,
        (setting, duration): (&'static str, Duration),
        end: impl FnOnce(OverrideId) + Send + 'static,
    ) -> Result<OverrideId, InitError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        if duration.is_zero() || duration > MAX_DURATION {
            let expected = "more than nothing and at most 24 hours";
            return Err(InitError::invalid(setting, format!("{duration:?}"), expected));
        }
        if self.0.len() >= MAX_COUNT {
            let expected = format!("at most {MAX_COUNT} at a time: end one before (`Obs::end_override`)");
            return Err(InitError::invalid(
                setting,
                format!("{} changes", self.0.len() + 1),
                expected,
            ));
        }
        let id = OverrideId(NEXT.fetch_add(1, Relaxed));
        let alarm = Alarm::start(duration, move || end(id)).map_err(|error| {
            InitError::invalid(
                setting,
                error,
                "a thread that ends the change: the process can start no more",
            )
        })?;
        self.0.push(Timed {
            id,
            value,
            until: SystemTime::now() + duration,
            _alarm: alarm,
        });
        Ok(id)
    }

    /// Removes a change; `None` if it has ended already.
    pub(crate) fn end(&mut self, id: OverrideId) -> Option<T> {
        let index = self.0.iter().position(|known| known.id == id)?;
        Some(self.0.remove(index).value)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().map(|known| &known.value)
    }

    /// All of them for people.
    pub(crate) fn list(&self) -> impl Iterator<Item = Override> {
        self.0.iter().map(|known| Override {
            id: known.id,
            text: known.value.to_string(),
            until: known.until,
        })
    }
}

impl<T> Default for Overrides<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

// === impl OverrideId ===

impl fmt::Display for OverrideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for OverrideId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

// === impl Alarm ===

impl Alarm {
    fn start(duration: Duration, ring: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        let deadline = Instant::now() + duration;
        let cancelled = Arc::new(Cancelled::default());
        let waits = Arc::clone(&cancelled);
        thread::Builder::new().name("obs-override".into()).spawn(move || {
            if waits.until(deadline) {
                ring();
            }
        })?;
        Ok(Self(cancelled))
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        *self.0.is_cancelled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
    }
}

// === impl Cancelled ===

impl Cancelled {
    /// Waits until the deadline; false if it is cancelled before.
    fn until(&self, deadline: Instant) -> bool {
        let guard = self.is_cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self
            .changed
            .wait_timeout_while(guard, left, |is_cancelled| !*is_cancelled);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// More than any wait here takes.
    const LONG: Duration = Duration::from_secs(60);

    fn add(overrides: &mut Overrides<&'static str>, duration: Duration) -> Result<OverrideId, InitError> {
        overrides.add("all", ("log_filter", duration), |_| {})
    }

    #[test]
    fn a_change_ends_after_its_time_and_not_if_it_was_ended_before() {
        let (ended, ends) = mpsc::channel();
        let mut overrides = Overrides::default();
        let mut add = |duration| {
            let ended = ended.clone();
            overrides
                .add("all", ("log_filter", duration), move |id| ended.send(id).unwrap())
                .unwrap()
        };
        let (early, late) = (add(Duration::from_millis(1)), add(LONG * 2));
        drop(ended);
        assert_eq!(ends.recv_timeout(LONG), Ok(early));
        assert_eq!(
            overrides.list().map(|known| known.id).collect::<Vec<_>>(),
            [early, late]
        );
        assert_eq!((overrides.end(late), overrides.end(late)), (Some("all"), None));
        // Its thread is gone, and with it the sender.
        assert_eq!(ends.recv_timeout(LONG), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn times_and_numbers_are_bounded() {
        let mut overrides = Overrides::default();
        for duration in [Duration::ZERO, Duration::MAX, MAX_DURATION + Duration::from_nanos(1)] {
            let refused = add(&mut overrides, duration).unwrap_err().to_string();
            assert!(
                refused.contains("log_filter") && refused.contains("24 hours"),
                "{refused}"
            );
        }
        for _ in 0..MAX_COUNT {
            add(&mut overrides, MAX_DURATION).unwrap();
        }
        let refused = add(&mut overrides, LONG).unwrap_err().to_string();
        assert!(
            refused.contains("17 changes") && refused.contains("end_override"),
            "{refused}"
        );
        let first = overrides.list().next().unwrap();
        assert_eq!(first.id.to_string().parse(), Ok(first.id));
        assert_eq!(first.text, "all");
        overrides.end(first.id);
        add(&mut overrides, LONG).unwrap();
    }
}
