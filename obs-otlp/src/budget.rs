//! The memory budget of the export: the bytes of all items that are queued or being sent.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use obs_base::InitError;

/// The default budget for all signals together, in bytes: 32 MiB.
const DEFAULT: usize = 32 * 1024 * 1024;
/// The smallest budget, in bytes: 64 KiB.
const LEAST: usize = 64 * 1024;
/// One part in this many is reserved for messages: while one is sent, it exists twice, encoded and compressed.
const FOR_MESSAGES: usize = 4;
/// A batch has at most one part in this many, so that a batch of each signal fits besides the queued items.
const BATCH: usize = 16;

/// The memory budget that the queues of one instance share. Clones share it too.
///
/// A queue [takes](Self::take) the bytes of an item before it stores it, and [releases](Self::release) them once the
/// item is sent or dropped. All methods are lock-free.
///
/// ```
/// use obs_otlp::Budget;
///
/// let budget = Budget::new(Some(100_000))?; // a quarter is reserved for messages
/// assert!(budget.take(70_000) && !budget.take(10_000));
/// budget.release(70_000);
/// assert!(budget.take(10_000));
/// # Ok::<(), obs_base::InitError>(())
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    bytes: usize,
    used: AtomicUsize,
}

/// A part of a budget that is taken until this is dropped, see [`Budget::reserve`].
#[derive(Debug)]
pub struct Reservation(Budget, usize);

// === impl Budget ===

impl Budget {
    /// A budget of `bytes`, 32 MiB by default.
    ///
    /// # Errors
    ///
    /// If `bytes` is less than 64 KiB (65 536).
    pub fn new(bytes: Option<usize>) -> Result<Self, InitError> {
        let bytes = bytes.unwrap_or(DEFAULT);
        if bytes < LEAST {
            let expected = format!("at least {LEAST} bytes ({} KiB)", LEAST / 1024);
            return Err(InitError::invalid("export_queue_bytes", bytes, expected));
        }
        Ok(Self::with_bytes(bytes))
    }

    fn with_bytes(bytes: usize) -> Self {
        Self(Arc::new(Inner {
            bytes,
            used: AtomicUsize::new(0),
        }))
    }

    /// The bytes for items, queued and being sent; the rest is reserved for messages.
    fn room(&self) -> usize {
        self.0.bytes - self.0.bytes / FOR_MESSAGES
    }

    /// Takes bytes for an item; `false` if the budget doesn't have as many left, and the item has to be dropped.
    #[must_use]
    #[inline]
    pub fn take(&self, bytes: usize) -> bool {
        let room = self.room();
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= room);
        self.0.used.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// Takes bytes for memory that is allocated in any case, such as the slots of a queue, even beyond the budget.
    pub fn occupy(&self, bytes: usize) {
        self.0.used.fetch_add(bytes, Relaxed);
    }

    /// Takes bytes for memory that is allocated in any case, even beyond the budget, until the reservation is dropped.
    #[must_use]
    pub fn reserve(&self, bytes: usize) -> Reservation {
        self.occupy(bytes);
        Reservation(self.clone(), bytes)
    }

    /// Returns bytes that were taken. Must be called once for each successful [`take`](Self::take).
    #[inline]
    pub fn release(&self, bytes: usize) {
        self.0.used.fetch_sub(bytes, Relaxed);
    }

    /// The number of slots of `size` bytes that a queue may allocate: at most a quarter of the bytes for items, at
    /// least 1.
    #[must_use]
    pub fn slots(&self, size: usize) -> usize {
        (self.room() / 4 / size.max(1)).max(1)
    }

    /// The largest size of a batch, in bytes of its items: a sixteenth of the budget.
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
        Self::with_bytes(DEFAULT)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { bytes, used } = &*self.0;
        f.debug_struct("Budget")
            .field("bytes", bytes)
            .field("used", &used.load(Relaxed))
            .finish()
    }
}

// === impl Reservation ===

impl Drop for Reservation {
    fn drop(&mut self) {
        self.0.release(self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_below_the_minimum_is_refused() {
        assert!(Budget::new(Some(LEAST)).is_ok() && Budget::new(None).is_ok());
        let error = Budget::new(Some(1_000)).unwrap_err().to_string();
        assert_eq!(
            error,
            "export_queue_bytes is \"1000\", expected at least 65536 bytes (64 KiB)"
        );
    }

    #[test]
    fn a_quarter_is_left_to_messages_and_nothing_overflows() {
        let budget = Budget::with_bytes(100_000);
        assert!(budget.take(70_000) && !budget.take(5_001) && !budget.take(usize::MAX));
        assert!(budget.take(5_000) && !budget.take(1));
        budget.release(5_000);
        assert_eq!(budget.used(), 70_000);
        {
            let held = budget.reserve(50_000);
            assert!(!budget.take(1), "reserved bytes count, even beyond the budget");
            drop(held);
            assert_eq!(budget.used(), 70_000);
        }
    }
}
