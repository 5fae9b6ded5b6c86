//! Which method and endpoint (or host) belong to which route.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    RedMetric, Store,
    dimensions::Code,
    instruments::Instrument,
    layout::Side,
    route::{Pair, Route},
};
use crate::{
    metrics::{
        family::Labelled as _,
        labels::{Labels, Pair as Label},
    },
    names::value,
};

/// The values of the method label: the known methods and `_OTHER`.
const METHODS: usize = 11;

/// What makes a pair.
#[derive(Clone, Copy, Debug)]
pub(super) struct PairKey<'a> {
    pub(super) method: &'static str,
    /// The endpoint of a server, or the host of a client.
    pub(super) endpoint_or_host: &'a str,
    /// The target of a client, else empty.
    pub(super) target: &'a str,
    /// The values of all dimensions.
    pub(super) code: Code,
}

/// The pairs of a store.
#[derive(Debug)]
pub(super) struct Pairs {
    /// By what makes them, as one text.
    known: RwLock<HashMap<String, Arc<Pair>>>,
    most: usize,
    hosts: RwLock<HashSet<Box<str>>>,
    most_hosts: usize,
}

// === impl PairKey ===

impl PairKey<'_> {
    fn text(&self) -> String {
        let Self {
            method,
            endpoint_or_host,
            target,
            code,
        } = self;
        // No template holds a NUL, and if one did, two routes would share their series.
        format!("{method}\0{endpoint_or_host}\0{target}\0{code}")
    }
}

// === impl Pairs ===

impl Pairs {
    pub(super) fn new(cap: usize, most_hosts: usize) -> Self {
        Self {
            known: RwLock::default(),
            most: cap.saturating_mul(METHODS),
            hosts: RwLock::default(),
            most_hosts,
        }
    }

    /// The host for the label: there may be so many different ones.
    fn host<'a>(&self, host: &'a str) -> &'a str {
        if self.hosts.read().unwrap_or_else(PoisonError::into_inner).contains(host) {
            return host;
        }
        let mut hosts = self.hosts.write().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= self.most_hosts && !hosts.contains(host) {
            return value::OTHER;
        }
        hosts.insert(host.into());
        host
    }
}

// === impl Store ===

impl Store {
    pub(super) fn pair(&self, mut key: PairKey<'_>) -> Arc<Pair> {
        if self.layout().side == Side::Client {
            key.endpoint_or_host = self.pairs.host(key.endpoint_or_host);
        }
        let text = key.text();
        if let Some(pair) = self
            .pairs
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&text)
        {
            return Arc::clone(pair);
        }
        self.new_pair(text, key)
    }

    fn new_pair(&self, text: String, key: PairKey<'_>) -> Arc<Pair> {
        let mut pairs = self.pairs.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(pair) = pairs.get(&text) {
            return Arc::clone(pair);
        }
        if pairs.len() >= self.pairs.most {
            drop(pairs);
            if let Some(Instrument { cap, .. }) = self.instruments().get(RedMetric::InFlight) {
                self.refuse(cap);
            }
            return Arc::new(Pair::settled(key.method, Arc::clone(self.overflow())));
        }
        let pair = Arc::new(self.make_pair(key));
        pairs.insert(text, Arc::clone(&pair));
        pair
    }

    fn make_pair(&self, key: PairKey<'_>) -> Pair {
        if self.layout().distrusts_methods() {
            let labels = self.route_labels(PairKey {
                method: value::OTHER,
                ..key
            });
            return Pair::provisional(key.method, self.route(labels, false));
        }
        Pair::settled(key.method, self.admitted(self.route(self.route_labels(key), false)))
    }

    /// The route of a pair that turned out to exist: that of its provisional route with the method.
    pub(super) fn confirm(&self, provisional: &Route, method: &'static str) -> Arc<Route> {
        let mut pairs = provisional.labels().pairs().to_vec();
        if let Some((_, value)) = pairs.first_mut() {
            *value = Cow::Borrowed(method);
        }
        self.admitted(self.route(Labels::new(pairs), false))
    }

    fn admitted(&self, route: Arc<Route>) -> Arc<Route> {
        if route.is_admitted(self) {
            route
        } else {
            Arc::clone(self.overflow())
        }
    }

    fn route_labels(&self, key: PairKey<'_>) -> Labels {
        let layout = self.layout();
        let keys = layout.route_keys().iter().map(|key| Cow::Borrowed(*key));
        let values = layout.route_values(key.method, key.endpoint_or_host, key.target);
        Labels::new(
            keys.zip(values)
                .chain(self.dimensions.labels(key.code))
                .collect::<Vec<Label>>(),
        )
    }
}
