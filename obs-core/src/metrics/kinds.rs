//! The kinds of metrics that the facade knows, and info.

use std::sync::Arc;

use ::metrics::{CounterFn, GaugeFn, HistogramFn};

use super::{
    buckets::Buckets,
    catalog::Source,
    cells::{CounterCells, GaugeCell, HistogramCells},
    family::{Cell, Family, Kind, Series},
    meta::Meta,
    settings::Settings,
};
use crate::context::exemplar_ids;

/// The constant 1 of an info metric.
#[derive(Debug)]
pub(super) struct InfoCell;

macro_rules! sources {
    ($variant:ident) => {
        const KIND: Kind = Kind::$variant;

        fn source(family: Arc<Family<Self>>) -> Source {
            Source::$variant(family)
        }

        fn of(source: &Source) -> Option<&Arc<Family<Self>>> {
            if let Source::$variant(family) = source { Some(family) } else { None }
        }
    };
}

// === counters ===

impl Cell for CounterCells {
    type Config = ();
    sources!(Counter);

    fn new((): &()) -> Self {
        Self::new()
    }

    fn config(_: &Settings, _: &Meta) {}
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
    type Config = ();
    sources!(Gauge);

    fn new((): &()) -> Self {
        Self::default()
    }

    fn config(_: &Settings, _: &Meta) {}
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
    type Config = Arc<Buckets>;
    sources!(Histogram);

    fn new(buckets: &Arc<Buckets>) -> Self {
        Self::new(Arc::clone(buckets))
    }

    fn config(settings: &Settings, meta: &Meta) -> Arc<Buckets> {
        Arc::new(Buckets::floats(&settings.buckets_of(meta)))
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

// === info ===

impl Cell for InfoCell {
    type Config = ();
    sources!(Info);

    fn new((): &()) -> Self {
        Self
    }

    fn config(_: &Settings, _: &Meta) {}
}
