//! The one or two stores that a layer feeds.

use std::{sync::Arc, time::Duration};

use super::{
    DimensionValues, Measured, RedOptions, Store, Target,
    cache::Entry,
    handle::nanoseconds,
    in_flight::InFlightGuard,
    layout::Side,
    options::{page_store, pushed_store},
};

/// Where a layer records: the store of its page and, if metrics are pushed under names that the page
/// does not have, one for those.
#[derive(Clone, Debug)]
pub(super) struct Stores {
    page: Arc<Store>,
    pushed: Option<Arc<Store>>,
}

/// A request in flight in each store; dropping it lowers the very gauges that it raised.
#[derive(Debug)]
pub(super) struct InFlightGuards {
    page: InFlightGuard,
    pushed: Option<InFlightGuard>,
}

/// The dimensions of a request besides its method.
#[derive(Clone, Copy, Debug)]
pub(super) struct RouteLabels<'a> {
    /// The endpoint of a server, or the host of a client.
    pub(super) page: &'a str,
    /// The same in the conventions of OpenTelemetry, which have a label for the port.
    pub(super) pushed: &'a str,
    /// The target of a client, else empty.
    pub(super) target: &'a str,
}

/// Records the lifetime of what has outlived its request.
#[derive(Debug)]
pub(super) struct Lifetimes {
    page: (Arc<Store>, Arc<Entry>),
    pushed: Option<(Arc<Store>, Arc<Entry>)>,
    status: u16,
}

// === impl Stores ===

impl Stores {
    pub(super) fn new(target: &Target, side: Side, options: &RedOptions) -> Self {
        Self {
            page: page_store(target, side, options),
            pushed: pushed_store(target, side, options),
        }
    }

    /// Whether there is a store beside that of the page.
    pub(super) fn has_pushed(&self) -> bool {
        self.pushed.is_some()
    }
}

// === impl InFlightGuards ===

impl InFlightGuards {
    #[inline]
    pub(super) fn start(
        stores: &Stores,
        method: &'static str,
        labels: RouteLabels<'_>,
        values: &DimensionValues<'_>,
    ) -> Self {
        let RouteLabels { page, pushed, target } = labels;
        Self {
            page: InFlightGuard::start(&stores.page, method, page, target, values),
            pushed: stores
                .pushed
                .as_ref()
                .map(|store| start_pushed(store, method, (pushed, target), values)),
        }
    }

    /// Records go under another endpoint from now on; the gauges stay where they were raised.
    pub(super) fn rename(&mut self, stores: &Stores, endpoint: &str) {
        self.page.rename(&stores.page, endpoint);
        if let (Some(guard), Some(store)) = (&mut self.pushed, &stores.pushed) {
            guard.rename(store, endpoint);
        }
    }

    /// Records go under another target from now on; the gauges stay where they were raised.
    pub(super) fn retarget(&mut self, stores: &Stores, target: &str) {
        self.page.retarget(&stores.page, target);
        if let (Some(guard), Some(store)) = (&mut self.pushed, &stores.pushed) {
            guard.retarget(store, target);
        }
    }

    /// Records go under these further labels from now on, as far as they differ.
    pub(super) fn describe(&mut self, stores: &Stores, values: &DimensionValues<'_>) {
        self.page.describe(&stores.page, values);
        if let (Some(guard), Some(store)) = (&mut self.pushed, &stores.pushed) {
            guard.describe(store, values);
        }
    }

    /// What the page calls the request.
    pub(super) fn entry(&self) -> &Entry {
        self.page.entry()
    }

    /// The 99th percentile of the durations on the page.
    pub(super) fn p99(&self) -> Option<Duration> {
        self.page.p99()
    }

    /// Lowers the gauges, once.
    pub(super) fn release(&mut self) {
        self.page.release();
        if let Some(guard) = &mut self.pushed {
            guard.release();
        }
    }

    #[inline]
    pub(super) fn record(&self, stores: &Stores, measured: &Measured<'_>) {
        self.page.record(&stores.page, measured);
        if let (Some(guard), Some(store)) = (&self.pushed, &stores.pushed) {
            guard.record(store, &measured.over_http());
        }
    }

    pub(super) fn record_stream(&self, stores: &Stores, lifetime: Duration, ended: &Measured<'_>) {
        self.page.record_stream(&stores.page, lifetime, ended);
        if let (Some(guard), Some(store)) = (&self.pushed, &stores.pushed) {
            guard.record_stream(store, lifetime, &ended.over_http());
        }
    }

    pub(super) fn lifetimes(&self, stores: &Stores, status: u16) -> Lifetimes {
        let pushed = stores
            .pushed
            .as_ref()
            .map(Arc::clone)
            .zip(self.pushed.as_ref().map(InFlightGuard::entry_shared));
        Lifetimes {
            page: (Arc::clone(&stores.page), self.page.entry_shared()),
            pushed,
            status,
        }
    }
}

/// Apart, so that the guard of the page, which all layers have, is made in place.
#[inline(never)]
fn start_pushed(
    store: &Store,
    method: &'static str,
    (pushed, target): (&str, &str),
    values: &DimensionValues<'_>,
) -> InFlightGuard {
    InFlightGuard::start(store, method, pushed, target, values)
}

// === impl Lifetimes ===

impl Lifetimes {
    pub(super) fn record(&self, lifetime: Duration) {
        for (store, entry) in [&self.page].into_iter().chain(&self.pushed) {
            entry
                .pair
                .answered(store, self.status)
                .record_lifetime(store, nanoseconds(lifetime));
        }
    }
}
