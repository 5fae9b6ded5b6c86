//! A growing list that threads can wait on.

use std::{
    fmt::Debug,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Append-only until cleared; clones share the list.
#[derive(Debug)]
pub(crate) struct Watched<T> {
    shared: Arc<(Mutex<Vec<T>>, Condvar)>,
}

// === impl Watched ===

impl<T> Watched<T> {
    pub(crate) fn push(&self, item: T) {
        self.extend([item]);
    }

    pub(crate) fn extend(&self, items: impl IntoIterator<Item = T>) {
        self.lock().extend(items);
        self.shared.1.notify_all();
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// A failed assertion of another thread must not hide behind a poisoned lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Watched<T> {
    pub(crate) fn snapshot(&self) -> Vec<T> {
        self.lock().clone()
    }
}

impl<T: Clone + Debug> Watched<T> {
    /// Waits until `condition` holds for the list; panics with the list when it doesn't in time.
    #[track_caller]
    pub(crate) fn wait_for(&self, within: Duration, mut condition: impl FnMut(&[T]) -> bool) -> Vec<T> {
        let deadline = Instant::now() + within;
        let mut items = self.lock();
        loop {
            if condition(&items) {
                return items.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited {within:?} in vain; what came: {:#?}", *items);
            items = self
                .shared
                .1
                .wait_timeout(items, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

// By hand: a handle can be cloned whatever it holds.
impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Default for Watched<T> {
    fn default() -> Self {
        Self {
            shared: Arc::new((Mutex::new(Vec::new()), Condvar::new())),
        }
    }
}
