//! What is measured under one method and endpoint.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    RedMetric, Store,
    chunk::Chunk,
    handle::{InFlightHandle, UnitsHandle, nanoseconds},
    in_flight_series::InFlightSeries,
    measured::Measured,
    series::{ErrorSeries, ErrorSlot, OutcomeSeries, OutcomeSlot},
    tail::{Observed, Tail},
};
use crate::{
    clock::Moment,
    metrics::{cells::Ids, family::Labelled, labels::Labels},
    names::value,
};

/// The instruments of one set of route labels.
#[derive(Debug)]
pub(super) struct Route {
    labels: Labels,
    in_flight: Arc<InFlightSeries>,
    pub(super) created: u64,
    /// Whether all that comes here has `_overflow` for every label.
    is_overflow: bool,
    /// Whether the cap has room for this route; decided when it gets its first record.
    admitted: OnceLock<bool>,
    outcomes: Chunk<OutcomeSlot>,
    errors: Chunk<ErrorSlot>,
    request_size: OnceLock<Option<UnitsHandle>>,
    response_size: OnceLock<Option<UnitsHandle>>,
    stream_duration: OnceLock<Option<UnitsHandle>>,
    /// Made when it is asked for.
    tail: OnceLock<Box<Tail>>,
}

/// A method and endpoint, and the route that their requests count under.
///
/// A pair is provisional until it has had an answer that says that there is such a method here: any
/// but 405 and 501. Until then it counts under the method `_OTHER`, since clients could fill the page by
/// sending every method to every route. (A request that was given up counts as an answer: routers
/// refuse a method at once.)
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) method: &'static str,
    provisional: Arc<Route>,
    confirmed: OnceLock<Arc<Route>>,
}

// === impl Route ===

impl Route {
    pub(super) fn new(labels: Labels, in_flight: Arc<InFlightSeries>, created: u64, is_overflow: bool) -> Self {
        Self {
            labels,
            in_flight,
            created,
            is_overflow,
            admitted: OnceLock::new(),
            outcomes: Chunk::default(),
            errors: Chunk::default(),
            request_size: OnceLock::new(),
            response_size: OnceLock::new(),
            stream_duration: OnceLock::new(),
            tail: OnceLock::new(),
        }
    }

    pub(super) fn is_overflow(&self) -> bool {
        self.is_overflow
    }

    /// Whether there is room for this route's series. The first call decides.
    #[inline]
    pub(super) fn is_admitted(&self, store: &Store) -> bool {
        *self.admitted.get_or_init(|| {
            let admitted = self.is_overflow || store.admit(RedMetric::InFlight);
            if admitted {
                self.in_flight.keep();
            }
            admitted
        })
    }

    /// The gauge of requests in flight.
    #[inline]
    pub(super) fn in_flight(&self) -> &InFlightHandle {
        &self.in_flight.handle
    }

    #[inline]
    pub(super) fn record(&self, store: &Store, measured: &Measured<'_>) {
        let nanoseconds = nanoseconds(measured.duration);
        self.with_outcome(store, measured, |series| series.record(nanoseconds, measured.exemplar));
        self.record_rest(store, measured);
    }

    /// Records into the series of requests that ended like this one.
    #[inline]
    fn with_outcome(&self, store: &Store, measured: &Measured<'_>, record: impl FnOnce(&OutcomeSeries)) {
        let error_type = measured.error_type.filter(|_| store.layout().duration_has_error_type());
        let is = |slot: &OutcomeSlot| {
            slot.status == measured.status
                && slot.outcome == measured.outcome
                && slot.error_type.as_deref() == error_type
        };
        match self.outcomes.find(is) {
            Some(slot) => record(&slot.series),
            None => record(&self.new_outcome(store, measured)),
        }
    }

    pub(super) fn record_stream(&self, store: &Store, nanoseconds: u64, ended: &Measured<'_>) {
        self.record_units(store, RedMetric::StreamDuration, nanoseconds, ended.exemplar);
        if !store.layout().sizes_have_status() {
            self.record_rest(store, ended);
        } else if let Some(slot) = self.outcomes.find(|slot| slot.status == ended.status) {
            // It was counted by its status; what came after that makes no series of its own.
            slot.series.record_sizes(store, ended);
        }
    }

    /// The lifetime of a stream that has left its request behind.
    pub(super) fn record_lifetime(&self, store: &Store, nanoseconds: u64) {
        self.record_units(store, RedMetric::StreamDuration, nanoseconds, None);
    }

    /// Sizes and errors.
    #[inline]
    fn record_rest(&self, store: &Store, measured: &Measured<'_>) {
        if store.layout().sizes_have_status() {
            let has_sizes = measured.request_bytes.is_some() || measured.response_bytes.is_some();
            if has_sizes && store.has(RedMetric::ResponseSize) {
                self.with_outcome(store, measured, |series| series.record_sizes(store, measured));
            }
            return;
        }
        if let Some(bytes) = measured.request_bytes {
            self.record_units(store, RedMetric::RequestSize, bytes, measured.exemplar);
        }
        if let Some(bytes) = measured.response_bytes {
            self.record_units(store, RedMetric::ResponseSize, bytes, measured.exemplar);
        }
        if let Some(error_type) = measured.error_type
            && store.has(RedMetric::Errors)
        {
            self.record_error(store, error_type, measured.exemplar);
        }
    }

    /// The 99th percentile of the durations; `None` if there are too few, or if they are in a recorder of the application.
    pub(super) fn p99(&self) -> Option<Duration> {
        let now = Moment::now();
        let tail = self.tail.get_or_init(|| Box::new(Tail::new(now)));
        tail.p99(now, || self.observed())
    }

    fn observed(&self) -> Option<Observed> {
        let mut histograms = self.outcomes.iter().filter_map(|slot| slot.series.duration.cells());
        let first = histograms.next()?;
        let mut observed = Observed {
            buckets: Arc::clone(first.buckets()),
            counts: first.classic_counts(),
        };
        for histogram in histograms {
            for (sum, count) in observed.counts.iter_mut().zip(histogram.classic_counts()) {
                *sum += count;
            }
        }
        Some(observed)
    }

    fn record_error(&self, store: &Store, error_type: &str, ids: Option<Ids>) {
        match self.errors.find(|slot| *slot.error_type == *error_type) {
            Some(slot) => slot.series.count.increment(ids),
            None => self.new_error(store, error_type).count.increment(ids),
        }
    }

    #[inline]
    fn record_units(&self, store: &Store, metric: RedMetric, units: u64, ids: Option<Ids>) {
        let Some(slot) = self.units(metric).filter(|_| store.has(metric)) else {
            return;
        };
        match slot.get() {
            Some(Some(UnitsHandle::Own(cells))) => cells.record_units(units, ids),
            _ => self.record_units_slowly(store, metric, units, ids),
        }
    }

    /// The same where the histogram is not made, is one of the facade, or has no room.
    #[cold]
    fn record_units_slowly(&self, store: &Store, metric: RedMetric, units: u64, ids: Option<Ids>) {
        let Some(slot) = self.units(metric) else { return };
        match slot.get_or_init(|| store.new_units(metric, self)) {
            Some(handle) => handle.record(units, ids),
            // The overflow route always has a histogram, so this ends there.
            None if !self.is_overflow => store.overflow().record_units(store, metric, units, ids),
            None => {}
        }
    }

    /// The histogram of a metric that a route has only one of.
    #[inline]
    pub(super) fn units(&self, metric: RedMetric) -> Option<&OnceLock<Option<UnitsHandle>>> {
        match metric {
            RedMetric::RequestSize => Some(&self.request_size),
            RedMetric::ResponseSize => Some(&self.response_size),
            RedMetric::StreamDuration => Some(&self.stream_duration),
            RedMetric::Requests
            | RedMetric::Duration
            | RedMetric::Errors
            | RedMetric::InFlight
            | RedMetric::InFlightMax => None,
        }
    }

    #[cold]
    fn new_outcome(&self, store: &Store, measured: &Measured<'_>) -> Arc<OutcomeSeries> {
        let series = store.outcome_series(self, measured);
        let error_type = measured.error_type.filter(|_| store.layout().duration_has_error_type());
        self.outcomes.push(OutcomeSlot {
            status: measured.status,
            outcome: measured.outcome,
            error_type: error_type.map(Box::from),
            series: Arc::clone(&series),
        });
        series
    }

    #[cold]
    fn new_error(&self, store: &Store, error_type: &str) -> Arc<ErrorSeries> {
        let (series, overflowed) = store.error_series(self, error_type);
        // What overflows is not remembered: there may be no end of it.
        if !overflowed {
            self.errors.push(ErrorSlot {
                error_type: error_type.into(),
                series: Arc::clone(&series),
            });
        }
        series
    }
}

impl Labelled for Route {
    fn labels(&self) -> &Labels {
        &self.labels
    }
}

// === impl Pair ===

impl Pair {
    /// A pair that counts under `provisional` for now.
    pub(super) fn provisional(method: &'static str, provisional: Arc<Route>) -> Self {
        Self {
            method,
            provisional,
            confirmed: OnceLock::new(),
        }
    }

    /// A pair that counts under `route` for good.
    pub(super) fn settled(method: &'static str, route: Arc<Route>) -> Self {
        Self {
            method,
            provisional: Arc::clone(&route),
            confirmed: OnceLock::from(route),
        }
    }

    /// The route that a request arrives under, and whether it is the confirmed one.
    #[inline]
    pub(super) fn arrival(&self) -> (&Arc<Route>, bool) {
        match self.confirmed.get() {
            Some(route) => (route, true),
            None => (&self.provisional, false),
        }
    }

    /// The route of an arrival that was, or was not, under the confirmed one.
    #[inline]
    pub(super) fn arrived_under(&self, confirmed: bool) -> &Arc<Route> {
        if confirmed { self.arrival().0 } else { &self.provisional }
    }

    /// The route to record an answer under; the first one that fits confirms the pair.
    #[inline]
    pub(super) fn answered(&self, store: &Store, status: u16) -> &Arc<Route> {
        if let Some(route) = self.confirmed.get() {
            return route;
        }
        if self.method == value::OTHER || matches!(status, 405 | 501) {
            return self.provisional_route(store);
        }
        let confirmed = store.confirm(&self.provisional, self.method);
        self.confirmed.get_or_init(|| confirmed)
    }

    fn provisional_route(&self, store: &Store) -> &Arc<Route> {
        if self.provisional.is_admitted(store) {
            return &self.provisional;
        }
        // Settled: from now on all of this pair overflows.
        self.confirmed.get_or_init(|| Arc::clone(store.overflow()))
    }
}
