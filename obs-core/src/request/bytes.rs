//! Counting the bytes of a request body.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::pool::Pool;

thread_local! {
    static POOL: Pool<Arc<AtomicU64>> = const { Pool::new() };
}

/// Counts the bytes of one request body, for adapters: the wrapper of the body calls [`add`](Self::add), the
/// observation reads the total when the request ends. From
/// [`Observation::count_request_body`](super::Observation::count_request_body).
///
/// Counters are pooled for each thread, so that counting costs no allocation.
#[derive(Clone, Debug)]
pub struct ByteCounter(Arc<AtomicU64>);

/// The size of a request body, as far as it is known.
#[derive(Debug)]
pub(super) enum RequestBytes {
    Unknown,
    Known(u64),
    Counted(ByteCounter),
}

// === impl ByteCounter ===

impl ByteCounter {
    pub(super) fn take() -> Self {
        let mut counter: Arc<AtomicU64> = Pool::take(&POOL);
        // A body that has outlived its request still uses its counter.
        match Arc::get_mut(&mut counter) {
            Some(count) => *count.get_mut() = 0,
            None => counter = Arc::default(),
        }
        Self(counter)
    }

    /// Adds bytes that were read.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The bytes that were read so far.
    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn recycle(self) -> u64 {
        let counted = self.count();
        Pool::recycle(&POOL, self.0, 0);
        counted
    }
}

// === impl RequestBytes ===

impl RequestBytes {
    /// The bytes so far, of a body that is counted.
    #[inline]
    pub(super) fn counted(&self) -> Option<u64> {
        match self {
            Self::Unknown | Self::Known(_) => None,
            Self::Counted(counter) => Some(counter.count()),
        }
    }

    /// The final size; `None` if it is unknown.
    pub(super) fn total(self) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Known(bytes) => Some(bytes),
            Self::Counted(counter) => Some(counter.recycle()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_a_body_still_holds_is_not_used_again() {
        let counter = ByteCounter::take();
        let held = counter.clone();
        held.add(3);
        assert_eq!(RequestBytes::Counted(counter).total(), Some(3));
        let next = ByteCounter::take();
        held.add(4);
        assert_eq!(RequestBytes::Counted(next).total(), Some(0));
    }
}
