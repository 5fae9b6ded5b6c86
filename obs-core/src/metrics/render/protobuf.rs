//! The protobuf format: `io.prometheus.client.MetricFamily` messages, each after its length.
//!
//! Written by hand: field numbers are those of
//! [client_model](https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto).

use super::{Number, Sink, walk::At};
use crate::{
    metrics::{
        buckets::Buckets,
        cells::{Detail, HistogramTotals, NativeCounts, QUANTILES, SummaryTotals},
        meta::Meta,
        snapshot::Exemplar,
    },
    names::MetricType,
};

/// 2⁻¹²⁸: what is smaller counts as zero in native buckets.
const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << 52);
/// Gaps up to this long are written as empty buckets: a span of its own would take more bytes.
const MAX_GAP: i32 = 2;

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;

/// Field numbers, by message.
mod field {
    pub(super) const FAMILY_NAME: u32 = 1;
    pub(super) const FAMILY_HELP: u32 = 2;
    pub(super) const FAMILY_TYPE: u32 = 3;
    pub(super) const FAMILY_METRIC: u32 = 4;
    pub(super) const FAMILY_UNIT: u32 = 5;
    pub(super) const METRIC_LABEL: u32 = 1;
    pub(super) const METRIC_GAUGE: u32 = 2;
    pub(super) const METRIC_COUNTER: u32 = 3;
    pub(super) const METRIC_SUMMARY: u32 = 4;
    pub(super) const METRIC_HISTOGRAM: u32 = 7;
    pub(super) const LABEL_NAME: u32 = 1;
    pub(super) const LABEL_VALUE: u32 = 2;
    pub(super) const VALUE: u32 = 1;
    pub(super) const COUNTER_EXEMPLAR: u32 = 2;
    pub(super) const COUNTER_CREATED: u32 = 3;
    pub(super) const SAMPLE_COUNT: u32 = 1;
    pub(super) const SAMPLE_SUM: u32 = 2;
    pub(super) const BUCKET: u32 = 3;
    pub(super) const SUMMARY_QUANTILE: u32 = 3;
    pub(super) const SUMMARY_CREATED: u32 = 4;
    pub(super) const QUANTILE: u32 = 1;
    pub(super) const QUANTILE_VALUE: u32 = 2;
    pub(super) const SCHEMA: u32 = 5;
    pub(super) const ZERO_THRESHOLD: u32 = 6;
    pub(super) const ZERO_COUNT: u32 = 7;
    pub(super) const NEGATIVE_SPAN: u32 = 9;
    pub(super) const NEGATIVE_DELTA: u32 = 10;
    pub(super) const POSITIVE_SPAN: u32 = 12;
    pub(super) const POSITIVE_DELTA: u32 = 13;
    pub(super) const HISTOGRAM_CREATED: u32 = 15;
    pub(super) const CUMULATIVE_COUNT: u32 = 1;
    pub(super) const UPPER_BOUND: u32 = 2;
    pub(super) const BUCKET_EXEMPLAR: u32 = 3;
    pub(super) const SPAN_OFFSET: u32 = 1;
    pub(super) const SPAN_LENGTH: u32 = 2;
    pub(super) const EXEMPLAR_LABEL: u32 = 1;
    pub(super) const EXEMPLAR_VALUE: u32 = 2;
    pub(super) const EXEMPLAR_TIMESTAMP: u32 = 3;
    pub(super) const SECONDS: u32 = 1;
    pub(super) const NANOS: u32 = 2;
}

/// Writes delimited messages.
#[derive(Debug)]
pub(super) struct ProtobufSink<'a> {
    page: Message<'a>,
    /// Where the family that is being written starts.
    start: usize,
    native: bool,
}

/// Appends fields to a page.
#[derive(Debug)]
struct Message<'a>(&'a mut Vec<u8>);

// === impl Message ===

impl Message<'_> {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn tag(&mut self, field: u32, wire_type: u32) {
        self.varint(u64::from(field << 3 | wire_type));
    }

    fn uint(&mut self, field: u32, value: u64) {
        self.tag(field, VARINT);
        self.varint(value);
    }

    /// A `sint32` or `sint64`.
    fn sint(&mut self, field: u32, value: i64) {
        self.tag(field, VARINT);
        self.zigzag(value);
    }

    fn zigzag(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63).cast_unsigned());
    }

    fn double(&mut self, field: u32, value: f64) {
        self.tag(field, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u32, value: &[u8]) {
        self.tag(field, BYTES);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    fn nested(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        self.tag(field, BYTES);
        let start = self.0.len();
        write(self);
        self.put_length(start);
    }

    /// Puts the length of what was written since `start` before it.
    fn put_length(&mut self, start: usize) {
        let end = self.0.len();
        self.varint((end - start) as u64);
        let length = self.0.len() - end;
        self.0[start..].rotate_right(length);
    }

    fn label(&mut self, field: u32, name: &str, value: &[u8]) {
        self.nested(field, |label| {
            label.bytes(field::LABEL_NAME, name.as_bytes());
            label.bytes(field::LABEL_VALUE, value);
        });
    }

    fn timestamp(&mut self, field: u32, seconds: u64, nanos: u32) {
        self.nested(field, |timestamp| {
            timestamp.uint(field::SECONDS, seconds);
            timestamp.uint(field::NANOS, u64::from(nanos));
        });
    }

    fn created(&mut self, field: u32, millis: u64) {
        let nanos = u32::try_from(millis % 1_000).unwrap_or_default() * 1_000_000;
        self.timestamp(field, millis / 1_000, nanos);
    }

    fn exemplar(&mut self, field: u32, exemplar: Option<Exemplar>) {
        let Some(Exemplar { trace_id, span_id, value, at }) = exemplar else { return };
        self.nested(field, |message| {
            message.label(field::EXEMPLAR_LABEL, "trace_id", &trace_id.to_hex());
            message.label(field::EXEMPLAR_LABEL, "span_id", &span_id.to_hex());
            message.double(field::EXEMPLAR_VALUE, value);
            message.timestamp(field::EXEMPLAR_TIMESTAMP, at.as_secs(), at.subsec_nanos());
        });
    }

    fn classic(&mut self, buckets: &Buckets, totals: &HistogramTotals, count: u64) {
        let mut cumulative: u64 = 0;
        // The bucket above all bounds is the count of samples.
        for (at, bound) in buckets.bounds().iter().enumerate() {
            cumulative = cumulative.wrapping_add(totals.counts[at]);
            self.nested(field::BUCKET, |bucket| {
                bucket.uint(field::CUMULATIVE_COUNT, cumulative);
                bucket.double(field::UPPER_BOUND, *bound);
                bucket.exemplar(field::BUCKET_EXEMPLAR, totals.exemplars.get(at).copied().flatten());
            });
        }
        // It is written only to carry an exemplar.
        let last = totals.exemplars.last().copied().flatten();
        if last.is_some() {
            self.nested(field::BUCKET, |bucket| {
                bucket.uint(field::CUMULATIVE_COUNT, count);
                bucket.double(field::UPPER_BOUND, f64::INFINITY);
                bucket.exemplar(field::BUCKET_EXEMPLAR, last);
            });
        }
    }

    fn native(&mut self, counts: &NativeCounts) {
        self.sint(field::SCHEMA, i64::from(counts.schema));
        self.double(field::ZERO_THRESHOLD, ZERO_THRESHOLD);
        self.uint(field::ZERO_COUNT, counts.zero);
        self.side(field::NEGATIVE_SPAN, field::NEGATIVE_DELTA, &counts.negative);
        self.side(field::POSITIVE_SPAN, field::POSITIVE_DELTA, &counts.positive);
    }

    /// Runs of buckets, each as its distance from the one before and its length; then the counts,
    /// each as the difference to the one before.
    fn side(&mut self, span_field: u32, delta_field: u32, counts: &[(i32, u64)]) {
        let Some((first, _)) = counts.first() else { return };
        let (mut offset, mut length, mut last) = (*first, 0, *first - 1);
        for (index, _) in counts {
            let gap = index - last - 1;
            if gap > MAX_GAP {
                self.span(span_field, offset, length);
                (offset, length) = (gap, 0);
            } else {
                length += gap;
            }
            length += 1;
            last = *index;
        }
        self.span(span_field, offset, length);
        self.nested(delta_field, |deltas| deltas.deltas(counts));
    }

    fn span(&mut self, field: u32, offset: i32, length: i32) {
        self.nested(field, |span| {
            span.sint(field::SPAN_OFFSET, i64::from(offset));
            span.uint(field::SPAN_LENGTH, u64::from(length.unsigned_abs()));
        });
    }

    fn deltas(&mut self, counts: &[(i32, u64)]) {
        let (mut last, mut before) = (None, 0);
        for (index, count) in counts {
            let gap = last.map_or(0, |last: i32| index - last - 1);
            for _ in 0..if gap > MAX_GAP { 0 } else { gap } {
                self.zigzag(-before);
                before = 0;
            }
            let count = count.cast_signed();
            self.zigzag(count - before);
            (last, before) = (Some(*index), count);
        }
    }
}

// === impl ProtobufSink ===

impl<'a> ProtobufSink<'a> {
    pub(super) fn new(page: &'a mut Vec<u8>, native: bool) -> Self {
        Self { page: Message(page), start: 0, native }
    }

    fn metric(&mut self, at: At<'_>, write: impl FnOnce(&mut Message<'_>)) {
        self.page.nested(field::FAMILY_METRIC, |metric| {
            for (key, value) in at.labels.pairs {
                metric.label(field::METRIC_LABEL, key, value.as_bytes());
            }
            write(metric);
        });
    }
}

const fn type_number(metric_type: MetricType) -> u64 {
    match metric_type {
        MetricType::Counter => 0,
        MetricType::Gauge | MetricType::Info => 1,
        MetricType::Summary => 2,
        MetricType::Histogram => 4,
    }
}

impl Sink for ProtobufSink<'_> {
    fn detail(&self) -> Detail {
        Detail { exemplars: true, native: self.native }
    }

    fn begin(&mut self, meta: &Meta) {
        self.start = self.page.0.len();
        self.page.bytes(field::FAMILY_NAME, meta.name.as_bytes());
        if !meta.help.is_empty() {
            self.page.bytes(field::FAMILY_HELP, meta.help.as_bytes());
        }
        self.page.uint(field::FAMILY_TYPE, type_number(meta.metric_type));
    }

    fn end(&mut self, meta: &Meta) {
        if !meta.unit.is_empty() {
            self.page.bytes(field::FAMILY_UNIT, meta.unit.as_bytes());
        }
        self.page.put_length(self.start);
    }

    fn counter(&mut self, _: &Meta, at: At<'_>, total: Number, exemplar: Option<Exemplar>) {
        self.metric(at, |metric| {
            metric.nested(field::METRIC_COUNTER, |counter| {
                counter.double(field::VALUE, total.to_f64());
                counter.exemplar(field::COUNTER_EXEMPLAR, exemplar);
                counter.created(field::COUNTER_CREATED, at.created);
            });
        });
    }

    fn gauge(&mut self, _: &Meta, at: At<'_>, value: Number) {
        self.metric(at, |metric| {
            metric.nested(field::METRIC_GAUGE, |gauge| gauge.double(field::VALUE, value.to_f64()));
        });
    }

    fn histogram(&mut self, _: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let native = self.native.then_some(&totals.native);
        // The native buckets were read last and hold at least what the classic ones do.
        let count = native.map_or_else(|| totals.count(), NativeCounts::count);
        self.metric(at, |metric| {
            metric.nested(field::METRIC_HISTOGRAM, |histogram| {
                histogram.uint(field::SAMPLE_COUNT, count);
                histogram.double(field::SAMPLE_SUM, totals.sum(buckets));
                histogram.classic(buckets, totals, count);
                if let Some(native) = native {
                    histogram.native(native);
                }
                histogram.created(field::HISTOGRAM_CREATED, at.created);
            });
        });
    }

    fn summary(&mut self, _: &Meta, at: At<'_>, totals: &SummaryTotals) {
        self.metric(at, |metric| {
            metric.nested(field::METRIC_SUMMARY, |summary| {
                summary.uint(field::SAMPLE_COUNT, totals.count);
                summary.double(field::SAMPLE_SUM, totals.sum);
                for (quantile, value) in QUANTILES.into_iter().zip(totals.values) {
                    summary.nested(field::SUMMARY_QUANTILE, |message| {
                        message.double(field::QUANTILE, quantile);
                        message.double(field::QUANTILE_VALUE, value);
                    });
                }
                summary.created(field::SUMMARY_CREATED, at.created);
            });
        });
    }
}
