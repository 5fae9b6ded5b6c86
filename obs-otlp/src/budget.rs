//! The bytes that telemetry may hold on its way to a collector.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use obs_base::InitError;

/// The default, in bytes, of what waits and what is being sent, for all signals together.
const DEFAULT: usize = 32 * 1024 * 1024;
/// The least that can be set, in bytes.
const LEAST: usize = 64 * 1024;
/// The part for messages: while one is encoded, compressed and sent, there are two of it.
const FOR_MESSAGES: usize = 4;
/// A batch has at most this part of all bytes, so that a batch of each signal fits beside what waits.
const BATCH: usize = 16;

/// The bytes that the queues of one instance share; clones share them.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    bytes: usize,
    used: AtomicUsize,
}

/// Bytes that are taken until this is dropped.
#[derive(Debug)]
pub struct Reservation(Budget, usize);

// === impl Budget ===

impl Budget {
    /// A budget of `bytes`, 32 MiB if nothing is set.
    ///
    /// # Errors
    ///
    /// If there are fewer than 64 KiB.
    pub fn new(bytes: Option<usize>) -> Result<Self, InitError> {
        let bytes = bytes.unwrap_or(DEFAULT);
        if bytes < LEAST {
            let expected = format!("at least {LEAST} bytes ({} KiB)", LEAST / 1024);
            return Err(InitError::invalid("export_queue_bytes", bytes, expected));
        }
        Ok(Self::of(bytes))
    }

    fn of(bytes: usize) -> Self {
        Self(Arc::new(Inner { bytes, used: AtomicUsize::new(0) }))
    }

    /// The bytes for what waits and what is being sent; the rest is for messages.
    fn room(&self) -> usize {
        self.0.bytes - self.0.bytes / FOR_MESSAGES
    }

    /// Takes bytes for an item. False if there are not as many.
    #[must_use]
    #[inline]
    pub fn take(&self, bytes: usize) -> bool {
        let room = self.room();
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= room);
        self.0.used.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// Takes bytes for what exists in any case, such as the slots of a queue.
    pub fn occupy(&self, bytes: usize) {
        self.0.used.fetch_add(bytes, Relaxed);
    }

    /// Takes bytes for what exists in any case, until the reservation is dropped.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> Reservation {
        self.occupy(bytes);
        Reservation(self.clone(), bytes)
    }

    /// Gives back bytes that were taken.
    #[inline]
    pub fn give_back(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Relaxed);
    }

    /// How many slots of `size` bytes a queue may have: a quarter of the room at most.
    #[must_use]
    pub fn slots(&self, size: usize) -> usize {
        (self.room() / 4 / size.max(1)).max(1)
    }

    /// The bytes of items that are sent together, at most.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.0.bytes / BATCH
    }

    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.0.used.load(Relaxed)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::of(DEFAULT)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { bytes, used } = &*self.0;
        f.debug_struct("Budget").field("bytes", bytes).field("used", &used.load(Relaxed)).finish()
    }
}

// === impl Reservation ===

impl Drop for Reservation {
    fn drop(&mut self) {
        self.0.give_back(self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_bytes_than_anything_needs_are_refused() {
        assert!(Budget::new(Some(LEAST)).is_ok() && Budget::new(None).is_ok());
        let error = Budget::new(Some(1_000)).unwrap_err().to_string();
        assert_eq!(error, "export_queue_bytes is \"1000\", expected at least 65536 bytes (64 KiB)");
    }

    #[test]
    fn a_quarter_is_left_to_messages_and_nothing_overflows() {
        let budget = Budget::of(100_000);
        assert!(budget.take(70_000) && !budget.take(5_001) && !budget.take(usize::MAX));
        assert!(budget.take(5_000) && !budget.take(1));
        budget.give_back(5_000);
        assert_eq!(budget.used(), 70_000);
        {
            let held = budget.hold(50_000);
            assert!(!budget.take(1), "what is there is there, others have to wait");
            drop(held);
            assert_eq!(budget.used(), 70_000);
        }
    }
}
