//! Reading a registry: pages, snapshots and pushes, and the hooks that run before them.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering::Relaxed},
    time::Instant,
};

use super::{
    Format, Registry,
    catalog::Entry,
    filter::Filter,
    idle,
    red::Store,
    registry::Collector,
    render::{self, Extras},
    settings::Settings,
    snapshot::FamilySnapshot,
};
use crate::guard::Guarded;

// === impl Registry ===

impl Registry {
    /// Renders the metrics page.
    ///
    /// Threads that record are not stopped meanwhile. Metrics are sorted by name, series by labels. The hooks of
    /// [`before_render`](Self::before_render) run first, on this thread. The time taken is on the next page, in
    /// `obs_scrape_duration_seconds`. A page is consistent in itself: the `_count` of a histogram is the sum of its
    /// buckets.
    ///
    /// [`MetricsPage`](crate::adapter::MetricsPage) is the same with content negotiation, compression and limits, as
    /// the adapters serve it.
    #[must_use]
    pub fn render(&self, format: Format) -> Vec<u8> {
        // Never `None` without a deadline.
        self.write_page(format, &Filter::default(), None).unwrap_or_default()
    }

    /// Renders the metrics that match `filter`; `None` if that takes longer than until `deadline`.
    pub(crate) fn render_part(&self, format: Format, filter: &Filter, deadline: Instant) -> Option<Vec<u8>> {
        self.write_page(format, filter, Some(deadline))
    }

    fn write_page(&self, format: Format, filter: &Filter, deadline: Option<Instant>) -> Option<Vec<u8>> {
        let start = Instant::now();
        let entries = self.entries();
        let Settings {
            created_timestamps: created,
            native_histograms: native,
            ..
        } = *self.settings();
        let length = if filter.is_all() {
            self.inner.page_length.load(Relaxed)
        } else {
            0
        };
        let mut page = Vec::with_capacity(length);
        let mut is_late = false;
        let in_time = |_: &&Entry| {
            is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
            !is_late
        };
        let taken = entries
            .iter()
            .filter(|entry| filter.takes(entry.meta.names()))
            .take_while(in_time);
        render::render(taken, format, Extras { created, native }, &mut page);
        if filter.is_all() {
            // An eighth more, for values with more digits and new series.
            self.inner.page_length.store(page.len() + page.len() / 8, Relaxed);
        }
        let elapsed = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.inner.scrapes.cells.record_units(elapsed, None);
        (!is_late).then_some(page)
    }

    /// A snapshot of all metrics as plain data, in the order of the page.
    ///
    /// For readers in the process, such as alert rules. The hooks of [`before_render`](Self::before_render) run first.
    ///
    /// ```
    /// use obs_core::metrics::{Registry, ValueSnapshot};
    ///
    /// let registry = Registry::new();
    /// metrics::with_local_recorder(&registry, || metrics::gauge!("queue_length", "queue" => "mail").set(3.0));
    /// let families = registry.snapshot();
    /// let queues = families.iter().find(|family| family.name == "queue_length").unwrap();
    /// assert_eq!(queues.series[0].labels, [("queue".to_owned(), "mail".to_owned())]);
    /// assert_eq!(queues.series[0].value, ValueSnapshot::Gauge(3.0));
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Vec<FamilySnapshot> {
        render::snapshot(&self.entries())
    }

    /// The metrics of a push: those of the page, and the stores of RED metrics under the names of the OpenTelemetry
    /// conventions.
    pub(super) fn pushed(&self) -> (Arc<Vec<Entry>>, Vec<Arc<Store>>) {
        let entries = self.entries();
        let stores = self.inner.red.lock().unwrap_or_else(PoisonError::into_inner);
        let pushed = stores
            .iter()
            .filter(|store| store.key().is_of_opentelemetry())
            .map(Arc::clone);
        (entries, pushed.collect())
    }

    /// Calls `hook` before each page, snapshot and push, for values that are read rather than counted, such as the size
    /// of a pool.
    ///
    /// The hook records into this registry; it delays the page, so it should not block. If it panics, the page is
    /// rendered without its changes; if it renders a page itself, it isn't called for that one.
    ///
    /// ```
    /// use obs_core::metrics::{Format, Registry};
    ///
    /// let registry = Registry::new();
    /// let recorder = registry.clone();
    /// registry.before_render(move || {
    ///     metrics::with_local_recorder(&recorder, || metrics::gauge!("pool_connections").set(7.0));
    /// });
    /// assert!(String::from_utf8(registry.render(Format::Text))?.contains("pool_connections 7\n"));
    /// # Ok::<(), std::string::FromUtf8Error>(())
    /// ```
    pub fn before_render(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.inner
            .hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::new(Guarded::new("a hook of before_render", hook)));
    }

    /// Removes idle series as if `now` had passed since the creation of the registry.
    #[cfg(test)]
    pub(super) fn sweep_idle_at(&self, timeout: std::time::Duration, now: std::time::Duration) {
        idle::sweep(&self.catalog().page(), &self.inner.tables, timeout, now);
    }

    /// All metrics, after collector and hooks have updated them and idle series are removed.
    fn entries(&self) -> Arc<Vec<Entry>> {
        if let Some(collector) = self.inner.collector.get() {
            collector.collect(self);
        }
        let hooks = self.inner.hooks.read().unwrap_or_else(PoisonError::into_inner).clone();
        for hook in hooks {
            let _ = hook.call(|hook| hook());
        }
        let entries = self.catalog().page();
        if let Some(timeout) = self.settings().idle_timeout {
            idle::sweep(&entries, &self.inner.tables, timeout, self.inner.started.elapsed());
        }
        entries
    }

    /// The collector of this registry, if one was set.
    #[cfg(feature = "tokio-metrics")]
    pub(crate) fn collector(&self) -> Option<&dyn Collector> {
        self.inner.collector.get().map(|collector| &**collector)
    }

    /// Sets the collector, unless one was set before.
    pub(crate) fn set_collector(&self, make: impl FnOnce() -> Arc<dyn Collector>) {
        self.inner.collector.get_or_init(make);
    }
}
