//! The registry as the recorder of the `metrics` facade.

use std::sync::Arc;

use ::metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use super::{
    Registry,
    cells::{CounterCells, GaugeCell, HistogramCells},
    clash::labels_repaired,
    family::Series,
    key_table::FacadeCell,
    labels::Labels,
};
use crate::names::MetricType;

/// Bytes of names and values of a key that is remembered.
const MAX_KEY: usize = 4_096;

fn bytes_of(key: &Key) -> usize {
    key.labels().fold(key.name().len(), |sum, label| {
        sum + label.key().len() + label.value().len()
    })
}

impl Registry {
    fn register<C: FacadeCell>(&self, key: &Key) -> Arc<Series<C>> {
        let table = C::table(self.tables());
        table.get(key).unwrap_or_else(|| self.register_new(key))
    }

    #[cold]
    fn register_new<C: FacadeCell>(&self, key: &Key) -> Arc<Series<C>> {
        let family = self.family::<C>(key.name());
        let (labels, repaired) = Labels::repaired(key.labels().map(|label| (label.key(), label.value())));
        if repaired {
            self.report(labels_repaired(&family, key.name()));
        }
        let found = family.series(labels, self.overflow());
        // Refused keys are not cached, since their number is unbounded; nor are keys that are too long.
        let is_short = bytes_of(key) <= MAX_KEY;
        if !found.overflowed && is_short && found.series.remember_spelling() {
            C::table(self.tables()).insert(key, &found.series);
        }
        found.series
    }
}

/// What the application records lands on the page of this registry. Values that are not numbers
/// are ignored. Inside a sampled request counters and histograms keep an exemplar.
impl Recorder for Registry {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe_metric(MetricType::Counter, name.as_str(), unit, help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe_metric(MetricType::Gauge, name.as_str(), unit, help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe_metric(MetricType::Histogram, name.as_str(), unit, help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.register::<CounterCells>(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.register::<GaugeCell>(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.register::<HistogramCells>(key))
    }
}
