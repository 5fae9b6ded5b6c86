//! The table of RED instruments: what a store feeds, and how many series each has.

use super::layout::{Layout, RedMetric};
use crate::metrics::{cap::Cap, meta::Meta, settings::Settings};

/// What a store is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The metrics page.
    Page,
    /// A collector alone; with the instruments that the conventions leave to choice, or without.
    Push { opt_in: bool },
}

/// A metric of a store, and how many series it has.
#[derive(Debug)]
pub(in crate::metrics) struct Instrument {
    pub(in crate::metrics) metric: RedMetric,
    pub(in crate::metrics) meta: Meta,
    pub(super) cap: Cap,
}

/// All metrics of a store.
#[derive(Debug)]
pub(in crate::metrics) struct Instruments {
    /// In the order of [`RedMetric::ALL`]; none for those that the layout does not have.
    list: [Option<Instrument>; RedMetric::ALL.len()],
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
            Some(Instrument {
                metric,
                cap: settings.cap_of(&meta),
                meta,
            })
        });
        Self { list }
    }

    pub(in crate::metrics) fn iter(&self) -> impl Iterator<Item = &Instrument> {
        self.list.iter().flatten()
    }

    pub(super) fn get(&self, metric: RedMetric) -> Option<&Instrument> {
        self.list[metric as usize].as_ref()
    }
}
