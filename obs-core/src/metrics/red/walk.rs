//! RED metrics on a page.

use super::{
    RedMetric, Store,
    handle::{CountHandle, InFlightHandle, UnitsHandle},
    series::OutcomeSeries,
};
use crate::metrics::{
    cells::{HistogramCells, InFlightCells},
    family::Labelled as _,
    render::{At, Number, Prefetch, Prefetcher, Walker},
};

impl Store {
    /// Hands the series of one metric to a page.
    pub(in crate::metrics) fn walk(&self, metric: RedMetric, page: &mut Walker<'_>) {
        match metric {
            RedMetric::Requests => self.walk_requests(page),
            RedMetric::Duration => self.walk_outcomes(page, |series| series.duration.cells()),
            RedMetric::Errors => self.walk_errors(page),
            RedMetric::InFlight => self.walk_in_flight(page, InFlightCells::value),
            RedMetric::InFlightMax => self.walk_in_flight(page, InFlightCells::peak),
            RedMetric::RequestSize | RedMetric::ResponseSize if self.layout().sizes_have_status() => {
                self.walk_outcomes(page, |series| series.size(metric)?.get()?.cells());
            }
            RedMetric::RequestSize | RedMetric::ResponseSize | RedMetric::StreamDuration => {
                self.walk_units(metric, page);
            }
        }
    }

    fn walk_requests(&self, page: &mut Walker<'_>) {
        let list = self.outcomes.list();
        let mut prefetcher = Prefetcher::new(&list, page.is_plain());
        for (at, series) in list.iter().enumerate() {
            prefetcher.advance_to(at);
            let Some(cells) = series.duration.cells() else { continue };
            let at = At {
                labels: series.labels().as_ref(),
                created: series.created,
            };
            page.counter(at, Number::Unsigned(cells.count()), || None);
        }
    }

    fn walk_outcomes(&self, page: &mut Walker<'_>, cells: impl Fn(&OutcomeSeries) -> Option<&HistogramCells>) {
        let list = self.outcomes.list();
        let mut prefetcher = Prefetcher::new(&list, page.is_plain());
        let mut at = 0;
        // Series that differ only in the outcome are adjacent: it is the last label.
        for run in list.chunk_by(|a, b| a.duration_labels().text == b.duration_labels().text) {
            at += run.len();
            prefetcher.advance_to(at);
            let Some(first) = run.first() else { continue };
            let created = run.iter().map(|series| series.created).min().unwrap_or(first.created);
            let at = At {
                labels: first.duration_labels(),
                created,
            };
            page.histogram(at, run.iter().filter_map(|series| cells(series)));
        }
    }

    fn walk_errors(&self, page: &mut Walker<'_>) {
        for series in self.errors.list().iter() {
            let CountHandle::Own(cells) = &series.count else {
                continue;
            };
            let at = At {
                labels: series.labels().as_ref(),
                created: series.created,
            };
            page.counter(at, Number::Unsigned(cells.total()), || cells.exemplar());
        }
    }

    fn walk_in_flight(&self, page: &mut Walker<'_>, read: impl Fn(&InFlightCells) -> i64) {
        for series in self.levels.list().iter() {
            let InFlightHandle::Own(cells) = &series.handle else {
                continue;
            };
            if series.is_on_page(cells.value()) {
                page.gauge(
                    At {
                        labels: series.labels().as_ref(),
                        created: series.created,
                    },
                    Number::Signed(read(cells)),
                );
            }
        }
    }

    fn walk_units(&self, metric: RedMetric, page: &mut Walker<'_>) {
        for route in self.routes().iter() {
            let handle = route.units(metric).and_then(|handle| handle.get());
            if let Some(cells) = handle.and_then(Option::as_ref).and_then(UnitsHandle::cells) {
                page.histogram(
                    At {
                        labels: route.labels().as_ref(),
                        created: route.created,
                    },
                    [cells],
                );
            }
        }
    }
}

impl Prefetch for OutcomeSeries {
    fn prefetch(&self) -> u64 {
        self.labels().prefetch() ^ self.duration.cells().map_or(0, HistogramCells::prefetch_blocks)
    }
}
