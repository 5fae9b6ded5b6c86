//! Native histograms: exponential buckets, eight to a doubling (schema 3).
//!
//! Bucket `i` holds the values in `(2^((i-1)/8), 2^(i/8)]`; negative values have buckets of their
//! own, and what is smaller than 2⁻¹²⁸ is in the zero bucket
//! ([specification](https://prometheus.io/docs/specs/native_histograms/)).

use std::sync::{
    OnceLock,
    atomic::{
        AtomicU32, AtomicU64,
        Ordering::{Relaxed, Release},
    },
};

use super::shard::{self, Padded, ShardLease};
use crate::metrics::buckets::Buckets;

/// Eight buckets to a doubling.
const SCHEMA: i32 = 3;
/// The widest buckets there are.
const MIN_SCHEMA: i32 = -4;
/// With more buckets than this, two neighbours become one on the page.
const MAX_BUCKETS: usize = 160;
/// The smallest and the largest exponents: smaller values are zero, larger ones in the last bucket.
const MIN_EXPONENT: i32 = -128;
const MAX_EXPONENT: i32 = 127;
/// The index of the bucket in front.
const FIRST: i32 = MIN_EXPONENT * 8 + 1;
/// Buckets that are allocated together: eight doublings.
const CHUNK: usize = 64;
const CHUNKS: usize = 32;

/// 2^(1/8) … 2^(7/8) without the leading one, as the 52 bits of a fraction.
const EIGHTHS: [u64; 7] = [
    0x1_72b8_3c7d_517b,
    0x3_06fe_0a31_b715,
    0x4_bfda_d536_2a27,
    0x6_a09e_667f_3bcd,
    0x8_ace5_422a_a0db,
    0xa_e89f_995a_d3ad,
    0xd_5818_dcfb_a487,
];

type Chunk = Box<[AtomicU64; CHUNK]>;

#[derive(Debug, Default)]
struct Side {
    /// A bit for each chunk that is there: readers need not look through all.
    present: AtomicU32,
    chunks: [OnceLock<Chunk>; CHUNKS],
}

#[derive(Debug, Default)]
struct Shard {
    zero: AtomicU64,
    positive: Side,
    negative: OnceLock<Box<Side>>,
}

/// The native buckets of one series; memory grows with the doublings that its values span.
#[derive(Debug)]
pub(super) struct Native {
    shards: Box<[Padded<Shard>]>,
}

/// What a scrape reads; reused from series to series.
#[derive(Debug, Default)]
pub(in crate::metrics) struct NativeCounts {
    pub(in crate::metrics) schema: i32,
    pub(in crate::metrics) zero: u64,
    /// Index and count of each bucket that isn't empty, ascending once [finished](Self::finish).
    pub(in crate::metrics) positive: Vec<(i32, u64)>,
    pub(in crate::metrics) negative: Vec<(i32, u64)>,
}

/// The index of the bucket that holds `value`, which is positive and finite; `None` for zero.
fn index_of(value: f64) -> Option<i32> {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = value.to_bits();
    let exponent = (bits >> 52) as i32 - 1023;
    let fraction = bits & FRACTION;
    if exponent < MIN_EXPONENT || (exponent == MIN_EXPONENT && fraction == 0) {
        return None;
    }
    if exponent > MAX_EXPONENT {
        return Some((MAX_EXPONENT + 1) * 8);
    }
    let above = EIGHTHS
        .iter()
        .fold(0, |above, bound| above + i32::from(fraction > *bound));
    Some(exponent * 8 + above + i32::from(fraction > 0))
}

// === impl Side ===

impl Side {
    fn add(&self, index: i32, count: u64) {
        let at = usize::try_from(index - FIRST).unwrap_or_default();
        let Some(chunk) = self.chunks.get(at / CHUNK) else {
            return;
        };
        let chunk = chunk.get_or_init(|| {
            // Set before the chunk is: a reader that sees a count in the chunk sees the bit.
            self.present.fetch_or(1 << (at / CHUNK), Relaxed);
            Box::new([const { AtomicU64::new(0) }; CHUNK])
        });
        chunk[at % CHUNK].fetch_add(count, Release);
    }

    fn add_to(&self, counts: &mut Vec<(i32, u64)>) {
        for (first, chunk) in self.present() {
            for (index, cell) in (first..).zip(chunk.iter()) {
                let count = cell.load(Relaxed);
                if count > 0 {
                    counts.push((index, count));
                }
            }
        }
    }

    /// The chunks that are there, each with the index of its first bucket.
    fn present(&self) -> impl Iterator<Item = (i32, &Chunk)> {
        let bits = self.present.load(Relaxed);
        let known = (FIRST..).step_by(CHUNK).zip(&self.chunks).enumerate();
        known
            .take_while(move |(at, _)| bits >> at != 0)
            .filter(move |(at, _)| bits >> at & 1 == 1)
            .filter_map(|(_, (first, chunk))| Some((first, chunk.get()?)))
    }
}

// === impl Native ===

impl Native {
    /// Buckets that start with what the classic ones hold, each observation at its upper bound.
    pub(super) fn seeded(buckets: &Buckets, counts: &[u64]) -> Self {
        let shards = (0..=shard::aside().index).map(|_| Padded::default()).collect();
        let native = Self { shards };
        for (bound, count) in buckets.representatives().zip(counts) {
            native.record(shard::here(), bound, *count);
        }
        native
    }

    /// Counts a value at `lease`. Whoever sees that sees what the thread has written before.
    pub(super) fn record(&self, lease: ShardLease, value: f64, count: u64) {
        if count == 0 {
            return;
        }
        let shard = &self.shards[lease.index].0;
        match index_of(value.abs()) {
            None => {
                shard.zero.fetch_add(count, Release);
            }
            Some(index) if value < 0.0 => shard.negative.get_or_init(Box::default).add(index, count),
            Some(index) => shard.positive.add(index, count),
        }
    }

    /// Adds the buckets of one shard to `counts`.
    pub(super) fn add_shard(&self, shard: usize, counts: &mut NativeCounts) {
        let Padded(shard) = &self.shards[shard];
        counts.zero += shard.zero.load(Relaxed);
        shard.positive.add_to(&mut counts.positive);
        if let Some(negative) = shard.negative.get() {
            negative.add_to(&mut counts.negative);
        }
    }

    /// Sees to it that `counts`, which were `before` without these buckets, have at least the
    /// `classic` observations that the caller counted.
    ///
    /// Threads that were recording when the native buckets were made may have missed them. What
    /// they left out is made up for here, in the zero bucket: a handful of observations, once.
    pub(super) fn make_up(&self, counts: &mut NativeCounts, before: u64, classic: u64) {
        let missed = classic.saturating_sub(counts.count().wrapping_sub(before));
        if missed > 0 {
            self.shards[0].0.zero.fetch_add(missed, Relaxed);
            counts.zero += missed;
        }
    }
}

// === impl NativeCounts ===

impl NativeCounts {
    pub(super) fn clear(&mut self) {
        let Self {
            schema,
            zero,
            positive,
            negative,
        } = self;
        *schema = SCHEMA;
        *zero = 0;
        positive.clear();
        negative.clear();
    }

    /// How much there is, to come back to.
    pub(super) fn mark(&self) -> (u64, usize, usize) {
        (self.zero, self.positive.len(), self.negative.len())
    }

    /// Forgets what was added since `mark`.
    pub(super) fn forget_since(&mut self, mark: (u64, usize, usize)) {
        let (zero, positive, negative) = mark;
        self.zero = zero;
        self.positive.truncate(positive);
        self.negative.truncate(negative);
    }

    /// All observations.
    pub(in crate::metrics) fn count(&self) -> u64 {
        let side = |side: &[(i32, u64)]| side.iter().fold(0, |sum: u64, (_, count)| sum.wrapping_add(*count));
        self.zero
            .wrapping_add(side(&self.positive))
            .wrapping_add(side(&self.negative))
    }

    /// Puts the buckets in order, one entry each, and widens them until there are few enough.
    pub(in crate::metrics) fn finish(&mut self) {
        merge(&mut self.positive);
        merge(&mut self.negative);
        while self.positive.len() + self.negative.len() > MAX_BUCKETS && self.schema > MIN_SCHEMA {
            self.schema -= 1;
            for side in [&mut self.positive, &mut self.negative] {
                // Two neighbours become one: the index is halved, rounded up.
                for (index, _) in side.iter_mut() {
                    *index = (*index + 1) >> 1;
                }
                merge(side);
            }
        }
    }
}

/// Sorts by index and adds up what has the same one.
fn merge(side: &mut Vec<(i32, u64)>) {
    side.sort_unstable_by_key(|(index, _)| *index);
    side.dedup_by(|(index, count), (kept, sum)| {
        let same = index == kept;
        if same {
            *sum = sum.wrapping_add(*count);
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::DURATION_BUCKETS;

    fn counts(native: &Native, classic: u64) -> NativeCounts {
        let mut counts = NativeCounts::default();
        counts.clear();
        (0..native.shards.len()).for_each(|shard| native.add_shard(shard, &mut counts));
        native.make_up(&mut counts, 0, classic);
        counts.finish();
        counts
    }

    #[test]
    fn powers_of_two_are_upper_bounds() {
        assert_eq!(index_of(1.0), Some(0));
        assert_eq!(index_of(1.000_001), Some(1));
        assert_eq!(index_of(2.0), Some(8));
        assert_eq!(index_of(0.5), Some(-8));
        assert_eq!(index_of(0.0), None);
        assert_eq!(index_of(f64::MIN_POSITIVE / 2.0), None);
        assert_eq!(index_of(f64::MAX), Some(1024));
        assert_eq!(index_of(2_f64.powi(-128)), None);
        assert_eq!(index_of(2_f64.powi(-128) * 1.001), Some(FIRST));
    }

    #[test]
    fn what_the_writers_missed_is_made_up_for_once() {
        let native = Native::seeded(&Buckets::seconds(&DURATION_BUCKETS), &[2, 0, 1]);
        assert_eq!(counts(&native, 5).count(), 5);
        assert_eq!(counts(&native, 5).count(), 5);
    }

    #[test]
    fn more_than_160_buckets_are_widened_and_none_is_lost() {
        let native = Native::seeded(&Buckets::seconds(&DURATION_BUCKETS), &[]);
        let mut value = 1e-9;
        for _ in 0..1_000 {
            native.record(shard::here(), value, 1);
            native.record(shard::here(), -value, 1);
            value *= 1.04;
        }
        native.record(shard::here(), 0.0, 1);
        let counts = counts(&native, 0);
        assert!(counts.positive.len() + counts.negative.len() <= MAX_BUCKETS);
        assert_eq!((counts.count(), counts.zero), (2_001, 1));
        assert!(counts.schema < SCHEMA);
    }

    proptest! {
        #[test]
        fn a_value_lies_within_the_bounds_of_its_bucket(value in 1e-30_f64..1e30) {
            let index = index_of(value).unwrap();
            let bound = |index: i32| 2_f64.powf(f64::from(index) / 8.0);
            prop_assert!(value <= bound(index) * (1.0 + 1e-12));
            prop_assert!(value >= bound(index - 1) * (1.0 - 1e-12));
        }
    }
}
