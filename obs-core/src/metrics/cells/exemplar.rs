//! One exemplar: written by requests, read by scrapes, locked by neither.

use std::{
    cell::Cell,
    sync::atomic::{
        AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
        fence,
    },
    time::Duration,
};

use crate::{
    clock,
    context::{SpanId, TraceId},
    metrics::snapshot::Exemplar,
};

/// The trace and span that an exemplar points to.
pub(in crate::metrics) type Ids = (TraceId, SpanId);

/// How often a thread refreshes an exemplar that was not read yet.
const REFRESH: u32 = 64;

/// Attempts to read an exemplar that is being written; after them it is left to the next scrape.
const ATTEMPTS: usize = 8;

thread_local! {
    static TICK: Cell<u32> = const { Cell::new(0) };
}

/// A sequence lock around one exemplar.
///
/// The sequence is odd while a writer is at work, zero before the first. An exemplar is replaced
/// when it has been read or now and then, not by every request: otherwise threads that serve one
/// route would take the cache line from each other all the time.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(in crate::metrics) struct ExemplarSlot {
    sequence: AtomicU64,
    /// The sequence that a reader saw last.
    read: AtomicU64,
    trace_high: AtomicU64,
    trace_low: AtomicU64,
    span: AtomicU64,
    value: AtomicU64,
    /// Microseconds since the epoch.
    at: AtomicU64,
}

// === impl ExemplarSlot ===

impl ExemplarSlot {
    /// Offers an exemplar; it is taken, with the value, if the one that is here has had its turn.
    #[inline]
    pub(in crate::metrics) fn offer(&self, ids: Ids, value: impl FnOnce() -> f64) {
        let sequence = self.sequence.load(Relaxed);
        let unread = sequence != self.read.load(Relaxed);
        if sequence & 1 == 1 || (unread && !tick()) {
            return;
        }
        self.write(sequence, ids, value());
    }

    #[inline(never)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the id is cut in two halves, the stamp fits for 500 000 years"
    )]
    fn write(&self, sequence: u64, (trace, span): Ids, value: f64) {
        if self
            .sequence
            .compare_exchange(sequence, sequence + 1, Acquire, Relaxed)
            .is_err()
        {
            return;
        }
        // Whoever sees one of the stores below also sees the odd sequence.
        fence(Release);
        self.trace_high.store((trace.get() >> 64) as u64, Relaxed);
        self.trace_low.store(trace.get() as u64, Relaxed);
        self.span.store(span.get(), Relaxed);
        self.value.store(value.to_bits(), Relaxed);
        self.at.store(clock::unix_now().as_micros() as u64, Relaxed);
        self.sequence.store(sequence + 2, Release);
    }

    /// The exemplar, which makes room for the next one.
    pub(in crate::metrics) fn take(&self) -> Option<Exemplar> {
        (0..ATTEMPTS).find_map(|_| self.try_read()).flatten()
    }

    /// `None` if a writer was at work, `Some(None)` if there is no exemplar.
    #[expect(clippy::option_option, reason = "tells a busy slot from an empty one")]
    fn try_read(&self) -> Option<Option<Exemplar>> {
        let before = self.sequence.load(Acquire);
        if before & 1 == 1 {
            return None;
        }
        let trace = u128::from(self.trace_high.load(Relaxed)) << 64 | u128::from(self.trace_low.load(Relaxed));
        let span = self.span.load(Relaxed);
        let value = f64::from_bits(self.value.load(Relaxed));
        let at = Duration::from_micros(self.at.load(Relaxed));
        fence(Acquire);
        if self.sequence.load(Relaxed) != before {
            return None;
        }
        self.read.store(before, Relaxed);
        let exemplar = TraceId::new(trace)
            .zip(SpanId::new(span))
            .map(|(trace_id, span_id)| Exemplar {
                trace_id,
                span_id,
                value,
                at,
            });
        Some(exemplar)
    }
}

/// Whether it is this thread's turn to refresh an unread exemplar.
#[inline]
fn tick() -> bool {
    TICK.with(|tick| {
        let next = tick.get().wrapping_add(1);
        tick.set(next);
        next.is_multiple_of(REFRESH)
    })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn ids(n: u64) -> Ids {
        (
            TraceId::new(u128::from(n) << 64 | u128::from(n)).unwrap(),
            SpanId::new(n).unwrap(),
        )
    }

    #[test]
    fn an_exemplar_that_was_read_makes_room_for_the_next() {
        let slot = ExemplarSlot::default();
        assert_eq!(slot.take(), None);
        slot.offer(ids(1), || 0.5);
        slot.offer(ids(2), || 0.6);
        let first = slot.take().unwrap();
        assert_eq!((first.span_id.get(), first.value), (1, 0.5));
        slot.offer(ids(3), || 0.7);
        assert_eq!(slot.take().unwrap().span_id.get(), 3);
        assert_eq!(slot.take().unwrap().span_id.get(), 3);
    }

    #[test]
    fn an_unread_exemplar_is_refreshed_now_and_then() {
        let slot = ExemplarSlot::default();
        for n in 1..=u64::from(2 * REFRESH) {
            slot.offer(ids(n), || 0.0);
        }
        assert!(slot.take().unwrap().span_id.get() > 1);
    }

    #[test]
    fn a_reader_never_sees_half_an_exemplar() {
        let slot = ExemplarSlot::default();
        thread::scope(|scope| {
            for start in [1, 1_000_000] {
                let slot = &slot;
                scope.spawn(move || {
                    for n in start..start + 50_000 {
                        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                        slot.offer(ids(n), || n as f64);
                    }
                });
            }
            for _ in 0..50_000 {
                let Some(seen) = slot.take() else { continue };
                let n = seen.span_id.get();
                assert_eq!(seen.trace_id, ids(n).0);
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let value = n as f64;
                assert_eq!(seen.value.to_bits(), value.to_bits());
            }
        });
    }
}
