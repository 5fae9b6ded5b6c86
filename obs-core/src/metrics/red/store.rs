//! All series of one set of RED metrics.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    RedMetric,
    handle::{Backend, UnitsHandle},
    instruments::{Instruments, Side},
    route::{Pair, Route},
    series::{ErrorSeries, OutcomeSeries},
};
use crate::{
    metrics::{
        buckets::{Buckets, SIZE_BUCKETS},
        cap::Reporter,
        catalog::Source,
        family::{Labelled as _, SortedSeries, now_ms},
        labels::{Labels, Pair as Label},
        meta::Meta,
        settings::Settings,
    },
    names::{label, value},
    request::Outcome,
};

/// Methods that can be told apart: the known ones and `_OTHER`.
const METHODS: usize = 11;

/// Which store of a registry: layers that would write the same metrics share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::metrics) struct StoreKey {
    pub(super) side: Side,
    pub(super) namespace: String,
}

/// The series of one set of RED metrics, whatever layers feed it.
#[derive(Debug)]
pub(in crate::metrics) struct Store {
    /// Distinguishes this store from every other one of the process, also from those that are gone.
    id: u64,
    key: StoreKey,
    backend: Backend,
    reporter: Reporter,
    instruments: Instruments,
    duration_buckets: Arc<Buckets>,
    size_buckets: Arc<Buckets>,
    pairs: RwLock<HashMap<String, Arc<Pair>>>,
    pub(super) routes: SortedSeries<Route>,
    pub(super) outcomes: SortedSeries<OutcomeSeries>,
    pub(super) errors: SortedSeries<ErrorSeries>,
    /// Takes what the caps refuse.
    overflow: OnceLock<Arc<Route>>,
}

// === impl Store ===

impl Store {
    pub(super) fn new(
        key: StoreKey,
        backend: Backend,
        reporter: Reporter,
        settings: &Settings,
        duration_buckets: &[f64],
    ) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT_ID.fetch_add(1, Relaxed),
            instruments: Instruments::new(key.side, &key.namespace, settings),
            key,
            backend,
            reporter,
            duration_buckets: Arc::new(Buckets::seconds(duration_buckets)),
            size_buckets: Arc::new(Buckets::whole(&SIZE_BUCKETS)),
            pairs: RwLock::default(),
            routes: SortedSeries::default(),
            outcomes: SortedSeries::default(),
            errors: SortedSeries::default(),
            overflow: OnceLock::new(),
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// The pair of a method, a place (endpoint or host) and, for clients, a target.
    pub(super) fn pair_of(&self, method: &'static str, place: &str, _target: &str) -> Arc<Pair> {
        match self.key.side {
            Side::Server => self.pair(method, &[place]),
        }
    }

    pub(in crate::metrics) fn key(&self) -> &StoreKey {
        &self.key
    }

    pub(super) fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    pub(super) fn duration_buckets(&self) -> &[f64] {
        self.duration_buckets.bounds()
    }

    /// The metrics for a page.
    pub(in crate::metrics) fn metrics(store: &Arc<Self>) -> Vec<(Meta, Source)> {
        let source = |metric| Source::Red(Arc::clone(store), metric);
        store.instruments.iter().map(|of| (of.meta.clone(), source(of.metric))).collect()
    }

    /// The pair of a method and the other values that tell routes apart.
    fn pair(&self, method: &'static str, values: &[&str]) -> Arc<Pair> {
        let mut key = method.to_owned();
        for value in values {
            // No template holds this character, and if one did, two routes would share their series.
            key.push('\0');
            key.push_str(value);
        }
        if let Some(pair) = self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(pair);
        }
        self.new_pair(key, method, values)
    }

    fn new_pair(&self, key: String, method: &'static str, values: &[&str]) -> Arc<Pair> {
        let cap = &self.instruments[RedMetric::InFlight].cap;
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = pairs.get(&key) {
            return Arc::clone(pair);
        }
        if pairs.len() >= cap.limit().saturating_mul(METHODS) {
            drop(pairs);
            cap.refuse(&self.reporter);
            return Arc::new(Pair::settled(method, Arc::clone(self.overflow())));
        }
        let provisional = self.route(self.route_labels(value::OTHER, values), false);
        let pair = Arc::new(Pair::provisional(method, provisional));
        pairs.insert(key, Arc::clone(&pair));
        pair
    }

    /// The route of a pair that turned out to exist: that of its provisional route with the method.
    pub(super) fn confirm(&self, provisional: &Route, method: &'static str) -> Arc<Route> {
        let mut pairs = provisional.labels().pairs().to_vec();
        if let Some((_, value)) = pairs.first_mut() {
            *value = Cow::Borrowed(method);
        }
        let route = self.route(Labels::new(pairs), false);
        if route.is_admitted(self) { route } else { Arc::clone(self.overflow()) }
    }

    /// The route that takes what the caps refuse.
    pub(super) fn overflow(&self) -> &Arc<Route> {
        self.overflow.get_or_init(|| {
            let labels = self.route_labels(value::OVERFLOW, &[]).with_all_values(value::OVERFLOW);
            self.route(labels, true)
        })
    }

    /// Whether one more series fits; counts and warns if not.
    pub(super) fn admit(&self, metric: RedMetric) -> bool {
        let cap = &self.instruments[metric].cap;
        let admitted = cap.admit();
        if !admitted {
            cap.refuse(&self.reporter);
        }
        admitted
    }

    fn route(&self, labels: Labels, is_overflow: bool) -> Arc<Route> {
        let meta = &self.instruments[RedMetric::InFlight].meta;
        let make = |labels: Labels| {
            let level = self.backend.level(meta, labels.as_ref());
            Some(Route::new(labels, level, now_ms(), is_overflow))
        };
        let fallback = labels.clone();
        self.routes.find_or_insert(labels, make).unwrap_or_else(|| {
            let level = self.backend.level(meta, fallback.as_ref());
            Arc::new(Route::new(fallback, level, now_ms(), is_overflow))
        })
    }

    fn route_labels(&self, method: &'static str, values: &[&str]) -> Labels {
        let given = values.iter().map(|value| Cow::Owned((*value).to_owned()));
        let values = [Cow::Borrowed(method)].into_iter().chain(given).chain(std::iter::repeat(Cow::Borrowed("")));
        let keys = self.key.side.route_labels().iter().map(|key| Cow::Borrowed(*key));
        Labels::new(keys.zip(values).collect::<Vec<Label>>())
    }

    pub(super) fn outcome_series(&self, route: &Route, status: u16, outcome: Outcome) -> Arc<OutcomeSeries> {
        let mut pairs = route.labels().pairs().to_vec();
        pairs.push((label::STATUS.into(), Cow::Owned(status.to_string())));
        pairs.push((label::OUTCOME.into(), outcome.as_str().into()));
        let labels = Labels::new(pairs);
        let overflow = labels.with_all_values(value::OVERFLOW);
        let admit = || self.admit(RedMetric::Requests);
        let made = (!route.is_overflow()).then(|| self.insert_outcome(labels, admit)).flatten();
        made.or_else(|| self.insert_outcome(overflow.clone(), || true))
            .unwrap_or_else(|| Arc::new(self.new_outcome(overflow)))
    }

    fn insert_outcome(&self, labels: Labels, admit: impl FnOnce() -> bool) -> Option<Arc<OutcomeSeries>> {
        self.outcomes.find_or_insert(labels, |labels| admit().then(|| self.new_outcome(labels)))
    }

    fn new_outcome(&self, labels: Labels) -> OutcomeSeries {
        let duration_labels = labels.without_last();
        let duration_meta = &self.instruments[RedMetric::Duration].meta;
        let duration = self.backend.units(duration_meta, duration_labels, &self.duration_buckets);
        let total = match &self.backend {
            Backend::Own => None,
            facade @ Backend::Facade(_) => {
                Some(facade.count(&self.instruments[RedMetric::Requests].meta, labels.as_ref()))
            }
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
        let made = (!route.is_overflow()).then(|| self.insert_error(labels, admit)).flatten();
        if let Some(series) = made {
            return (series, false);
        }
        let series = self.insert_error(overflow.clone(), || true);
        (series.unwrap_or_else(|| Arc::new(self.new_error(overflow))), true)
    }

    fn insert_error(&self, labels: Labels, admit: impl FnOnce() -> bool) -> Option<Arc<ErrorSeries>> {
        self.errors.find_or_insert(labels, |labels| admit().then(|| self.new_error(labels)))
    }

    fn new_error(&self, labels: Labels) -> ErrorSeries {
        let count = self.backend.count(&self.instruments[RedMetric::Errors].meta, labels.as_ref());
        ErrorSeries::new(labels, count, now_ms())
    }

    /// The histogram of a route, unless the cap refuses it.
    pub(super) fn new_units(&self, metric: RedMetric, route: &Route) -> Option<UnitsHandle> {
        let buckets = match metric {
            RedMetric::StreamDuration => &self.duration_buckets,
            _ => &self.size_buckets,
        };
        let admitted = route.is_overflow() || self.admit(metric);
        let meta = &self.instruments[metric].meta;
        admitted.then(|| self.backend.units(meta, route.labels().as_ref(), buckets))
    }
}
