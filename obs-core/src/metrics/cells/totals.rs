//! The values of a histogram, as a scrape reads them.

use super::native::NativeCounts;
use crate::metrics::{
    buckets::{Buckets, Scale},
    snapshot::Exemplar,
};

/// The values of one or several histograms over the same buckets, as a scrape reads them; reused between them.
#[derive(Debug, Default)]
pub(in crate::metrics) struct HistogramTotals {
    /// Observations in each bucket, not cumulative; the last one counts those above all bounds.
    pub(in crate::metrics) counts: Vec<u64>,
    sum: Sum,
    /// The newest exemplar of each bucket; empty if they are not read.
    pub(in crate::metrics) exemplars: Vec<Option<Exemplar>>,
    /// Native buckets; empty if they are not read.
    pub(in crate::metrics) native: NativeCounts,
    /// The buckets of one shard, while it is read.
    pub(super) shard: Vec<u64>,
}

/// A sum that stays exact for whole units.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    units: u128,
    floats: f64,
}

/// The parts of a histogram that a reader needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::metrics) struct Detail {
    pub(in crate::metrics) exemplars: bool,
    pub(in crate::metrics) native: bool,
}

// === impl HistogramTotals ===

impl HistogramTotals {
    /// Resets all values, for a histogram over `buckets`.
    pub(in crate::metrics) fn reset(&mut self, buckets: &Buckets, detail: Detail) {
        let Self {
            counts,
            sum,
            exemplars,
            native,
            shard: _,
        } = self;
        counts.clear();
        counts.resize(buckets.len(), 0);
        *sum = Sum::default();
        exemplars.clear();
        if detail.exemplars {
            exemplars.resize(buckets.len(), None);
        }
        native.clear();
    }

    /// Adds the sum and the buckets of one shard.
    pub(super) fn add(&mut self, sum: u64, counts: &[u64], scale: Scale) {
        self.sum.add(sum, scale);
        for (total, count) in self.counts.iter_mut().zip(counts) {
            *total += count;
        }
    }

    /// Observations in the classic buckets.
    pub(in crate::metrics) fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    /// The sum in the unit of the metric.
    pub(in crate::metrics) fn sum(&self, buckets: &Buckets) -> f64 {
        self.sum.value(buckets.scale())
    }
}

// === impl Sum ===

impl Sum {
    fn add(&mut self, bits: u64, scale: Scale) {
        match scale {
            Scale::Units(_) => self.units += u128::from(bits),
            Scale::Floats => self.floats += f64::from_bits(bits),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a page carries floats")]
    fn value(self, scale: Scale) -> f64 {
        match scale {
            Scale::Units(per_whole) => self.units as f64 / per_whole,
            Scale::Floats => self.floats,
        }
    }
}
