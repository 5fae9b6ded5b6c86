//! The traces whose records have given way lately.

use std::collections::VecDeque;

use obs_base::ids::TraceId;

/// The bytes of an id with its time.
pub(super) const ENTRY: usize = size_of::<(u64, u64)>();

/// Ids of traces with the times at which records of them gave way, in memory of a fixed size: the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Evicted {
    /// The lower half of an id, which is random in all formats, and nanoseconds since the Unix epoch.
    ids: VecDeque<(u64, u64)>,
}

/// The part of an id that is remembered.
#[expect(clippy::cast_possible_truncation, reason = "the lower half")]
fn half(trace_id: u128) -> u64 {
    trace_id as u64
}

// === impl Evicted ===

impl Evicted {
    /// A memory of so many ids.
    pub(super) fn new(ids: usize) -> Self {
        Self {
            ids: VecDeque::with_capacity(ids),
        }
    }

    /// Remembers ids of records that give way at this time.
    pub(super) fn add(&mut self, trace_ids: impl Iterator<Item = u128>, at: u64) {
        for trace_id in trace_ids {
            if self.ids.len() == self.ids.capacity() {
                self.ids.pop_front();
            }
            // Full of nothing, if it has no memory.
            if self.ids.len() < self.ids.capacity() {
                self.ids.push_back((half(trace_id), at));
            }
        }
    }

    /// When a record of this trace gave way last.
    pub(super) fn last(&self, trace_id: TraceId) -> Option<u64> {
        let wanted = half(trace_id.get());
        self.ids.iter().rev().find(|(id, _)| *id == wanted).map(|(_, at)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_ids_are_remembered_with_their_last_times_in_the_memory_there_was() {
        let mut evicted = Evicted::new(3);
        let capacity = evicted.ids.capacity();
        let id = |n| TraceId::new(n).unwrap();
        evicted.add([7, 8, 7].into_iter(), 1);
        evicted.add(std::iter::once(7), 2);
        assert_eq!((evicted.last(id(7)), evicted.last(id(8))), (Some(2), Some(1)));
        evicted.add(100..10_000, 3);
        assert_eq!((evicted.last(id(7)), evicted.last(id(9_999))), (None, Some(3)));
        assert_eq!(evicted.ids.capacity(), capacity);
        let mut without = Evicted::default();
        without.add(1..10, 1);
        assert_eq!((without.last(id(1)), without.ids.capacity()), (None, 0));
    }
}
