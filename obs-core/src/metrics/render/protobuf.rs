//! The protobuf format: `io.prometheus.client.MetricFamily` messages, each after its length.
//!
//! Written by hand: field numbers are those of
//! [client_model](https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto).

use obs_base::protobuf::{Message, Nested};

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
pub(super) struct ProtobufSink {
    page: Message,
    /// The family that is being written.
    family: Option<Nested>,
    native: bool,
}

fn put_label(message: &mut Message, field: u32, name: &str, value: &[u8]) {
    message.message(field, |label| {
        label.put_bytes(field::LABEL_NAME, name.as_bytes());
        label.put_bytes(field::LABEL_VALUE, value);
    });
}

fn put_timestamp(message: &mut Message, field: u32, seconds: u64, nanos: u32) {
    message.message(field, |timestamp| {
        timestamp.put_varint(field::SECONDS, seconds);
        timestamp.put_varint(field::NANOS, u64::from(nanos));
    });
}

fn put_created(message: &mut Message, field: u32, millis: u64) {
    let nanos = u32::try_from(millis % 1_000).unwrap_or_default() * 1_000_000;
    put_timestamp(message, field, millis / 1_000, nanos);
}

fn put_exemplar(message: &mut Message, field: u32, exemplar: Option<Exemplar>) {
    let Some(Exemplar {
        trace_id,
        span_id,
        value,
        at,
    }) = exemplar
    else {
        return;
    };
    message.message(field, |message| {
        put_label(message, field::EXEMPLAR_LABEL, "trace_id", &trace_id.to_hex());
        put_label(message, field::EXEMPLAR_LABEL, "span_id", &span_id.to_hex());
        message.put_double(field::EXEMPLAR_VALUE, value);
        put_timestamp(message, field::EXEMPLAR_TIMESTAMP, at.as_secs(), at.subsec_nanos());
    });
}

fn put_classic(message: &mut Message, buckets: &Buckets, totals: &HistogramTotals, count: u64) {
    let mut cumulative: u64 = 0;
    // The bucket above all bounds is the count of samples.
    for (at, bound) in buckets.bounds().iter().enumerate() {
        cumulative = cumulative.wrapping_add(totals.counts[at]);
        message.message(field::BUCKET, |bucket| {
            bucket.put_varint(field::CUMULATIVE_COUNT, cumulative);
            bucket.put_double(field::UPPER_BOUND, *bound);
            put_exemplar(
                bucket,
                field::BUCKET_EXEMPLAR,
                totals.exemplars.get(at).copied().flatten(),
            );
        });
    }
    // It is written only to carry an exemplar.
    let last = totals.exemplars.last().copied().flatten();
    if last.is_some() {
        message.message(field::BUCKET, |bucket| {
            bucket.put_varint(field::CUMULATIVE_COUNT, count);
            bucket.put_double(field::UPPER_BOUND, f64::INFINITY);
            put_exemplar(bucket, field::BUCKET_EXEMPLAR, last);
        });
    }
}

fn put_native(message: &mut Message, counts: &NativeCounts) {
    message.put_zigzag(field::SCHEMA, i64::from(counts.schema));
    message.put_double(field::ZERO_THRESHOLD, ZERO_THRESHOLD);
    message.put_varint(field::ZERO_COUNT, counts.zero);
    put_side(message, field::NEGATIVE_SPAN, field::NEGATIVE_DELTA, &counts.negative);
    put_side(message, field::POSITIVE_SPAN, field::POSITIVE_DELTA, &counts.positive);
}

/// Runs of buckets, each as its distance from the one before and its length; then the counts,
/// each as the difference to the one before.
fn put_side(message: &mut Message, span_field: u32, delta_field: u32, counts: &[(i32, u64)]) {
    let Some((first, _)) = counts.first() else { return };
    let (mut offset, mut length, mut last) = (*first, 0, *first - 1);
    for (index, _) in counts {
        let gap = index - last - 1;
        if gap > MAX_GAP {
            put_span(message, span_field, offset, length);
            (offset, length) = (gap, 0);
        } else {
            length += gap;
        }
        length += 1;
        last = *index;
    }
    put_span(message, span_field, offset, length);
    message.message(delta_field, |deltas| put_deltas(deltas, counts));
}

fn put_span(message: &mut Message, field: u32, offset: i32, length: i32) {
    message.message(field, |span| {
        span.put_zigzag(field::SPAN_OFFSET, i64::from(offset));
        span.put_varint(field::SPAN_LENGTH, u64::from(length.unsigned_abs()));
    });
}

fn put_deltas(message: &mut Message, counts: &[(i32, u64)]) {
    let (mut last, mut before) = (None, 0);
    for (index, count) in counts {
        let gap = last.map_or(0, |last: i32| index - last - 1);
        for _ in 0..if gap > MAX_GAP { 0 } else { gap } {
            message.raw_zigzag(-before);
            before = 0;
        }
        let count = count.cast_signed();
        message.raw_zigzag(count - before);
        (last, before) = (Some(*index), count);
    }
}

// === impl ProtobufSink ===

impl ProtobufSink {
    /// Appends to `page`.
    pub(super) fn new(page: Vec<u8>, native: bool) -> Self {
        Self {
            page: Message::append_to(page),
            family: None,
            native,
        }
    }

    pub(super) fn into_page(self) -> Vec<u8> {
        self.page.into_bytes()
    }

    fn metric(&mut self, at: At<'_>, write: impl FnOnce(&mut Message)) {
        self.page.message(field::FAMILY_METRIC, |metric| {
            for (key, value) in at.labels.pairs {
                put_label(metric, field::METRIC_LABEL, key, value.as_bytes());
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

impl Sink for ProtobufSink {
    fn detail(&self) -> Detail {
        Detail {
            exemplars: true,
            native: self.native,
        }
    }

    fn begin(&mut self, meta: &Meta) {
        self.family = Some(self.page.begin_delimited());
        self.page.put_bytes(field::FAMILY_NAME, meta.name.as_bytes());
        self.page.bytes(field::FAMILY_HELP, meta.help.as_bytes());
        self.page.put_varint(field::FAMILY_TYPE, type_number(meta.metric_type));
    }

    fn end(&mut self, meta: &Meta) {
        self.page.bytes(field::FAMILY_UNIT, meta.unit.as_bytes());
        if let Some(family) = self.family.take() {
            self.page.end(&family);
        }
    }

    fn counter(&mut self, _: &Meta, at: At<'_>, total: Number, exemplar: Option<Exemplar>) {
        self.metric(at, |metric| {
            metric.message(field::METRIC_COUNTER, |counter| {
                counter.put_double(field::VALUE, total.to_f64());
                put_exemplar(counter, field::COUNTER_EXEMPLAR, exemplar);
                put_created(counter, field::COUNTER_CREATED, at.created);
            });
        });
    }

    fn gauge(&mut self, _: &Meta, at: At<'_>, value: Number) {
        self.metric(at, |metric| {
            metric.message(field::METRIC_GAUGE, |gauge| {
                gauge.put_double(field::VALUE, value.to_f64());
            });
        });
    }

    fn histogram(&mut self, _: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let native = self.native.then_some(&totals.native);
        // The native buckets were read last and hold at least what the classic ones do.
        let count = native.map_or_else(|| totals.count(), NativeCounts::count);
        self.metric(at, |metric| {
            metric.message(field::METRIC_HISTOGRAM, |histogram| {
                histogram.put_varint(field::SAMPLE_COUNT, count);
                histogram.put_double(field::SAMPLE_SUM, totals.sum(buckets));
                put_classic(histogram, buckets, totals, count);
                if let Some(native) = native {
                    put_native(histogram, native);
                }
                put_created(histogram, field::HISTOGRAM_CREATED, at.created);
            });
        });
    }

    fn summary(&mut self, _: &Meta, at: At<'_>, totals: &SummaryTotals) {
        self.metric(at, |metric| {
            metric.message(field::METRIC_SUMMARY, |summary| {
                summary.put_varint(field::SAMPLE_COUNT, totals.count);
                summary.put_double(field::SAMPLE_SUM, totals.sum);
                for (quantile, value) in QUANTILES.into_iter().zip(totals.values) {
                    summary.message(field::SUMMARY_QUANTILE, |message| {
                        message.put_double(field::QUANTILE, quantile);
                        message.put_double(field::QUANTILE_VALUE, value);
                    });
                }
                put_created(summary, field::SUMMARY_CREATED, at.created);
            });
        });
    }
}
