//! The walk over all series.

use super::{Number, plain::PlainSink, protobuf::ProtobufSink, text::TextSink};
use crate::metrics::{
    Format,
    buckets::Buckets,
    catalog::{Entry, Source},
    cells::{CounterCells, Detail, GaugeCell, HistogramCells, HistogramTotals},
    family::{Family, Series},
    kinds::InfoCell,
    labels::LabelsRef,
    meta::Meta,
    snapshot::{Exemplar, FamilySnapshot},
};

/// Takes metrics and their series in the order of the page.
pub(in crate::metrics) trait Sink {
    /// What it wants to know of histograms and counters.
    const DETAIL: Detail;

    /// A metric that has at least one series.
    fn begin(&mut self, meta: &Meta);
    fn end(&mut self, meta: &Meta);
    fn counter(&mut self, meta: &Meta, series: At<'_>, total: Number, exemplar: Option<Exemplar>);
    fn gauge(&mut self, meta: &Meta, series: At<'_>, value: Number);
    fn histogram(&mut self, meta: &Meta, series: At<'_>, buckets: &Buckets, totals: &HistogramTotals);
}

/// Which series, and since when.
#[derive(Clone, Copy, Debug)]
pub(in crate::metrics) struct At<'a> {
    pub(in crate::metrics) labels: LabelsRef<'a>,
    /// Milliseconds since the epoch.
    pub(in crate::metrics) created: u64,
}

/// Hands the series of one metric to a sink; a metric without any is left out.
#[derive(Debug)]
pub(in crate::metrics) struct Walker<'a, S> {
    sink: &'a mut S,
    meta: &'a Meta,
    totals: &'a mut HistogramTotals,
    begun: bool,
}

/// Writes a page.
pub(in crate::metrics) fn render(entries: &[Entry], format: Format, page: &mut Vec<u8>) {
    match format {
        Format::Text => walk(entries, &mut TextSink::<false>::new(page)),
        Format::OpenMetrics => {
            walk(entries, &mut TextSink::<true>::new(page));
            page.extend_from_slice(b"# EOF\n");
        }
        Format::Protobuf => walk(entries, &mut ProtobufSink::new(page)),
    }
}

/// Reads everything as plain data.
pub(in crate::metrics) fn snapshot(entries: &[Entry]) -> Vec<FamilySnapshot> {
    let mut sink = PlainSink::default();
    walk(entries, &mut sink);
    sink.into_families()
}

fn walk<S: Sink>(entries: &[Entry], sink: &mut S) {
    let mut totals = HistogramTotals::default();
    for entry in entries {
        let mut walker = Walker { sink: &mut *sink, meta: &entry.meta, totals: &mut totals, begun: false };
        match &entry.source {
            Source::Counter(family) => walker.counters(family),
            Source::Gauge(family) => walker.gauges(family),
            Source::Histogram(family) => walker.histograms(family),
            Source::Info(family) => walker.infos(family),
            Source::Red(store, metric) => store.walk(*metric, &mut walker),
        }
        if walker.begun {
            walker.sink.end(walker.meta);
        }
    }
}

// === impl Walker ===

impl<S: Sink> Walker<'_, S> {
    fn counters(&mut self, family: &Family<CounterCells>) {
        for series in family.list().iter() {
            self.counter(at(series), Number::Unsigned(series.cells.total()), || series.cells.exemplar());
        }
    }

    fn gauges(&mut self, family: &Family<GaugeCell>) {
        for series in family.list().iter() {
            self.gauge(at(series), Number::Float(series.cells.value()));
        }
    }

    fn histograms(&mut self, family: &Family<HistogramCells>) {
        for series in family.list().iter() {
            self.histogram(at(series), [&series.cells]);
        }
    }

    fn infos(&mut self, family: &Family<InfoCell>) {
        for series in family.list().iter() {
            self.gauge(at(series), Number::Unsigned(1));
        }
    }

    pub(in crate::metrics) fn counter(
        &mut self,
        at: At<'_>,
        total: Number,
        exemplar: impl FnOnce() -> Option<Exemplar>,
    ) {
        self.begin();
        let exemplar = S::DETAIL.exemplars.then(exemplar).flatten();
        self.sink.counter(self.meta, at, total, exemplar);
    }

    pub(in crate::metrics) fn gauge(&mut self, at: At<'_>, value: Number) {
        self.begin();
        self.sink.gauge(self.meta, at, value);
    }

    /// A histogram whose observations are spread over `parts` with the same buckets.
    pub(in crate::metrics) fn histogram<'c>(
        &mut self,
        at: At<'_>,
        parts: impl IntoIterator<Item = &'c HistogramCells>,
    ) {
        let mut parts = parts.into_iter().peekable();
        let Some(first) = parts.peek() else { return };
        let buckets = first.buckets();
        self.totals.reset(buckets, S::DETAIL);
        for part in parts {
            part.add_to(self.totals, S::DETAIL);
        }
        if S::DETAIL.native {
            self.totals.native.finish();
        }
        self.begin();
        self.sink.histogram(self.meta, at, buckets, self.totals);
    }

    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            self.sink.begin(self.meta);
        }
    }
}

fn at<C>(series: &Series<C>) -> At<'_> {
    At { labels: series.labels.as_ref(), created: series.created }
}
