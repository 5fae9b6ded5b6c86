//! The values of series at the tick before.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use obs_core::metrics::{HistogramSnapshot, SeriesSnapshot, ValueSnapshot};

use super::subscriptions::Subscription;

/// The series of one metric.
#[derive(Debug, Default)]
pub(super) struct Table {
    series: HashMap<u128, Known>,
}

/// A series, as it was at the last tick.
#[derive(Debug)]
pub(super) struct Known {
    /// Its values at the last tick; `None` before the first one.
    pub(super) previous: Option<Standing>,
    pub(super) subscriptions: Vec<Subscription>,
    /// The generation of its subscriptions: they are looked up again after rules were added or removed.
    pub(super) generation: u64,
    /// Only for series that are listed one by one.
    pub(super) labels: Option<Arc<[(String, String)]>>,
    seen: u64,
}

/// The values of a series at one tick.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    Number(f64),
    Histogram {
        count: u64,
        sum: f64,
        cumulative: Box<[u64]>,
    },
}

/// Two keyed hashes of the labels: long enough that no two series of a process share it.
#[derive(Clone, Debug, Default)]
pub(super) struct LabelHasher {
    halves: [RandomState; 2],
}

// === impl Table ===

impl Table {
    pub(super) fn entry(&mut self, key: u128, tick: u64) -> &mut Known {
        let known = self.series.entry(key).or_insert_with(|| Known {
            previous: None,
            subscriptions: Vec::new(),
            generation: u64::MAX,
            labels: None,
            seen: tick,
        });
        known.seen = tick;
        known
    }

    /// Removes series that no longer exist: one that appears again has started at zero.
    pub(super) fn forget_unseen(&mut self, tick: u64, seen: usize) {
        if self.series.len() > seen {
            self.series.retain(|_, known| known.seen == tick);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let each = |known: &Known| {
            known.subscriptions.capacity() * size_of::<Subscription>()
                + known.previous.as_ref().map_or(0, Standing::bytes)
        };
        self.series.capacity() * (size_of::<(u128, Known)>() + 1) + self.series.values().map(each).sum::<usize>()
    }
}

// === impl Standing ===

impl Standing {
    /// A summary has only what a counter has: its quantiles can't be added up.
    pub(super) fn of(series: &SeriesSnapshot) -> Self {
        match &series.value {
            ValueSnapshot::Counter { total, .. } => Self::Number(*total),
            ValueSnapshot::Gauge(value) => Self::Number(*value),
            ValueSnapshot::Histogram(histogram) => Self::of_histogram(histogram),
            ValueSnapshot::Summary(summary) => Self::Histogram {
                count: summary.count,
                sum: summary.sum,
                cumulative: Box::default(),
            },
            _ => Self::Number(0.0),
        }
    }

    fn of_histogram(histogram: &HistogramSnapshot) -> Self {
        let cumulative = histogram.buckets.iter().map(|bucket| bucket.cumulative_count).collect();
        Self::Histogram {
            count: histogram.count,
            sum: histogram.sum,
            cumulative,
        }
    }

    /// Whether it is lower than `previous`: it was reset to zero, and has counted again since.
    pub(super) fn was_reset(&self, previous: &Self) -> bool {
        match (self, previous) {
            (Self::Number(value), Self::Number(stood)) => value < stood,
            (
                Self::Histogram { count, cumulative, .. },
                Self::Histogram {
                    count: stood,
                    cumulative: old,
                    ..
                },
            ) => count < stood || cumulative.len() != old.len(),
            _ => true,
        }
    }

    pub(super) fn value(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Histogram { count, .. } => whole(*count),
        }
    }

    pub(super) fn sum(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Histogram { sum, .. } => *sum,
        }
    }

    pub(super) fn bucket(&self, index: usize) -> f64 {
        match self {
            Self::Number(_) => 0.0,
            Self::Histogram { cumulative, .. } => cumulative.get(index).copied().map_or(0.0, whole),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Number(_) => 0,
            Self::Histogram { cumulative, .. } => size_of_val(&**cumulative),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 requests")]
fn whole(count: u64) -> f64 {
    count as f64
}

// === impl LabelHasher ===

impl LabelHasher {
    pub(super) fn key(&self, labels: &[(String, String)]) -> u128 {
        let [high, low] = self.halves.each_ref().map(|half| u128::from(half.hash_one(labels)));
        high << 64 | low
    }
}
