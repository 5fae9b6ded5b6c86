//! The bytes that a recorder may hold.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use metrics::Gauge;

/// Counts the bytes of one recorder against their limit. Only allocations are counted here, which are rare: what a
/// request writes goes into memory that is counted already.
pub(super) struct Ledger {
    limit: usize,
    /// What requests that run may not take, so that there is room for records.
    reserve: usize,
    used: AtomicUsize,
    gauge: Gauge,
}

// === impl Ledger ===

impl Ledger {
    pub(super) fn new(limit: usize, reserve: usize, gauge: Gauge) -> Self {
        Self {
            limit,
            reserve,
            used: AtomicUsize::new(0),
            gauge,
        }
    }

    /// The most bytes that are held.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The bytes that are held now.
    pub(super) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Takes so many bytes for records; false, and nothing is taken, if they would exceed the limit.
    pub(super) fn take_for_records(&self, bytes: usize) -> bool {
        self.take(bytes, self.limit)
    }

    /// Takes so many bytes for what runs; false, and nothing is taken, if they would exceed its limit.
    pub(super) fn take_for_running(&self, bytes: usize) -> bool {
        self.take(bytes, self.limit - self.reserve)
    }

    fn take(&self, bytes: usize, limit: usize) -> bool {
        let taken = self.used.fetch_update(Relaxed, Relaxed, |used| {
            used.checked_add(bytes).filter(|sum| *sum <= limit)
        });
        self.show();
        taken.is_ok()
    }

    /// Gives bytes back that were taken.
    pub(super) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Relaxed);
        self.show();
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floats; exact up to 2^53 bytes")]
    fn show(&self) {
        self.gauge.set(self.used() as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_the_limit_is_not_taken() {
        let ledger = Ledger::new(80, 10, Gauge::noop());
        assert!(ledger.take_for_records(60) && !ledger.take_for_records(21));
        assert!(!ledger.take_for_running(11) && ledger.take_for_running(10) && ledger.take_for_records(10));
        assert_eq!(ledger.used(), 80);
        ledger.give_back(60);
        assert!(!ledger.take_for_records(usize::MAX) && ledger.take_for_records(1));
        assert_eq!((ledger.used(), ledger.limit()), (21, 80));
    }
}
