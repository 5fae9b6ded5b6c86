//! RED metrics as they are pushed: by the OpenTelemetry conventions.

use std::sync::Arc;

use super::{
    Convention, RedMetric, Store,
    handle::{InFlightHandle, UnitsHandle},
    in_flight_series::InFlightSeries,
    layout::{Layout, Side},
    series::OutcomeSeries,
};
use crate::{
    metrics::{
        cells::HistogramCells,
        family::Labelled as _,
        labels::LabelsRef,
        meta::Meta,
        render::{At, Number, Walker},
    },
    names::semconv,
};

/// A metric that can be pushed.
#[derive(Clone, Copy, Debug)]
pub(in crate::metrics) struct Pushed {
    side: Side,
    metric: RedMetric,
}

/// Those that can be, the ones that the conventions leave to choice after the ones that they don't.
pub(in crate::metrics) const PUSHED: [Pushed; 7] = [
    Pushed {
        side: Side::Server,
        metric: RedMetric::Duration,
    },
    Pushed {
        side: Side::Client,
        metric: RedMetric::Duration,
    },
    Pushed {
        side: Side::Server,
        metric: RedMetric::InFlight,
    },
    Pushed {
        side: Side::Server,
        metric: RedMetric::RequestSize,
    },
    Pushed {
        side: Side::Server,
        metric: RedMetric::ResponseSize,
    },
    Pushed {
        side: Side::Server,
        metric: RedMetric::StreamDuration,
    },
    Pushed {
        side: Side::Client,
        metric: RedMetric::InFlight,
    },
];

/// A part of a histogram, and the labels that distinguish it.
struct Part<'a> {
    labels: LabelsRef<'a>,
    created: u64,
    cells: &'a HistogramCells,
}

// === impl Pushed ===

impl Pushed {
    /// Whether the conventions leave it to choice.
    pub(in crate::metrics) fn is_opt_in(self) -> bool {
        self.metric != RedMetric::Duration
    }

    /// Its dotted name, unit and help.
    pub(in crate::metrics) fn meta(self) -> Option<Meta> {
        let def = Layout {
            side: self.side,
            convention: Convention::OpenTelemetry,
        }
        .def(self.metric)?;
        let (_, name, unit) = semconv::DOTTED.into_iter().find(|(dotted, _, _)| *dotted == def)?;
        Some(Meta::new(def.metric_type, name, unit, def.help))
    }

    /// Hands its series to a sink. Layers may have different stores: what has the same labels in
    /// several is added up.
    pub(in crate::metrics) fn walk(self, stores: &[Arc<Store>], walker: &mut Walker<'_>) {
        let stores = || stores.iter().filter(|store| store.layout().side == self.side);
        match self.metric {
            RedMetric::Duration | RedMetric::RequestSize | RedMetric::ResponseSize => {
                let lists: Vec<_> = stores().map(|store| store.outcomes.list()).collect();
                let parts = lists
                    .iter()
                    .flat_map(|list| list.iter())
                    .filter_map(|series| self.part_of(series));
                walk_parts(parts, walker);
            }
            RedMetric::InFlight => {
                let lists: Vec<_> = stores().map(|store| store.levels.list()).collect();
                walk_levels(lists.iter().flat_map(|list| list.iter()).map(AsRef::as_ref), walker);
            }
            metric => {
                let lists: Vec<_> = stores().map(|store| store.routes()).collect();
                let parts = lists.iter().flat_map(|list| list.iter()).filter_map(|route| {
                    let handle = route.units(metric)?.get()?.as_ref()?;
                    let cells = UnitsHandle::cells(handle)?;
                    Some(Part {
                        labels: route.labels().as_ref(),
                        created: route.created,
                        cells,
                    })
                });
                walk_parts(parts, walker);
            }
        }
    }

    /// What requests that ended in one way add to it.
    fn part_of(self, series: &OutcomeSeries) -> Option<Part<'_>> {
        let cells = match self.metric {
            RedMetric::Duration => series.duration.cells(),
            metric => series.size(metric)?.get()?.cells(),
        };
        Some(Part {
            labels: series.duration_labels(),
            created: series.created,
            cells: cells?,
        })
    }
}

/// Adds up what has the same labels and buckets.
fn walk_parts<'a>(parts: impl Iterator<Item = Part<'a>>, walker: &mut Walker<'_>) {
    let mut parts: Vec<_> = parts.collect();
    parts.sort_by(|a, b| a.labels.text.cmp(b.labels.text));
    let are_one = |a: &Part<'_>, b: &Part<'_>| {
        a.labels.text == b.labels.text && a.cells.buckets().bounds() == b.cells.buckets().bounds()
    };
    for run in parts.chunk_by(are_one) {
        let Some(first) = run.first() else { continue };
        let created = run.iter().map(|part| part.created).min().unwrap_or(first.created);
        walker.histogram(
            At {
                labels: first.labels,
                created,
            },
            run.iter().map(|part| part.cells),
        );
    }
}

/// Adds up what has the same labels.
fn walk_levels<'a>(levels: impl Iterator<Item = &'a InFlightSeries>, walker: &mut Walker<'_>) {
    let value = |series: &InFlightSeries| match &series.handle {
        InFlightHandle::Own(cells) => Some(cells.value()).filter(|value| series.is_on_page(*value)),
        InFlightHandle::Facade(_) => None,
    };
    let mut levels: Vec<_> = levels.filter_map(|series| Some((series, value(series)?))).collect();
    levels.sort_by(|(a, _), (b, _)| a.labels().as_ref().text.cmp(b.labels().as_ref().text));
    for run in levels.chunk_by(|(a, _), (b, _)| a.labels() == b.labels()) {
        let Some((first, _)) = run.first() else { continue };
        let created = run
            .iter()
            .map(|(series, _)| series.created)
            .min()
            .unwrap_or(first.created);
        let sum = run.iter().map(|(_, value)| value).sum();
        walker.gauge(
            At {
                labels: first.labels().as_ref(),
                created,
            },
            Number::Signed(sum),
        );
    }
}
