//! The walk over all series.

use std::{mem, sync::Arc};

use super::{Number, Prefetch, plain::PlainSink, prefetch::prefetched, protobuf::ProtobufSink, text::TextSink};
use crate::metrics::{
    Format,
    buckets::Buckets,
    catalog::{Entry, Source},
    cells::{
        CounterCells, Detail, FloatCells, GaugeCell, HistogramCells, HistogramTotals, SummaryCells, SummaryTotals,
    },
    family::{Family, Series},
    kinds::InfoCell,
    labels::LabelsRef,
    meta::Meta,
    snapshot::{Exemplar, FamilySnapshot},
};

/// Takes metrics and their series in the order of the page.
pub(in crate::metrics) trait Sink {
    /// What it wants to know of histograms and counters.
    fn detail(&self) -> Detail;

    /// A metric that has at least one series.
    fn begin(&mut self, meta: &Meta);
    fn end(&mut self, meta: &Meta);
    fn counter(&mut self, meta: &Meta, series: At<'_>, total: Number, exemplar: Option<Exemplar>);
    fn gauge(&mut self, meta: &Meta, series: At<'_>, value: Number);
    fn histogram(&mut self, meta: &Meta, series: At<'_>, buckets: &Buckets, totals: &HistogramTotals);
    fn summary(&mut self, meta: &Meta, series: At<'_>, totals: &SummaryTotals);
}

/// What a page may have besides.
#[derive(Clone, Copy, Debug)]
pub(in crate::metrics) struct Extras {
    /// When series were made, in `OpenMetrics`.
    pub(in crate::metrics) created: bool,
    /// Native buckets, in protobuf.
    pub(in crate::metrics) native: bool,
}

/// Which series, and since when.
#[derive(Clone, Copy, Debug)]
pub(in crate::metrics) struct At<'a> {
    pub(in crate::metrics) labels: LabelsRef<'a>,
    /// Milliseconds since the epoch.
    pub(in crate::metrics) created: u64,
}

/// Hands the series of one metric to a sink; a metric without any is left out.
///
/// The sink is a trait object: it is called once for a series, and with a type parameter the walk would be compiled for
/// each format.
pub(in crate::metrics) struct Walker<'a> {
    sink: &'a mut dyn Sink,
    meta: &'a Meta,
    totals: &'a mut HistogramTotals,
    begun: bool,
}

/// Writes a page.
pub(in crate::metrics) fn render<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    format: Format,
    extras: Extras,
    page: &mut Vec<u8>,
) {
    match format {
        Format::Text => walk(entries, &mut TextSink::<false>::new(page, false)),
        Format::OpenMetrics => {
            walk(entries, &mut TextSink::<true>::new(page, extras.created));
            page.extend_from_slice(b"# EOF\n");
        }
        Format::Protobuf => {
            let mut sink = ProtobufSink::new(mem::take(page), extras.native);
            walk(entries, &mut sink);
            *page = sink.into_page();
        }
    }
}

/// Reads everything as plain data.
pub(in crate::metrics) fn snapshot(entries: &[Entry]) -> Vec<FamilySnapshot> {
    let mut sink = PlainSink::default();
    walk(entries.iter(), &mut sink);
    sink.into_families()
}

/// Hands metrics and their series to a sink.
pub(in crate::metrics) fn walk<'a>(entries: impl Iterator<Item = &'a Entry>, sink: &mut dyn Sink) {
    let mut totals = HistogramTotals::default();
    for entry in entries {
        walk_one(&entry.meta, sink, &mut totals, |walker| match &entry.source {
            Source::Counter(family) => walker.counters(family),
            Source::FloatCounter(family) => walker.float_counters(family),
            Source::Gauge(family) => walker.gauges(family),
            Source::Histogram(family) => walker.histograms(family),
            Source::Summary(family) => walker.summaries(family),
            Source::Info(family) => walker.infos(family),
            Source::Red(stores, metric) => stores.iter().for_each(|store| store.walk(*metric, walker)),
        });
    }
}

/// Hands the series of one metric to a sink, as `series` walks over them.
pub(in crate::metrics) fn walk_one(
    meta: &Meta,
    sink: &mut dyn Sink,
    totals: &mut HistogramTotals,
    series: impl FnOnce(&mut Walker<'_>),
) {
    let mut walker = Walker {
        sink,
        meta,
        totals,
        begun: false,
    };
    series(&mut walker);
    if walker.begun {
        walker.sink.end(walker.meta);
    }
}

// === impl Walker ===

impl Walker<'_> {
    fn counters(&mut self, family: &Family<CounterCells>) {
        for series in shown(&family.list(), self.is_plain()) {
            self.counter(at(series), Number::Unsigned(series.cells.total()), || {
                series.cells.exemplar()
            });
        }
    }

    fn float_counters(&mut self, family: &Family<FloatCells>) {
        for series in shown(&family.list(), self.is_plain()) {
            self.counter(at(series), Number::Float(series.cells.total()), || {
                series.cells.exemplar()
            });
        }
    }

    fn summaries(&mut self, family: &Family<SummaryCells>) {
        for series in shown(&family.list(), self.is_plain()) {
            self.begin();
            self.sink.summary(self.meta, at(series), &series.cells.totals());
        }
    }

    fn gauges(&mut self, family: &Family<GaugeCell>) {
        for series in shown(&family.list(), self.is_plain()) {
            self.gauge(at(series), Number::Float(series.cells.value()));
        }
    }

    fn histograms(&mut self, family: &Family<HistogramCells>) {
        for series in shown(&family.list(), self.is_plain()) {
            self.histogram(at(series), [&series.cells]);
        }
    }

    fn infos(&mut self, family: &Family<InfoCell>) {
        for series in shown(&family.list(), self.is_plain()) {
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
        let exemplar = self.sink.detail().exemplars.then(exemplar).flatten();
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
        let detail = self.sink.detail();
        self.totals.reset(buckets, detail);
        for part in parts {
            part.add_to(self.totals, detail);
        }
        if detail.native {
            self.totals.native.finish();
        }
        self.begin();
        self.sink.histogram(self.meta, at, buckets, self.totals);
    }

    /// Whether the page has neither exemplars nor native buckets, as the text format.
    pub(in crate::metrics) fn is_plain(&self) -> bool {
        let Detail { exemplars, native } = self.sink.detail();
        !exemplars && !native
    }

    fn begin(&mut self) {
        if !self.begun {
            self.begun = true;
            self.sink.begin(self.meta);
        }
    }
}

/// The series that are not idle.
fn shown<C: Prefetch>(list: &[Arc<Series<C>>], plain: bool) -> impl Iterator<Item = &Series<C>> {
    prefetched(list, plain).filter(|series| !series.idle.is_hidden())
}

fn at<C>(series: &Series<C>) -> At<'_> {
    At {
        labels: series.labels.as_ref(),
        created: series.created,
    }
}
