//! The text formats: Prometheus 0.0.4 and `OpenMetrics` 1.0.0.

use super::{
    Number, Sink,
    number::{push_f64, push_u64},
    walk::At,
};
use crate::{
    metrics::{
        buckets::Buckets,
        cells::{Detail, HistogramTotals, QUANTILES, SummaryTotals},
        labels::escaped,
        meta::Meta,
        snapshot::Exemplar,
    },
    names::MetricType,
};

/// The description of metrics without one, which linters require.
const UNDESCRIBED: &str = "A metric of the application without a description.";

/// Writes text; with `OPEN` as `OpenMetrics`.
#[derive(Debug)]
pub(super) struct TextSink<'a, const OPEN: bool> {
    page: &'a mut Vec<u8>,
    created: bool,
}

/// The quantiles of a summary as the ends of its labels, in the order of [`QUANTILES`].
const QUANTILE_TAILS: [&str; QUANTILES.len()] = [
    ",quantile=\"0.5\"} ",
    ",quantile=\"0.9\"} ",
    ",quantile=\"0.95\"} ",
    ",quantile=\"0.99\"} ",
];

// === impl TextSink ===

impl<'a, const OPEN: bool> TextSink<'a, OPEN> {
    pub(super) fn new(page: &'a mut Vec<u8>, created: bool) -> Self {
        Self { page, created }
    }

    /// A series whose last label is at hand as text: `,le="0.5"} `.
    fn push_with_tail(&mut self, name: &str, labels: &str, tail: &str) {
        self.push(name);
        self.push("{");
        self.push(labels);
        // Without other labels the last one has no comma before it.
        self.push(if labels.is_empty() {
            tail.trim_start_matches(',')
        } else {
            tail
        });
    }

    fn push_created(&mut self, meta: &Meta, at: At<'_>) {
        if self.created {
            self.push(&meta.base);
            self.push_series("_created", at.labels.text);
            push_u64(self.page, at.created / 1_000);
            self.push(".");
            push_millis(self.page, u32::try_from(at.created % 1_000).unwrap_or_default());
            self.push("\n");
        }
    }

    fn push(&mut self, text: &str) {
        self.page.extend_from_slice(text.as_bytes());
    }

    /// `name{labels} `
    fn push_series(&mut self, name: &str, labels: &str) {
        self.push(name);
        if !labels.is_empty() {
            self.push("{");
            self.push(labels);
            self.push("}");
        }
        self.push(" ");
    }

    fn push_comment(&mut self, keyword: &str, name: &str, text: &str) {
        for part in [keyword, name, " ", text, "\n"] {
            self.push(part);
        }
    }

    fn push_sum(&mut self, meta: &Meta, labels: &str, sum: f64) {
        self.push_series(&meta.sum, labels);
        push_f64(self.page, sum);
        self.push("\n");
    }

    fn push_count(&mut self, meta: &Meta, labels: &str, count: u64) {
        self.push_series(&meta.count, labels);
        push_u64(self.page, count);
        self.push("\n");
    }

    fn end_line(&mut self, exemplar: Option<Exemplar>) {
        if let Some(exemplar) = exemplar {
            self.push_exemplar(exemplar);
        }
        self.push("\n");
    }

    /// ` # {trace_id="…",span_id="…"} 0.067 1700000000.123456`
    fn push_exemplar(&mut self, exemplar: Exemplar) {
        let Exemplar {
            trace_id,
            span_id,
            value,
            at,
        } = exemplar;
        let start = self.page.len();
        // Of a length that is known: one copy without a call, into which the digits are written.
        self.page
            .extend_from_slice(b" # {trace_id=\"TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT\",span_id=\"SSSSSSSSSSSSSSSS\"} ");
        let ids = &mut self.page[start..];
        if let Some(place) = ids[14..].first_chunk_mut() {
            trace_id.put_hex(place);
        }
        if let Some(place) = ids[57..].first_chunk_mut() {
            span_id.put_hex(place);
        }
        push_f64(self.page, value);
        self.push(" ");
        push_u64(self.page, at.as_secs());
        self.push(".");
        push_millis(self.page, at.subsec_millis());
    }
}

/// Three digits.
fn push_millis(page: &mut Vec<u8>, millis: u32) {
    let digit = |divisor: u32| b'0' + u8::try_from(millis / divisor % 10).unwrap_or_default();
    page.extend_from_slice(&[digit(100), digit(10), digit(1)]);
}

const fn type_name(metric_type: MetricType, open: bool) -> &'static str {
    match metric_type {
        MetricType::Counter => "counter",
        MetricType::Histogram => "histogram",
        MetricType::Summary => "summary",
        MetricType::Info if open => "info",
        MetricType::Gauge | MetricType::Info => "gauge",
    }
}

impl<const OPEN: bool> Sink for TextSink<'_, OPEN> {
    fn detail(&self) -> Detail {
        Detail {
            exemplars: OPEN,
            native: false,
        }
    }

    fn begin(&mut self, meta: &Meta) {
        let name = if OPEN { &meta.base } else { &meta.name };
        self.push("# HELP ");
        self.push(name);
        self.push(" ");
        let help = if meta.help.is_empty() { UNDESCRIBED } else { &meta.help };
        escaped(help, OPEN, |piece| self.push(piece));
        self.push("\n");
        self.push_comment("# TYPE ", name, type_name(meta.metric_type, OPEN));
        if OPEN && !meta.unit.is_empty() {
            self.push_comment("# UNIT ", name, &meta.unit);
        }
    }

    fn end(&mut self, _: &Meta) {}

    fn counter(&mut self, meta: &Meta, at: At<'_>, total: Number, exemplar: Option<Exemplar>) {
        self.push_series(&meta.name, at.labels.text);
        total.push_to(self.page);
        self.end_line(exemplar);
        self.push_created(meta, at);
    }

    fn gauge(&mut self, meta: &Meta, at: At<'_>, value: Number) {
        self.push_series(&meta.name, at.labels.text);
        value.push_to(self.page);
        self.end_line(None);
    }

    fn histogram(&mut self, meta: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let labels = at.labels.text;
        let mut exemplars = totals.exemplars.iter();
        let mut cumulative: u64 = 0;
        // All lines have the same start, which is copied from the second one on.
        let mut front = 0..0;
        for (count, tail) in totals.counts.iter().zip(buckets.tails()) {
            cumulative = cumulative.wrapping_add(*count);
            if front.is_empty() {
                front.start = self.page.len();
                self.push(&meta.bucket);
                self.push("{");
                self.push(labels);
                front.end = self.page.len();
            } else {
                self.page.extend_from_within(front.clone());
            }
            // Without other labels the last one has no comma before it.
            if labels.is_empty() {
                self.push(tail.as_str().trim_start_matches(','));
            } else {
                tail.push_to(self.page);
            }
            push_u64(self.page, cumulative);
            self.end_line(exemplars.next().copied().flatten());
        }
        let sum = totals.sum(buckets);
        let can_fall = sum < 0.0 || buckets.bounds().first().is_some_and(|bound| *bound < 0.0);
        // `OpenMetrics` has no sum that can decrease, and for histograms no count without a sum.
        if !(OPEN && can_fall) {
            self.push_sum(meta, labels, sum);
            self.push_count(meta, labels, cumulative);
        }
        self.push_created(meta, at);
    }

    fn summary(&mut self, meta: &Meta, at: At<'_>, totals: &SummaryTotals) {
        let labels = at.labels.text;
        for (value, tail) in totals.values.into_iter().zip(QUANTILE_TAILS) {
            // `OpenMetrics` has no negative quantiles, and no sum that can decrease.
            if !(OPEN && value < 0.0) {
                self.push_with_tail(&meta.name, labels, tail);
                push_f64(self.page, value);
                self.end_line(None);
            }
        }
        if !(OPEN && totals.can_fall) {
            self.push_sum(meta, labels, totals.sum);
        }
        self.push_count(meta, labels, totals.count);
        self.push_created(meta, at);
    }
}
