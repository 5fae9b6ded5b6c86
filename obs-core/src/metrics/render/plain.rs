//! Series as plain data.

use super::{Number, Sink, walk::At};
use crate::metrics::{
    buckets::Buckets,
    cells::{Detail, HistogramTotals, QUANTILES, SummaryTotals},
    labels::LabelsRef,
    meta::Meta,
    snapshot::{
        BucketSnapshot, Exemplar, FamilySnapshot, HistogramSnapshot, SeriesSnapshot, SummarySnapshot, ValueSnapshot,
    },
};

#[derive(Debug, Default)]
pub(super) struct PlainSink {
    families: Vec<FamilySnapshot>,
}

// === impl PlainSink ===

impl PlainSink {
    pub(super) fn into_families(self) -> Vec<FamilySnapshot> {
        self.families
    }

    fn push(&mut self, labels: LabelsRef<'_>, value: ValueSnapshot) {
        let labels = labels
            .pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        if let Some(family) = self.families.last_mut() {
            family.series.push(SeriesSnapshot { labels, value });
        }
    }
}

impl Sink for PlainSink {
    fn detail(&self) -> Detail {
        Detail {
            exemplars: true,
            native: false,
        }
    }

    fn begin(&mut self, meta: &Meta) {
        self.families.push(FamilySnapshot {
            name: meta.name.to_string(),
            metric_type: meta.metric_type,
            unit: meta.unit.to_string(),
            help: meta.help.to_string(),
            series: Vec::new(),
        });
    }

    fn end(&mut self, _: &Meta) {}

    fn counter(&mut self, _: &Meta, at: At<'_>, total: Number, exemplar: Option<Exemplar>) {
        self.push(
            at.labels,
            ValueSnapshot::Counter {
                total: total.to_f64(),
                exemplar,
            },
        );
    }

    fn gauge(&mut self, _: &Meta, at: At<'_>, value: Number) {
        self.push(at.labels, ValueSnapshot::Gauge(value.to_f64()));
    }

    fn histogram(&mut self, _: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let bounds = buckets.bounds().iter().copied().chain([f64::INFINITY]);
        let mut cumulative_count: u64 = 0;
        let bucket = |((upper_bound, count), exemplar): ((f64, &u64), &Option<Exemplar>)| {
            cumulative_count = cumulative_count.wrapping_add(*count);
            BucketSnapshot {
                upper_bound,
                cumulative_count,
                exemplar: *exemplar,
            }
        };
        let buckets_read = bounds.zip(&totals.counts).zip(&totals.exemplars).map(bucket).collect();
        let histogram = HistogramSnapshot {
            count: totals.count(),
            sum: totals.sum(buckets),
            buckets: buckets_read,
        };
        self.push(at.labels, ValueSnapshot::Histogram(histogram));
    }

    fn summary(&mut self, _: &Meta, at: At<'_>, totals: &SummaryTotals) {
        let &SummaryTotals {
            count,
            sum,
            values,
            can_fall: _,
        } = totals;
        let quantiles = QUANTILES.into_iter().zip(values).collect();
        self.push(
            at.labels,
            ValueSnapshot::Summary(SummarySnapshot { count, sum, quantiles }),
        );
    }
}
