//! Histograms with classic buckets.

use std::{
    hint,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Acquire, Relaxed},
            fence,
        },
    },
    thread,
};

use super::{
    ExemplarSlot, Ids,
    native::Native,
    shard::{self, ShardLease},
    totals::{Detail, HistogramTotals},
};
use crate::metrics::{buckets::Buckets, snapshot::Exemplar};

/// Cells of one cache line pair.
const BLOCK: usize = 16;

/// How often a page tries to read a shard between two records before it has records go aside.
const ATTEMPTS: usize = 4;
/// How often it tries after that, when only what is being written at that moment can come between.
const ATTEMPTS_ALONE: usize = 1_000;

/// Held by the page that redirects records to the spare shard, so that no other page reads that meanwhile.
static ALONE: Mutex<()> = Mutex::new(());

#[derive(Debug, Default)]
#[repr(align(128))]
struct Block([AtomicU64; BLOCK]);

/// Bucket counts and sum of one series.
///
/// A shard is a run of blocks: its first cell is the sum, the others are the buckets. With the 14
/// standard bounds that is one block exactly. Sums of whole units (nanoseconds, bytes) are added
/// in one step; sums of floats need a compare-and-swap. There is no cell for the count: it is the
/// sum of the buckets, so the two can't contradict each other on a page.
///
/// A record adds to the sum first and to its bucket second. A page that finds the sum of a shard
/// unchanged after it has read the buckets has read both as they were at one moment, but for the
/// record that each thread was just writing. Where threads record without a pause, there may be no such moment:
/// then the page has them record into a further shard while it reads the others, and the next page
/// shows what went there. Neither waits for the other.
#[derive(Debug)]
pub(in crate::metrics) struct HistogramCells {
    buckets: Arc<Buckets>,
    blocks: Box<[Block]>,
    shards: usize,
    blocks_per_shard: usize,
    /// Whether records go aside.
    is_aside: AtomicBool,
    /// The shard that they go to, made when that happens first.
    aside: OnceLock<Box<[Block]>>,
    /// One slot for each bucket, made by the first exemplar.
    exemplars: OnceLock<Box<[ExemplarSlot]>>,
    /// Made by the first scrape that wants native buckets.
    native: OnceLock<Box<Native>>,
}

/// Records of a histogram go aside until this is dropped.
#[derive(Debug)]
struct Aside<'a>(&'a HistogramCells);

// === impl HistogramCells ===

impl HistogramCells {
    pub(in crate::metrics) fn new(buckets: Arc<Buckets>) -> Self {
        let shards = shard::count();
        let blocks_per_shard = (buckets.len() + 1).div_ceil(BLOCK);
        let blocks = (0..shards * blocks_per_shard).map(|_| Block::default()).collect();
        Self {
            buckets,
            blocks,
            shards,
            blocks_per_shard,
            is_aside: AtomicBool::new(false),
            aside: OnceLock::new(),
            exemplars: OnceLock::new(),
            native: OnceLock::new(),
        }
    }

    pub(in crate::metrics) fn buckets(&self) -> &Arc<Buckets> {
        &self.buckets
    }

    /// Records a value in the whole units of the buckets: nanoseconds or bytes.
    // What is rare is called last or not at all, so that the usual record keeps nothing for after a call.
    #[inline]
    pub(in crate::metrics) fn record_units(&self, value: u64, ids: Option<Ids>) {
        let bucket = self.buckets.index_of_units(value);
        let lease = match shard::known() {
            Some(lease) if !self.is_aside.load(Relaxed) && self.native.get().is_none() => lease,
            _ => return self.record_units_slowly(bucket, value, ids),
        };
        let shard = self.own_shard(lease);
        // Requests without a body are many.
        if value != 0 {
            lease.add(&shard[0].0[0], value);
        }
        // Whoever counts this observation here finds it in the sum too.
        lease.add(&shard[(1 + bucket) / BLOCK].0[(1 + bucket) % BLOCK], 1);
        if let Some(ids) = ids {
            self.offer(bucket, value, ids);
        }
    }

    /// The same for the first record of a thread, with native buckets, and while records go aside.
    #[inline(never)]
    fn record_units_slowly(&self, bucket: usize, value: u64, ids: Option<Ids>) {
        let lease = if self.is_aside.load(Relaxed) {
            shard::aside()
        } else {
            shard::here()
        };
        if let Some(native) = self.native.get() {
            native.record(lease, self.buckets.float_of(value), 1);
        }
        // As above. Whoever counts this observation here finds it among the native buckets too.
        if value != 0 {
            lease.add(self.cell(lease.index, 0), value);
        }
        lease.add(self.cell(lease.index, 1 + bucket), 1);
        if let Some(ids) = ids {
            self.offer(bucket, value, ids);
        }
    }

    #[inline(never)]
    fn offer(&self, bucket: usize, value: u64, ids: Ids) {
        self.exemplars()[bucket].offer(ids, || self.buckets.float_of(value));
    }

    /// Records a float `count` times; what is not finite is ignored, as it would spoil the sum.
    pub(in crate::metrics) fn record_floats(&self, value: f64, count: u64, ids: Option<Ids>) {
        if !value.is_finite() || count == 0 {
            return;
        }
        let bucket = self.buckets.index_of(value);
        #[expect(clippy::cast_precision_loss, reason = "the sum is a float")]
        let step = value * count as f64;
        let lease = if self.is_aside.load(Relaxed) {
            shard::aside()
        } else {
            shard::here()
        };
        if let Some(native) = self.native.get() {
            native.record(lease, value, count);
        }
        lease.add_float(self.cell(lease.index, 0), step);
        lease.add(self.cell(lease.index, 1 + bucket), count);
        if let Some(ids) = ids {
            self.exemplars()[bucket].offer(ids, || value);
        }
    }

    /// Loads the cells of all shards into the processor's caches.
    pub(in crate::metrics) fn prefetch_blocks(&self) -> u64 {
        let lines = |block: &Block| block.0[0].load(Relaxed) ^ block.0[BLOCK / 2].load(Relaxed);
        self.blocks.iter().fold(0, |seen, block| seen ^ lines(block))
    }

    /// Observations so far.
    pub(in crate::metrics) fn count(&self) -> u64 {
        let of = |shard| {
            (1..=self.buckets.len()).fold(0, |sum: u64, at| sum.wrapping_add(self.cell(shard, at).load(Relaxed)))
        };
        self.all_shards().fold(0, |sum, shard| sum.wrapping_add(of(shard)))
    }

    /// Adds what this histogram holds to `totals`, which were reset for the same buckets.
    pub(in crate::metrics) fn add_to(&self, totals: &mut HistogramTotals, detail: Detail) {
        let seed = || Box::new(Native::seeded(&self.buckets, &self.classic_counts()));
        let native = detail.native.then(|| self.native.get_or_init(seed));
        let before = native.map(|_| (totals.count(), totals.native.count()));
        self.add_shards(totals, native.map(|native| &**native));
        if let (Some(native), Some((classic, of_native))) = (native, before) {
            let classic = totals.count().wrapping_sub(classic);
            native.make_up(&mut totals.native, of_native, classic);
        }
        if detail.exemplars {
            self.add_exemplars(&mut totals.exemplars);
        }
    }

    /// Adds all shards, each as it was at one moment. What went aside comes first: it stands still then.
    fn add_shards(&self, totals: &mut HistogramTotals, native: Option<&Native>) {
        let mut shards = self.all_shards();
        let Some(busy) = shards.find(|shard| !self.try_add(*shard, totals, native, ATTEMPTS)) else {
            return;
        };
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = std::iter::once(busy).chain(shards);
        let mut aside = None;
        for shard in rest {
            if shard < self.shards {
                aside.get_or_insert_with(|| Aside::start(self));
            }
            if !self.try_add(shard, totals, native, ATTEMPTS_ALONE) {
                // Then as it is: whatever the writers do, a page comes to its end.
                self.add_now(shard, totals, native);
            }
        }
    }

    /// Adds a shard as it was at one moment, unless there was none.
    fn try_add(&self, shard: usize, totals: &mut HistogramTotals, native: Option<&Native>, attempts: usize) -> bool {
        for attempt in 1..=attempts {
            if self.add_if_still(shard, totals, native) {
                return true;
            }
            if attempt.is_multiple_of(ATTEMPTS) {
                thread::yield_now();
            } else {
                hint::spin_loop();
            }
        }
        false
    }

    /// Adds a shard if its sum does not change meanwhile.
    fn add_if_still(&self, shard: usize, totals: &mut HistogramTotals, native: Option<&Native>) -> bool {
        let mark = totals.native.mark();
        let sum = self.cell(shard, 0).load(Acquire);
        let mut counts = std::mem::take(&mut totals.shard);
        counts.clear();
        counts.extend((1..=self.buckets.len()).map(|at| self.cell(shard, at).load(Acquire)));
        if let Some(native) = native {
            native.add_shard(shard, &mut totals.native);
        }
        // Nothing of the above is read after what follows.
        fence(Acquire);
        let is_still = self.cell(shard, 0).load(Relaxed) == sum;
        if is_still {
            totals.add(sum, &counts, self.buckets.scale());
        } else {
            totals.native.forget_since(mark);
        }
        totals.shard = counts;
        is_still
    }

    /// Adds a shard as it is.
    #[cold]
    fn add_now(&self, shard: usize, totals: &mut HistogramTotals, native: Option<&Native>) {
        let sum = self.cell(shard, 0).load(Acquire);
        let counts: Vec<u64> = (1..=self.buckets.len())
            .map(|at| self.cell(shard, at).load(Acquire))
            .collect();
        totals.add(sum, &counts, self.buckets.scale());
        if let Some(native) = native {
            native.add_shard(shard, &mut totals.native);
        }
    }

    /// The shard that records go aside to, if there is one, and all others.
    fn all_shards(&self) -> impl Iterator<Item = usize> + use<> {
        self.aside.get().map(|_| self.shards).into_iter().chain(0..self.shards)
    }

    /// Observations of each bucket at this moment.
    pub(in crate::metrics) fn classic_counts(&self) -> Vec<u64> {
        let of = |bucket| {
            self.all_shards()
                .map(|shard| self.cell(shard, 1 + bucket).load(Acquire))
                .sum()
        };
        (0..self.buckets.len()).map(of).collect()
    }

    fn add_exemplars(&self, newest: &mut [Option<Exemplar>]) {
        let Some(slots) = self.exemplars.get() else { return };
        for (newest, slot) in newest.iter_mut().zip(slots) {
            let found = slot.take();
            if found.map(|exemplar| exemplar.at) > newest.map(|exemplar| exemplar.at) {
                *newest = found;
            }
        }
    }

    #[inline]
    fn exemplars(&self) -> &[ExemplarSlot] {
        match self.exemplars.get() {
            Some(slots) => slots,
            None => self.make_exemplars(),
        }
    }

    #[cold]
    fn make_exemplars(&self) -> &[ExemplarSlot] {
        self.exemplars
            .get_or_init(|| (0..self.buckets.len()).map(|_| ExemplarSlot::default()).collect())
    }

    /// The blocks of a shard that is none aside.
    #[inline]
    fn own_shard(&self, lease: ShardLease) -> &[Block] {
        let start = lease.index * self.blocks_per_shard;
        &self.blocks[start..start + self.blocks_per_shard]
    }

    /// A cell of any shard.
    #[inline]
    fn cell(&self, shard: usize, at: usize) -> &AtomicU64 {
        let block = self.blocks.get(shard * self.blocks_per_shard + at / BLOCK);
        &block.unwrap_or_else(|| self.block_aside(at / BLOCK)).0[at % BLOCK]
    }

    #[cold]
    fn block_aside(&self, block: usize) -> &Block {
        &self
            .aside
            .get_or_init(|| (0..self.blocks_per_shard).map(|_| Block::default()).collect())[block]
    }
}

// === impl Aside ===

impl<'a> Aside<'a> {
    fn start(histogram: &'a HistogramCells) -> Self {
        histogram.is_aside.store(true, Relaxed);
        Self(histogram)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.is_aside.store(false, Relaxed);
    }
}

#[cfg(test)]
#[path = "histogram_tests.rs"]
mod tests;
