//! The kinds of metrics: those of the facade, and our own.

use std::{sync::Arc, time::Duration};

use ::metrics::{Counter, CounterFn, GaugeFn, HistogramFn};

use super::{
    buckets::Buckets,
    cap::{OverflowCounters, Reporter},
    cells::{CounterCells, FloatCells, GaugeCell, HistogramCells, SummaryCells},
    family::{Cell, Family, Kind, Series},
    labels::Labels,
    meta::Meta,
    settings::Settings,
};
use crate::{context::exemplar_ids, names::label};

/// The constant 1 of an info metric.
#[derive(Debug)]
pub(super) struct InfoCell;

// === counters ===

impl Cell for CounterCells {
    const KIND: Kind = Kind::Counter;

    type Config = ();

    fn new((): &()) -> Self {
        Self::new()
    }

    fn config(_: &Settings, _: &Meta) {}

    fn fingerprint(&self) -> u64 {
        self.total()
    }
}

impl Cell for FloatCells {
    const KIND: Kind = Kind::FloatCounter;

    type Config = ();

    fn new((): &()) -> Self {
        Self::new()
    }

    fn config(_: &Settings, _: &Meta) {}

    fn fingerprint(&self) -> u64 {
        self.total().to_bits()
    }
}

impl OverflowCounters for Family<CounterCells> {
    fn of(&self, metric: &str) -> Counter {
        let labels = Labels::new([(label::METRIC.into(), metric.to_owned().into())]);
        Counter::from_arc(self.series(labels, &Reporter::Silent).series)
    }
}

impl CounterFn for Series<CounterCells> {
    fn increment(&self, n: u64) {
        self.cells.add(n, exemplar_ids());
    }

    fn absolute(&self, total: u64) {
        self.cells.raise_to(total);
    }
}

// === gauges ===

impl Cell for GaugeCell {
    const KIND: Kind = Kind::Gauge;

    type Config = ();

    fn new((): &()) -> Self {
        Self::default()
    }

    fn config(_: &Settings, _: &Meta) {}

    fn fingerprint(&self) -> u64 {
        self.value().to_bits()
    }
}

impl GaugeFn for Series<GaugeCell> {
    fn increment(&self, step: f64) {
        self.cells.add(step);
    }

    fn decrement(&self, step: f64) {
        self.cells.add(-step);
    }

    fn set(&self, value: f64) {
        self.cells.set(value);
    }
}

// === histograms ===

impl Cell for HistogramCells {
    const KIND: Kind = Kind::Histogram;

    type Config = Arc<Buckets>;

    fn new(buckets: &Arc<Buckets>) -> Self {
        Self::new(Arc::clone(buckets))
    }

    fn config(settings: &Settings, meta: &Meta) -> Arc<Buckets> {
        Arc::new(Buckets::floats(&settings.buckets_of(meta)))
    }

    fn fingerprint(&self) -> u64 {
        self.count()
    }
}

impl HistogramFn for Series<HistogramCells> {
    fn record(&self, value: f64) {
        self.cells.record_floats(value, 1, exemplar_ids());
    }

    fn record_many(&self, value: f64, count: usize) {
        self.cells.record_floats(value, count as u64, exemplar_ids());
    }
}

// === summaries ===

impl Cell for SummaryCells {
    const KIND: Kind = Kind::Summary;

    type Config = Duration;

    fn new(window: &Duration) -> Self {
        Self::new(*window)
    }

    fn config(settings: &Settings, _: &Meta) -> Duration {
        settings.summary_window
    }

    fn fingerprint(&self) -> u64 {
        self.count()
    }
}

// === info ===

impl Cell for InfoCell {
    const KIND: Kind = Kind::Info;

    type Config = ();

    fn new((): &()) -> Self {
        Self
    }

    fn config(_: &Settings, _: &Meta) {}

    fn fingerprint(&self) -> u64 {
        1
    }
}
