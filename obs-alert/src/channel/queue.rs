//! What waits to be sent: bounded, emptied by one thread.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use obs_core::deadline;

/// A queue between the task that evaluates and the thread that sends.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    bound: usize,
    size_of: fn(&T) -> usize,
}

/// What waits takes no more than this, in bytes, but for a single one that is larger.
const MOST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    /// The thread works on one that it has taken.
    is_busy: bool,
    /// No more come; what is there is sent until then.
    ends_at: Option<Instant>,
    /// The thread has ended, as it should or by a panic.
    is_over: bool,
}

// === impl Queue ===

impl<T> Queue<T> {
    /// For so many, whose sizes in bytes are told by a function.
    pub(crate) fn new(bound: usize, size_of: fn(&T) -> usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            is_busy: false,
            ends_at: None,
            is_over: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            bound: bound.max(1),
            size_of,
        }
    }

    /// Adds one; gives it back if there is no room, or no more are taken.
    pub(crate) fn push(&self, one: T) -> Result<(), T> {
        let size = (self.size_of)(&one);
        let mut state = self.lock();
        let is_full = state.waiting.len() >= self.bound || !state.waiting.is_empty() && state.bytes + size > MOST_BYTES;
        if is_full || state.ends_at.is_some() || state.is_over {
            return Err(one);
        }
        state.bytes += size;
        state.waiting.push_back(one);
        self.changed.notify_all();
        Ok(())
    }

    /// Puts these in the place of all that wait, as they say the same and more.
    pub(crate) fn replace(&self, all: impl Iterator<Item = T>) {
        let all: VecDeque<T> = all.collect();
        let mut state = self.lock();
        if state.ends_at.is_some() || state.is_over {
            return;
        }
        state.bytes = all.iter().map(self.size_of).sum();
        // What it was is dropped without the lock.
        let before = std::mem::replace(&mut state.waiting, all);
        self.changed.notify_all();
        drop(state);
        drop(before);
    }

    /// The next one, when there is one; `None` at the end.
    pub(crate) fn take(&self) -> Option<T> {
        let mut state = self.lock();
        state.is_busy = false;
        self.changed.notify_all();
        loop {
            if state.ends_at.is_some_and(|end| end <= Instant::now()) {
                return None;
            }
            if let Some(one) = state.waiting.pop_front() {
                state.bytes = state.bytes.saturating_sub((self.size_of)(&one));
                state.is_busy = true;
                return Some(one);
            }
            if state.ends_at.is_some() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sleeps, until the end at the latest. Whether it has slept to the end of the span.
    pub(crate) fn sleep(&self, span: Duration) -> bool {
        let until = deadline(Instant::now(), span);
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if now >= until {
                return true;
            }
            if state.ends_at.is_some_and(|end| end < until) {
                // No use in waiting for a time that doesn't come.
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, until - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// How long there is until the end; `None` as long as none is set.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.lock()
            .ends_at
            .map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// No more are taken; what waits is sent until `end`.
    pub(crate) fn end(&self, end: Instant) {
        let mut state = self.lock();
        state.ends_at = Some(state.ends_at.map_or(end, |before| before.min(end)));
        self.changed.notify_all();
    }

    /// Waits until nothing waits and nothing is worked on; whether that came in time.
    pub(crate) fn wait_idle(&self, until: Instant) -> bool {
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() && !state.is_busy {
                return true;
            }
            let now = Instant::now();
            if state.is_over || now >= until {
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, until - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The thread takes no more.
    pub(crate) fn leave(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Whether the thread works on one, or has died of it.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().is_busy
    }

    /// What is left when nobody takes it any more.
    pub(crate) fn drain(&self) -> Vec<T> {
        let mut state = self.lock();
        state.bytes = 0;
        state.waiting.drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_in_number_and_in_bytes() {
        let queue = Queue::new(3, Vec::len);
        assert!(
            queue.push(vec![0; MOST_BYTES * 2]).is_ok(),
            "a single one may be larger"
        );
        assert!(queue.push(vec![0]).is_err());
        drop(queue.take());
        assert!((0..3).all(|_| queue.push(vec![0; MOST_BYTES / 4]).is_ok()));
        assert!(queue.push(Vec::new()).is_err(), "three are the most");
        queue.replace([vec![0; 10]].into_iter());
        assert_eq!(queue.drain(), [vec![0; 10]]);
    }
}
