//! All series of one set of RED metrics.

use std::{
    borrow::Cow,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use obs_base::sorting::sort_by;
use obs_conventions::Outcome;

use super::{
    Convention,
    dimensions::Dimensions,
    handle::{Backend, CountHandle, UnitsHandle},
    in_flight_series::InFlightSeries,
    instruments::{Instrument, Instruments, Purpose},
    layout::{Layout, RedMetric, Side},
    measured::{Measured, status_label},
    pairs::Pairs,
    route::Route,
    series::{ErrorSeries, OutcomeSeries},
};
use crate::{
    metrics::{
        buckets::{Buckets, SIZE_BUCKETS},
        cap::{Cap, Reporter},
        family::{Labelled as _, SortedSeries, now_ms},
        labels::{Labels, LabelsRef, Pair as Label},
        meta::Meta,
        settings::Settings,
    },
    names::{label, value},
};

/// Which store of a registry: layers that would write the same series share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::metrics) struct StoreKey {
    pub(super) layout: Layout,
    namespace: String,
    labels: Vec<(String, Vec<String>)>,
    purpose: Purpose,
}

/// The series of one set of RED metrics, whatever layers feed it.
#[derive(Debug)]
pub(in crate::metrics) struct Store {
    /// Distinguishes this store from every other one of the process, also from dropped ones.
    id: u64,
    key: StoreKey,
    backend: Backend,
    reporter: Reporter,
    instruments: Instruments,
    /// Those of the layer.
    duration_buckets: Arc<Buckets>,
    size_buckets: Arc<Buckets>,
    /// Those that are set for single metrics, which take precedence.
    own_buckets: [Option<Arc<Buckets>>; RedMetric::ALL.len()],
    pub(super) dimensions: Dimensions,
    pub(super) pairs: Pairs,
    routes: SortedSeries<Route>,
    pub(super) levels: SortedSeries<InFlightSeries>,
    pub(super) outcomes: SortedSeries<OutcomeSeries>,
    pub(super) errors: SortedSeries<ErrorSeries>,
    /// Takes what the caps refuse.
    overflow: OnceLock<Arc<Route>>,
}

/// The buckets that are set for single metrics.
fn own_buckets(instruments: &Instruments, settings: &Settings) -> [Option<Arc<Buckets>>; RedMetric::ALL.len()] {
    RedMetric::ALL.map(|metric| {
        let bounds = settings.own_buckets_of(&instruments.get(metric)?.meta)?;
        Some(Arc::new(match metric {
            RedMetric::Duration | RedMetric::StreamDuration => Buckets::seconds(bounds),
            _ => Buckets::whole(bounds),
        }))
    })
}

// === impl StoreKey ===

impl StoreKey {
    pub(super) fn new(layout: Layout, namespace: &str, labels: &[(String, Vec<String>)]) -> Self {
        // The conventions of OpenTelemetry know no namespace: layers that differ in it share their series.
        let namespace = match layout.convention {
            Convention::Prometheus => namespace.to_owned(),
            Convention::OpenTelemetry => String::new(),
        };
        Self {
            layout,
            namespace,
            labels: labels.to_vec(),
            purpose: Purpose::Page,
        }
    }

    /// Of what is pushed and not on the page.
    pub(super) fn pushed(side: Side, labels: &[(String, Vec<String>)], opt_in: bool) -> Self {
        Self {
            layout: Layout {
                side,
                convention: Convention::OpenTelemetry,
            },
            namespace: String::new(),
            labels: labels.to_vec(),
            purpose: Purpose::Push { opt_in },
        }
    }

    pub(in crate::metrics) fn is_on_page(&self) -> bool {
        self.purpose == Purpose::Page
    }

    /// Whether this can be pushed.
    pub(in crate::metrics) fn is_of_opentelemetry(&self) -> bool {
        self.layout.convention == Convention::OpenTelemetry
    }
}

// === impl Store ===

impl Store {
    pub(super) fn new(
        key: StoreKey,
        backend: Backend,
        reporter: Reporter,
        settings: &Settings,
        (duration_buckets, max_hosts): (&[f64], usize),
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        let instruments = Instruments::new(key.layout, key.purpose, &key.namespace, settings);
        let own_buckets = own_buckets(&instruments, settings);
        let cap = instruments.get(RedMetric::InFlight).map_or(0, |of| of.cap.limit());
        Self {
            id: NEXT_ID.fetch_add(1, Relaxed),
            dimensions: Dimensions::new(key.layout, &key.labels),
            pairs: Pairs::new(cap, max_hosts),
            instruments,
            key,
            backend,
            reporter,
            duration_buckets: Arc::new(Buckets::seconds(duration_buckets)),
            size_buckets: Arc::new(Buckets::whole(&SIZE_BUCKETS)),
            own_buckets,
            routes: SortedSeries::default(),
            levels: SortedSeries::default(),
            outcomes: SortedSeries::default(),
            errors: SortedSeries::default(),
            overflow: OnceLock::new(),
        }
    }

    #[inline]
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(in crate::metrics) fn key(&self) -> &StoreKey {
        &self.key
    }

    /// Whether a layer of the other store could make the same series as one of this.
    pub(in crate::metrics) fn has_label_keys_of(&self, other: &Self) -> bool {
        let mut own: Vec<_> = self.dimensions.keys().collect();
        let mut others: Vec<_> = other.dimensions.keys().collect();
        sort_by(&mut own, Ord::cmp);
        sort_by(&mut others, Ord::cmp);
        own == others
    }

    pub(super) fn layout(&self) -> Layout {
        self.key.layout
    }

    pub(in crate::metrics) fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    pub(super) fn duration_buckets(&self) -> &[f64] {
        self.duration_buckets.bounds()
    }

    pub(super) fn routes(&self) -> Arc<Vec<Arc<Route>>> {
        self.routes.list()
    }

    /// The route that takes what the caps refuse.
    pub(super) fn overflow(&self) -> &Arc<Route> {
        self.overflow.get_or_init(|| {
            let keys = self.layout().route_keys().iter().map(|key| Cow::Borrowed(*key));
            let pairs = keys
                .chain(self.dimensions.keys())
                .map(|key| (key, Cow::Borrowed(value::OVERFLOW)));
            self.route(Labels::new(pairs.collect::<Vec<Label>>()), true)
        })
    }

    /// Whether one more series fits; counts and warns if not.
    pub(super) fn admit(&self, metric: RedMetric) -> bool {
        let Some(Instrument { cap, .. }) = self.instruments.get(metric) else {
            return true;
        };
        let admitted = cap.admit();
        if !admitted {
            self.refuse(cap);
        }
        admitted
    }

    /// Counts a series that did not fit, and warns about the first one.
    pub(super) fn refuse(&self, cap: &Cap) {
        cap.refuse(&self.reporter);
    }

    /// The route with these labels.
    pub(super) fn route(&self, labels: Labels, is_overflow: bool) -> Arc<Route> {
        let level = self.in_flight(&labels);
        let make = |labels, level| Route::new(labels, level, now_ms(), is_overflow);
        let found = self
            .routes
            .find_or_insert(labels.clone(), |labels| Some(make(labels, Arc::clone(&level))));
        found.unwrap_or_else(|| Arc::new(make(labels, level)))
    }

    /// The gauge of a route; where it has fewer labels, routes share one.
    fn in_flight(&self, route: &Labels) -> Arc<InFlightSeries> {
        let layout = self.layout();
        let is_own = |key: &str| self.key.labels.iter().any(|(own, _)| own == key);
        let pairs = route
            .pairs()
            .iter()
            .filter(|(key, _)| is_own(key) || layout.gauge_has(key));
        let labels = Labels::new(pairs.cloned().collect::<Vec<Label>>());
        let make = |labels: Labels| {
            let handle = self.backend.in_flight(self.meta(RedMetric::InFlight), labels.as_ref());
            InFlightSeries::new(labels, handle, now_ms())
        };
        let found = self.levels.find_or_insert(labels.clone(), |labels| Some(make(labels)));
        found.unwrap_or_else(|| Arc::new(make(labels)))
    }

    pub(super) fn outcome_series(&self, route: &Route, measured: &Measured<'_>) -> Arc<OutcomeSeries> {
        let labels = self.outcome_labels(route, measured);
        let overflow = labels.with_all_values(value::OVERFLOW);
        // Each of these has at most one new series of either metric.
        let admit = || self.admit(RedMetric::Requests) && self.admit(RedMetric::Duration);
        let made = (!route.is_overflow())
            .then(|| self.insert_outcome(labels, admit))
            .flatten();
        made.or_else(|| self.insert_outcome(overflow.clone(), || true))
            .unwrap_or_else(|| Arc::new(self.new_outcome(overflow)))
    }

    /// The labels of the route, then those of its durations, then the outcome.
    fn outcome_labels(&self, route: &Route, measured: &Measured<'_>) -> Labels {
        let layout = self.layout();
        let mut pairs = route.labels().pairs().to_vec();
        let status = self.status_value(measured);
        pairs.push((
            layout.status_key().into(),
            status.map_or(Cow::Borrowed(""), status_label),
        ));
        if layout.duration_has_error_type() {
            pairs.push((
                label::ERROR_TYPE.into(),
                measured.error_type.unwrap_or_default().to_owned().into(),
            ));
        }
        pairs.push((label::OUTCOME.into(), measured.outcome.as_str().into()));
        Labels::new(pairs)
    }

    /// The status code for the label: clients may have none, and the OpenTelemetry conventions know
    /// none that was not sent.
    fn status_value(&self, measured: &Measured<'_>) -> Option<u16> {
        let stands_in = match measured.outcome {
            Outcome::Cancelled => true,
            Outcome::Panic => measured.status == 500,
            _ => false,
        };
        let hidden = measured.status == 0 || (stands_in && self.layout().duration_has_error_type());
        (!hidden).then_some(measured.status)
    }

    fn insert_outcome(&self, labels: Labels, admit: impl FnOnce() -> bool) -> Option<Arc<OutcomeSeries>> {
        self.outcomes
            .find_or_insert(labels, |labels| admit().then(|| self.new_outcome(labels)))
    }

    fn new_outcome(&self, labels: Labels) -> OutcomeSeries {
        let meta = self.meta(RedMetric::Duration);
        let duration = self
            .backend
            .units(meta, labels.without_last(), self.buckets(RedMetric::Duration));
        let total = match (&self.backend, self.instruments.get(RedMetric::Requests)) {
            (facade @ Backend::Facade(_), Some(of)) => Some(facade.count(&of.meta, labels.as_ref())),
            _ => None,
        };
        OutcomeSeries::new(labels, duration, total, now_ms())
    }

    /// The series of an error, and whether it is the one that takes what the cap refuses.
    pub(super) fn error_series(&self, route: &Route, error_type: &str) -> (Arc<ErrorSeries>, bool) {
        let mut pairs = route.labels().pairs().to_vec();
        pairs.push((label::ERROR_TYPE.into(), Cow::Owned(error_type.to_owned())));
        let labels = Labels::new(pairs);
        let overflow = labels.with_all_values(value::OVERFLOW);
        let admit = || self.admit(RedMetric::Errors);
        let made = (!route.is_overflow())
            .then(|| self.insert_error(labels, admit))
            .flatten();
        if let Some(series) = made {
            return (series, false);
        }
        let series = self.insert_error(overflow.clone(), || true);
        (series.unwrap_or_else(|| Arc::new(self.new_error(overflow))), true)
    }

    fn insert_error(&self, labels: Labels, admit: impl FnOnce() -> bool) -> Option<Arc<ErrorSeries>> {
        self.errors
            .find_or_insert(labels, |labels| admit().then(|| self.new_error(labels)))
    }

    fn new_error(&self, labels: Labels) -> ErrorSeries {
        let count: CountHandle = self.backend.count(self.meta(RedMetric::Errors), labels.as_ref());
        ErrorSeries::new(labels, count, now_ms())
    }

    /// The histogram of a route, unless the cap refuses it.
    pub(super) fn new_units(&self, metric: RedMetric, route: &Route) -> Option<UnitsHandle> {
        let admitted = route.is_overflow() || self.admit(metric);
        admitted.then(|| {
            let labels = route.labels();
            self.backend
                .units(self.meta(metric), labels.as_ref(), self.buckets(metric))
        })
    }

    /// The histogram of the sizes of one outcome. There are no more of them than of durations, which the
    /// cap has let in.
    pub(super) fn new_size(&self, metric: RedMetric, labels: LabelsRef<'_>) -> UnitsHandle {
        self.backend.units(self.meta(metric), labels, self.buckets(metric))
    }

    /// The buckets of a histogram.
    fn buckets(&self, metric: RedMetric) -> &Arc<Buckets> {
        let usual = match metric {
            RedMetric::Duration | RedMetric::StreamDuration => &self.duration_buckets,
            _ => &self.size_buckets,
        };
        self.own_buckets[metric as usize].as_ref().unwrap_or(usual)
    }

    /// The metric's names. One that the layout does not have is recorded nowhere, see
    /// [`has`](Self::has); duration and gauge are in each.
    fn meta(&self, metric: RedMetric) -> &Meta {
        static NONE: OnceLock<Meta> = OnceLock::new();
        let none = || NONE.get_or_init(|| Meta::new(crate::names::MetricType::Gauge, "_", "", ""));
        self.instruments.get(metric).map_or_else(none, |of| &of.meta)
    }

    /// Whether the layout has such a metric.
    #[inline]
    pub(super) fn has(&self, metric: RedMetric) -> bool {
        self.instruments.get(metric).is_some()
    }
}
