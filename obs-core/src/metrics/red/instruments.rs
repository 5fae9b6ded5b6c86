//! The table of RED instruments: what they are called and by what they are labelled.

use crate::{
    metrics::{cap::Cap, meta::Meta, settings::Settings},
    names::{MetricDef, label, metric},
};

/// One of the metrics that a store feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::metrics) enum RedMetric {
    Requests,
    Duration,
    Errors,
    InFlight,
    RequestSize,
    ResponseSize,
    StreamDuration,
}

/// Whose requests are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::metrics) enum Side {
    Server,
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
    /// In the order of [`RedMetric`].
    list: Vec<Instrument>,
}

// === impl RedMetric ===

impl RedMetric {
    const ALL: [Self; 7] = [
        Self::Requests,
        Self::Duration,
        Self::Errors,
        Self::InFlight,
        Self::RequestSize,
        Self::ResponseSize,
        Self::StreamDuration,
    ];
}

// === impl Side ===

impl Side {
    fn def(self, of: RedMetric) -> MetricDef {
        match (self, of) {
            (Self::Server, RedMetric::Requests) => metric::REQUESTS,
            (Self::Server, RedMetric::Duration) => metric::REQUEST_DURATION,
            (Self::Server, RedMetric::Errors) => metric::ERRORS,
            (Self::Server, RedMetric::InFlight) => metric::IN_FLIGHT,
            (Self::Server, RedMetric::RequestSize) => metric::REQUEST_SIZE,
            (Self::Server, RedMetric::ResponseSize) => metric::RESPONSE_SIZE,
            (Self::Server, RedMetric::StreamDuration) => metric::STREAM_DURATION,
        }
    }

    /// The labels that tell routes apart, the method first.
    pub(super) fn route_labels(self) -> &'static [&'static str] {
        match self {
            Self::Server => &[label::METHOD, label::ENDPOINT],
        }
    }
}

// === impl Instruments ===

impl Instruments {
    pub(super) fn new(side: Side, namespace: &str, settings: &Settings) -> Self {
        let instrument = |metric| {
            let meta = Meta::of(&side.def(metric), namespace);
            Instrument { metric, cap: settings.cap_of(&meta), meta }
        };
        Self { list: RedMetric::ALL.into_iter().map(instrument).collect() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Instrument> {
        self.list.iter()
    }
}

impl std::ops::Index<RedMetric> for Instruments {
    type Output = Instrument;

    fn index(&self, metric: RedMetric) -> &Instrument {
        &self.list[metric as usize]
    }
}
