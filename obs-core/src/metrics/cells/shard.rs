//! Which shard a thread writes to.
//!
//! The first threads to write get shards of their own, until they end: no other thread writes there, so
//! that a sum and a store do what otherwise takes an atomic addition, which costs twenty times as much.
//! All further threads share the last shards.

use std::{
    cell::{Cell, OnceCell},
    sync::{
        OnceLock,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    thread,
};

/// More than this cost memory without a gain: scrapes add them up, and few machines have more threads
/// that write to one series at the same moment.
const MAX_OWN: usize = 8;
/// Shards to share where there may be more threads than can have their own.
const MAX_SHARED: usize = 4;

/// A value on cache lines of its own; 128 bytes because processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

/// The shard that a thread writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShardLease {
    /// Among [`count`] shards.
    pub(super) index: usize,
    /// Whether no other thread writes there.
    is_own: bool,
}

/// How many shards there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counts {
    own: usize,
    shared: usize,
}

/// Gives the shard of a thread back when that ends.
#[derive(Debug)]
struct OwnedShard(usize);

const UNKNOWN: ShardLease = ShardLease {
    index: usize::MAX,
    is_own: false,
};

/// A bit for each shard that has an owner.
static OWNED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Apart from the owned shard, as what needs no destructor is found faster.
    static HERE: Cell<ShardLease> = const { Cell::new(UNKNOWN) };
    static OWNED_SHARD: OnceCell<OwnedShard> = const { OnceCell::new() };
}

/// The number of shards.
pub(super) fn count() -> usize {
    let Counts { own, shared } = counts();
    own + shared
}

fn counts() -> Counts {
    static COUNTS: OnceLock<Counts> = OnceLock::new();
    *COUNTS.get_or_init(|| Counts::for_cores(thread::available_parallelism().map_or(1, usize::from)))
}

/// The shard of this thread.
#[inline]
pub(super) fn here() -> ShardLease {
    let lease = HERE.get();
    if lease.index == UNKNOWN.index { assign() } else { lease }
}

/// The shard of this thread, if it has written before.
#[inline]
pub(super) fn known() -> Option<ShardLease> {
    Some(HERE.get()).filter(|lease| lease.index != UNKNOWN.index)
}

#[cold]
fn assign() -> ShardLease {
    let owned = OWNED_SHARD
        .try_with(|owned| owned.get_or_init(OwnedShard::take_first).0)
        .ok();
    let lease = owned
        .filter(|index| *index < counts().own)
        .map_or_else(shared, |index| ShardLease { index, is_own: true });
    HERE.set(lease);
    lease
}

/// A shard that threads share: each thread gets the next one in turn.
pub(super) fn shared() -> ShardLease {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Counts { own, shared } = counts();
    ShardLease {
        index: own + NEXT.fetch_add(1, Relaxed) % shared,
        is_own: false,
    }
}

/// The shard after the last one, where records go for a while: see
/// [`HistogramCells`](super::HistogramCells).
pub(super) fn aside() -> ShardLease {
    ShardLease {
        index: count(),
        is_own: false,
    }
}

/// One padded value for each shard.
pub(super) fn shards<T: Default>() -> Box<[Padded<T>]> {
    (0..count()).map(|_| Padded::default()).collect()
}

// === impl ShardLease ===

impl ShardLease {
    /// Adds to a cell of this shard, modulo 2⁶⁴, and returns the sum. What this thread has written
    /// before is seen by whoever sees the sum.
    #[inline]
    pub(super) fn add(self, cell: &AtomicU64, n: u64) -> u64 {
        if self.is_own {
            let sum = cell.load(Relaxed).wrapping_add(n);
            cell.store(sum, Release);
            sum
        } else {
            cell.fetch_add(n, Release).wrapping_add(n)
        }
    }

    /// The same for a cell that holds a float: one that grows beyond what a float can hold stays at
    /// the last number, as from infinity there is no way back but to what is not a number.
    #[inline]
    pub(super) fn add_float(self, cell: &AtomicU64, step: f64) {
        let add = |bits| (f64::from_bits(bits) + step).clamp(f64::MIN, f64::MAX).to_bits();
        if self.is_own {
            cell.store(add(cell.load(Relaxed)), Release);
        } else {
            // Never an error: there always is a sum.
            let _ = cell.fetch_update(Release, Relaxed, |bits| Some(add(bits)));
        }
    }
}

// === impl Counts ===

impl Counts {
    /// One more than cores, as there is a thread that starts everything.
    fn for_cores(cores: usize) -> Self {
        let own = (cores + 1).min(MAX_OWN);
        Self {
            own,
            shared: if cores < own { 1 } else { MAX_SHARED },
        }
    }
}

// === impl OwnedShard ===

impl OwnedShard {
    /// A shard without an owner; an invalid index if all have one.
    fn take_first() -> Self {
        let free = |owned: u64| (owned.trailing_ones() as usize) < counts().own;
        let taken = OWNED.fetch_update(AcqRel, Acquire, |owned| free(owned).then_some(owned | (owned + 1)));
        Self(taken.map_or(usize::MAX, |owned| owned.trailing_ones() as usize))
    }
}

impl Drop for OwnedShard {
    fn drop(&mut self) {
        // What this thread still writes, in other destructors, goes to a shard that is shared.
        HERE.set(shared());
        if self.0 != usize::MAX {
            OWNED.fetch_and(!(1 << self.0), Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_shard_has_one_owner_at_a_time() {
        let cells: Vec<AtomicU64> = (0..count()).map(|_| AtomicU64::new(0)).collect();
        for _ in 0..20 {
            thread::scope(|scope| {
                for _ in 0..16 {
                    scope.spawn(|| {
                        (0..1_000).for_each(|_| {
                            here().add(&cells[here().index], 1);
                        });
                    });
                }
            });
        }
        assert_eq!(cells.iter().map(|cell| cell.load(Relaxed)).sum::<u64>(), 320_000);
    }

    #[test]
    fn threads_that_have_ended_leave_their_shards_to_others() {
        let own: HashSet<usize> = (0..200)
            .filter_map(|_| {
                let lease = thread::spawn(here).join().unwrap();
                lease.is_own.then_some(lease.index)
            })
            .collect();
        assert!(own.len() <= counts().own);
        assert_eq!(here(), here());
    }

    #[test]
    fn what_is_written_after_the_lease_ended_is_shared() {
        let lease = thread::spawn(|| {
            here();
            drop(OwnedShard(usize::MAX));
            here()
        });
        assert!(!lease.join().unwrap().is_own);
    }

    #[test]
    fn there_is_a_shard_for_each_core_up_to_eight() {
        assert_eq!(Counts::for_cores(1), Counts { own: 2, shared: 1 });
        assert_eq!(Counts::for_cores(4), Counts { own: 5, shared: 1 });
        assert_eq!(Counts::for_cores(8), Counts { own: 8, shared: 4 });
        assert_eq!(Counts::for_cores(128), Counts { own: 8, shared: 4 });
    }

    #[test]
    fn a_sum_goes_round() {
        for is_own in [true, false] {
            let cell = AtomicU64::new(0);
            let lease = ShardLease { index: 0, is_own };
            assert_eq!(lease.add(&cell, u64::MAX), u64::MAX);
            assert_eq!(lease.add(&cell, 2), 1);
        }
    }

    #[test]
    fn a_float_stays_a_number_whatever_is_added() {
        for is_own in [true, false] {
            let cell = AtomicU64::new(0);
            let lease = ShardLease { index: 0, is_own };
            for step in [f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::MIN, f64::MAX] {
                lease.add_float(&cell, step);
                assert!(f64::from_bits(cell.load(Relaxed)).is_finite());
            }
        }
    }

    #[test]
    fn floats_are_added_as_floats() {
        for is_own in [true, false] {
            let cell = AtomicU64::new(0);
            let lease = ShardLease { index: 0, is_own };
            lease.add_float(&cell, 0.5);
            lease.add_float(&cell, 1.0);
            assert_eq!(cell.load(Relaxed), 1.5_f64.to_bits());
        }
    }
}
