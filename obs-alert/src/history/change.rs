//! The change of a series between two ticks.

use std::sync::Arc;

use obs_core::metrics::{SeriesSnapshot, ValueSnapshot};
use obs_rules::query::Series;

use super::{
    aggregate::{Data, Kept},
    column::Column,
    series::Standing,
    subscriptions::Part,
};

type Labels = [(String, String)];

/// The change of a series since the last tick.
pub(super) struct Change<'a> {
    pub(super) current: &'a Standing,
    /// `None` in the first tick with the series.
    pub(super) previous: Option<&'a Standing>,
    /// Whether a series without a previous value was 0 before.
    pub(super) from_zero: bool,
}

// === impl Change ===

impl Change<'_> {
    /// Adds the part that an aggregate has of the series. `listed` is the key and labels of a series that is listed by
    /// itself.
    pub(super) fn add_to(
        &self,
        kept: &mut Kept,
        part: Part,
        series: &SeriesSnapshot,
        listed: Option<(u128, &Arc<Labels>)>,
    ) {
        match &mut kept.data {
            Data::Growth(column) => self.add(column, part),
            Data::Buckets { bounds, columns } => self.add_buckets(bounds, columns, series),
            Data::Now(list) => {
                let value = self.current.value();
                list.extend(listed.map(|(key, labels)| Series {
                    key,
                    labels: Arc::clone(labels),
                    value,
                }));
            }
        }
    }

    fn add(&self, column: &mut Column, part: Part) {
        self.put(column, |standing| match part {
            Part::Value | Part::Buckets => standing.value(),
            Part::Sum => standing.sum(),
            Part::Bucket(index) => standing.bucket(usize::from(index)),
        });
    }

    fn put(&self, column: &mut Column, value: impl Fn(&Standing) -> f64) {
        let current = value(self.current);
        match self.previous {
            Some(previous) if self.current.was_reset(previous) => column.grow(current, current - value(previous)),
            Some(previous) => {
                let by = current - value(previous);
                column.grow(by.max(0.0), by);
            }
            None if self.from_zero => column.grow(current, current),
            None => column.look_first(current),
        }
    }

    /// A series with other bounds than the first one adds to the buckets that both have.
    fn add_buckets(&self, bounds: &[f64], columns: &mut [Column], series: &SeriesSnapshot) {
        let ValueSnapshot::Histogram(histogram) = &series.value else {
            return;
        };
        for (at, bucket) in histogram.buckets.iter().enumerate() {
            let same = |bound: &f64| bound.to_bits() == bucket.upper_bound.to_bits();
            let Some(column) = bounds.iter().position(same).and_then(|index| columns.get_mut(index)) else {
                continue;
            };
            self.put(column, |standing| standing.bucket(at));
        }
    }
}
