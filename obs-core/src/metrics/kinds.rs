//! The kinds of metrics: those that the facade knows, and ours.

use std::{sync::Arc, time::Duration};

use ::metrics::{CounterFn, GaugeFn, HistogramFn};

use super::{
    buckets::Buckets,
    catalog::Source,
    cells::{CounterCells, FloatCells, GaugeCell, HistogramCells, SummaryCells},
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

    fn fingerprint(&self) -> u64 {
        self.total()
    }
}

impl Cell for FloatCells {
    type Config = ();
    sources!(FloatCounter);

    fn new((): &()) -> Self {
        Self::new()
    }

    fn config(_: &Settings, _: &Meta) {}

    fn fingerprint(&self) -> u64 {
        self.total().to_bits()
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
    type Config = ();
    sources!(Gauge);

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
    type Config = Arc<Buckets>;
    sources!(Histogram);

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
    type Config = Duration;
    sources!(Summary);

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
    type Config = ();
    sources!(Info);

    fn new((): &()) -> Self {
        Self
    }

    fn config(_: &Settings, _: &Meta) {}

    fn fingerprint(&self) -> u64 {
        1
    }
}
