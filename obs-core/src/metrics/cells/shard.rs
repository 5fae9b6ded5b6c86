//! Which shard a thread writes to.

use std::{
    cell::Cell,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

/// More shards than this cost memory without a gain: scrapes add them up, and few machines have
/// more threads that write to one series at the same moment.
const MAX_SHARDS: usize = 8;

/// A value on cache lines of its own; 128 bytes because processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The number of shards: that of the cores, rounded up to a power of two, at most eight.
pub(super) fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        cores.next_power_of_two().min(MAX_SHARDS)
    })
}

/// The shard of this thread among `count` shards, a power of two.
#[inline]
pub(super) fn index(count: usize) -> usize {
    NUMBER.with(|number| {
        let known = number.get();
        let number = if known == usize::MAX { assign(number) } else { known };
        number & (count - 1)
    })
}

#[cold]
fn assign(number: &Cell<usize>) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let assigned = NEXT.fetch_add(1, Relaxed) & (usize::MAX >> 1);
    number.set(assigned);
    assigned
}

/// One padded value for each shard.
pub(super) fn shards<T: Default>() -> Box<[Padded<T>]> {
    (0..count()).map(|_| Padded::default()).collect()
}
