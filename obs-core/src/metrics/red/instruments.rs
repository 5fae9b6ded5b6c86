//! The table of RED instruments: what a store feeds, and how many series each has.

use super::{layout::Layout, store::Purpose};
use crate::metrics::{cap::Cap, meta::Meta, settings::Settings};

/// One of the metrics that a store feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::metrics) enum RedMetric {
    Requests,
    Duration,
    Errors,
    InFlight,
    InFlightMax,
    RequestSize,
    ResponseSize,
    StreamDuration,
}

/// A metric of a store, and how many series it has.
#[derive(Debug)]
pub(super) struct Instrument {
    pub(super) metric: RedMetric,
    pub(super) meta: Meta,
    pub(super) cap: Cap,
}

/// All metrics of a store.
#[derive(Debug)]
pub(super) struct Instruments {
    /// In the order of [`RedMetric::ALL`]; none for those that the layout does not have.
    list: [Option<Instrument>; RedMetric::ALL.len()],
}

// === impl RedMetric ===

impl RedMetric {
    const ALL: [Self; 8] = [
        Self::Requests,
        Self::Duration,
        Self::Errors,
        Self::InFlight,
        Self::InFlightMax,
        Self::RequestSize,
        Self::ResponseSize,
        Self::StreamDuration,
    ];
}

// === impl Instruments ===

impl Instruments {
    pub(super) fn new(layout: Layout, purpose: Purpose, namespace: &str, settings: &Settings) -> Self {
        // The gauge is there in any case: it holds the cap of the routes.
        let is_wanted = |metric| {
            purpose != (Purpose::Push { opt_in: false }) || matches!(metric, RedMetric::Duration | RedMetric::InFlight)
        };
        let list = RedMetric::ALL.map(|metric| {
            is_wanted(metric).then_some(())?;
            let meta = Meta::of(&layout.def(metric)?, namespace);
            Some(Instrument { metric, cap: settings.cap_of(&meta), meta })
        });
        Self { list }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Instrument> {
        self.list.iter().flatten()
    }

    pub(super) fn get(&self, metric: RedMetric) -> Option<&Instrument> {
        self.list[metric as usize].as_ref()
    }
}
