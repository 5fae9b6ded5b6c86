//! The text formats: Prometheus 0.0.4 and `OpenMetrics` 1.0.0.

use super::{
    Number, Sink,
    number::{push_f64, push_u64},
    walk::At,
};
use crate::{
    metrics::{
        buckets::Buckets,
        cells::{Detail, HistogramTotals},
        labels::escaped,
        meta::Meta,
        snapshot::Exemplar,
    },
    names::MetricType,
};

/// Writes text; with `OPEN` as `OpenMetrics`.
#[derive(Debug)]
pub(super) struct TextSink<'a, const OPEN: bool> {
    page: &'a mut Vec<u8>,
}

// === impl TextSink ===

impl<'a, const OPEN: bool> TextSink<'a, OPEN> {
    pub(super) fn new(page: &'a mut Vec<u8>) -> Self {
        Self { page }
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

    fn end_line(&mut self, exemplar: Option<Exemplar>) {
        if let Some(exemplar) = exemplar {
            self.push_exemplar(exemplar);
        }
        self.push("\n");
    }

    /// ` # {trace_id="…",span_id="…"} 0.067 1700000000.123456`
    fn push_exemplar(&mut self, exemplar: Exemplar) {
        let Exemplar { trace_id, span_id, value, at } = exemplar;
        self.push(" # {trace_id=\"");
        self.page.extend_from_slice(&trace_id.to_hex());
        self.push("\",span_id=\"");
        self.page.extend_from_slice(&span_id.to_hex());
        self.push("\"} ");
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
    const DETAIL: Detail = Detail { exemplars: OPEN, native: false };

    fn begin(&mut self, meta: &Meta) {
        let name = if OPEN { &meta.base } else { &meta.name };
        if !meta.help.is_empty() {
            self.push("# HELP ");
            self.push(name);
            self.push(" ");
            escaped(&meta.help, OPEN, |piece| self.push(piece));
            self.push("\n");
        }
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
    }

    fn gauge(&mut self, meta: &Meta, at: At<'_>, value: Number) {
        self.push_series(&meta.name, at.labels.text);
        value.push_to(self.page);
        self.end_line(None);
    }

    fn histogram(&mut self, meta: &Meta, at: At<'_>, buckets: &Buckets, totals: &HistogramTotals) {
        let labels = at.labels.text;
        // Without other labels the one of the bucket has no comma before it.
        let skip = usize::from(labels.is_empty());
        let mut exemplars = totals.exemplars.iter();
        let mut cumulative: u64 = 0;
        for (count, tail) in totals.counts.iter().zip(buckets.tails()) {
            cumulative = cumulative.wrapping_add(*count);
            self.push(&meta.bucket);
            self.push("{");
            self.push(labels);
            self.push(&tail[skip..]);
            push_u64(self.page, cumulative);
            self.end_line(exemplars.next().copied().flatten());
        }
        let sum = totals.sum(buckets);
        // OpenMetrics knows no sum that can go down, and no count without a sum.
        if OPEN && (sum < 0.0 || buckets.bounds().first().is_some_and(|bound| *bound < 0.0)) {
            return;
        }
        self.push_series(&meta.sum, labels);
        push_f64(self.page, sum);
        self.end_line(None);
        self.push_series(&meta.count, labels);
        push_u64(self.page, cumulative);
        self.end_line(None);
    }
}
