//! One request on its way through the RED metrics.

use std::{sync::Arc, time::Duration};

use super::{
    DimensionValues, Store,
    cache::{self, Entry},
    handle::nanoseconds,
    measured::Measured,
    pairs::PairKey,
    route::Route,
};

/// A request in flight; dropping it lowers the very gauge that it raised.
#[derive(Debug)]
pub(super) struct InFlightGuard {
    arrived: Arc<Entry>,
    /// Whether it arrived under the confirmed route of its pair.
    confirmed: bool,
    released: bool,
    renamed: Option<Arc<Entry>>,
}

// === impl InFlightGuard ===

impl InFlightGuard {
    #[inline]
    pub(super) fn start(
        store: &Store,
        method: &'static str,
        endpoint_or_host: &str,
        target: &str,
        values: &DimensionValues<'_>,
    ) -> Self {
        let key = PairKey {
            method,
            endpoint_or_host,
            target,
            code: store.dimensions.code(values),
        };
        let arrived = cache::find(store, key);
        let (route, confirmed) = arrived.pair.arrival();
        route.in_flight().increment();
        Self {
            arrived,
            confirmed,
            released: false,
            renamed: None,
        }
    }

    pub(super) fn rename(&mut self, store: &Store, endpoint_or_host: &str) {
        if *self.entry().endpoint_or_host == *endpoint_or_host {
            return;
        }
        let key = PairKey {
            method: self.arrived.pair.method,
            endpoint_or_host,
            target: "",
            code: self.arrived.code,
        };
        self.renamed = Some(cache::find(store, key));
    }

    pub(super) fn retarget(&mut self, store: &Store, target: &str) {
        let entry = self.entry();
        if *entry.target != *target {
            let key = PairKey {
                method: entry.pair.method,
                endpoint_or_host: &entry.endpoint_or_host,
                target,
                code: entry.code,
            };
            self.renamed = Some(cache::find(store, key));
        }
    }

    /// Records go under these further labels from now on, as far as they differ; the gauge stays where
    /// it was raised.
    pub(super) fn describe(&mut self, store: &Store, values: &DimensionValues<'_>) {
        let code = store.dimensions.code(values);
        let entry = self.entry();
        if entry.code != code {
            let key = PairKey {
                method: entry.pair.method,
                endpoint_or_host: &entry.endpoint_or_host,
                target: &entry.target,
                code,
            };
            self.renamed = Some(cache::find(store, key));
        }
    }

    /// Lowers the gauge, once.
    pub(super) fn release(&mut self) {
        if !std::mem::replace(&mut self.released, true) {
            self.arrived.pair.arrived_under(self.confirmed).in_flight().decrement();
        }
    }

    pub(super) fn entry_shared(&self) -> Arc<Entry> {
        Arc::clone(self.renamed.as_ref().unwrap_or(&self.arrived))
    }

    pub(super) fn entry(&self) -> &Entry {
        self.renamed.as_deref().unwrap_or(&self.arrived)
    }

    /// The 99th percentile of the durations of its route, as it is known on arrival.
    pub(super) fn p99(&self) -> Option<Duration> {
        self.entry().pair.arrival().0.p99()
    }

    #[inline]
    pub(super) fn record(&self, store: &Store, measured: &Measured<'_>) {
        self.answered(store, measured).record(store, measured);
    }

    pub(super) fn record_stream(&self, store: &Store, lifetime: Duration, ended: &Measured<'_>) {
        self.answered(store, ended)
            .record_stream(store, nanoseconds(lifetime), ended);
    }

    #[inline]
    fn answered(&self, store: &Store, measured: &Measured<'_>) -> &Arc<Route> {
        self.entry().pair.answered(store, measured.status)
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.release();
    }
}
