//! Where a RED instrument records: our own cells, or a handle of the facade.

use std::{sync::Arc, time::Duration};

use ::metrics::{Counter, Gauge, Histogram, Key, Label, Recorder};

use crate::metrics::{
    buckets::Buckets,
    cap::METADATA,
    cells::{CounterCells, HistogramCells, Ids, InFlightCells},
    labels::LabelsRef,
    meta::Meta,
};

/// Makes instruments.
#[derive(Clone)]
pub(super) enum Backend {
    Own,
    Facade(Arc<dyn Recorder + Send + Sync>),
}

#[derive(Debug)]
pub(super) enum CountHandle {
    Own(CounterCells),
    Facade(Counter),
}

#[derive(Debug)]
pub(super) enum InFlightHandle {
    Own(InFlightCells),
    Facade(Gauge),
}

/// A histogram of whole units: nanoseconds or bytes.
#[derive(Debug)]
pub(super) enum UnitsHandle {
    Own(HistogramCells),
    Facade(Histogram, Arc<Buckets>),
}

// === impl Backend ===

impl Backend {
    pub(super) fn count(&self, meta: &Meta, labels: LabelsRef<'_>) -> CountHandle {
        match self {
            Self::Own => CountHandle::Own(CounterCells::new()),
            Self::Facade(recorder) => CountHandle::Facade(recorder.register_counter(&key(meta, labels), &METADATA)),
        }
    }

    pub(super) fn in_flight(&self, meta: &Meta, labels: LabelsRef<'_>) -> InFlightHandle {
        match self {
            Self::Own => InFlightHandle::Own(InFlightCells::new()),
            Self::Facade(recorder) => InFlightHandle::Facade(recorder.register_gauge(&key(meta, labels), &METADATA)),
        }
    }

    pub(super) fn units(&self, meta: &Meta, labels: LabelsRef<'_>, buckets: &Arc<Buckets>) -> UnitsHandle {
        match self {
            Self::Own => UnitsHandle::Own(HistogramCells::new(Arc::clone(buckets))),
            Self::Facade(recorder) => {
                let histogram = recorder.register_histogram(&key(meta, labels), &METADATA);
                UnitsHandle::Facade(histogram, Arc::clone(buckets))
            }
        }
    }
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Own) { "Own" } else { "Facade" })
    }
}

fn key(meta: &Meta, labels: LabelsRef<'_>) -> Key {
    let label = |(key, value): &(std::borrow::Cow<'static, str>, _)| {
        let value: &std::borrow::Cow<'static, str> = value;
        Label::new(key.to_string(), value.to_string())
    };
    Key::from_parts(
        meta.name.to_string(),
        labels.pairs.iter().map(label).collect::<Vec<_>>(),
    )
}

// === impl CountHandle ===

impl CountHandle {
    pub(super) fn increment(&self, ids: Option<Ids>) {
        match self {
            Self::Own(cells) => cells.add(1, ids),
            Self::Facade(counter) => counter.increment(1),
        }
    }
}

// === impl InFlightHandle ===

impl InFlightHandle {
    #[inline]
    pub(super) fn increment(&self) {
        match self {
            Self::Own(cells) => cells.up(),
            Self::Facade(gauge) => gauge.increment(1.0),
        }
    }

    #[inline]
    pub(super) fn decrement(&self) {
        match self {
            Self::Own(cells) => cells.down(),
            Self::Facade(gauge) => gauge.decrement(1.0),
        }
    }
}

// === impl UnitsHandle ===

impl UnitsHandle {
    #[inline]
    pub(super) fn record(&self, units: u64, ids: Option<Ids>) {
        match self {
            Self::Own(cells) => cells.record_units(units, ids),
            Self::Facade(histogram, buckets) => histogram.record(buckets.float_of(units)),
        }
    }

    pub(super) fn cells(&self) -> Option<&HistogramCells> {
        match self {
            Self::Own(cells) => Some(cells),
            Self::Facade(..) => None,
        }
    }
}

/// Nanoseconds, at most some 584 years.
#[inline]
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(duration.subsec_nanos()))
}
