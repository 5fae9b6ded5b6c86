//! The bounded queue of a channel, which one thread sends.

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

/// The largest size of the queue in bytes; a single notification can be larger.
const MOST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    /// The thread is sending a notification.
    is_busy: bool,
    /// The queue is closed; what waits is sent until then.
    ends_at: Option<Instant>,
    /// The thread has ended, also by a panic.
    is_over: bool,
}

// === impl Queue ===

impl<T> Queue<T> {
    /// A queue for `capacity` items, whose sizes in bytes a function returns.
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

    /// Adds an item; returns it if the queue is full or closed.
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

    /// Replaces all items that wait.
    pub(crate) fn replace(&self, all: impl Iterator<Item = T>) {
        let all: VecDeque<T> = all.collect();
        let mut state = self.lock();
        if state.ends_at.is_some() || state.is_over {
            return;
        }
        state.bytes = all.iter().map(self.size_of).sum();
        // The old items are dropped without the lock.
        let before = std::mem::replace(&mut state.waiting, all);
        self.changed.notify_all();
        drop(state);
        drop(before);
    }

    /// Waits for the next item; `None` at the end.
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

    /// Sleeps, until the end at the latest. False if that came first.
    pub(crate) fn sleep(&self, span: Duration) -> bool {
        let until = deadline(Instant::now(), span);
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            if now >= until {
                return true;
            }
            if state.ends_at.is_some_and(|end| end < until) {
                // The end comes before: there is no need to wait.
                return false;
            }
            state = self
                .changed
                .wait_timeout(state, until - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// The time until the end; `None` as long as the queue is open.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.lock()
            .ends_at
            .map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Closes the queue; what waits is sent until `end`.
    pub(crate) fn end(&self, end: Instant) {
        let mut state = self.lock();
        state.ends_at = Some(state.ends_at.map_or(end, |before| before.min(end)));
        self.changed.notify_all();
    }

    /// Waits until the queue is empty and nothing is being sent. False if that takes too long.
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

    /// The thread has ended.
    pub(crate) fn leave(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Whether the thread is sending an item, or panicked while it did.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock().is_busy
    }

    /// The items that were not sent.
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
