//! The registry: all metrics of a service.

use std::{
    any::Any,
    borrow::Cow,
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use obs_base::InitError;

use super::{
    Format,
    buckets::{Buckets, DURATION_BUCKETS},
    cap::{Cap, DEFAULT_SERIES_CAP, Reporter},
    catalog::{Catalog, Entry, InCatalog, Source},
    cells::{CounterCells, HistogramCells},
    clash::{Clash, ClashWarnings},
    clean::{self, MAX_HELP, MAX_NAME},
    family::{Family, Series},
    filter::Filter,
    idle,
    key_table::Tables,
    labels::Labels,
    meta::Meta,
    red::{Store, StoreKey},
    render::{self, Extras},
    settings::{RegistryBuilder, Settings},
    snapshot::FamilySnapshot,
};
use crate::{
    clock::Moment,
    guard::Guarded,
    names::{MetricDef, label, metric},
};

/// All metrics of a service. Clones are cheap and share the metrics.
///
/// A registry is a [`metrics::Recorder`]: what the application records with the macros of the `metrics` crate is on the
/// same page as the RED metrics of the layers. Memory grows with the number of series, which is capped for each metric
/// (see [`RegistryBuilder`]), and not with the number of requests, whether the page is scraped or not.
///
/// A scrape doesn't stop threads that record.
///
/// ```
/// use obs_core::metrics::{Format, Registry};
///
/// let registry = Registry::new();
/// metrics::with_local_recorder(&registry, || {
///     metrics::describe_counter!("user_registrations_total", "Users who signed up.");
///     metrics::counter!("user_registrations_total", "country" => "DE").increment(1);
/// });
/// let page = String::from_utf8(registry.render(Format::Text)).unwrap();
/// assert!(page.contains("user_registrations_total{country=\"DE\"} 1\n"));
/// ```
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

/// Updates metrics whose values come from elsewhere, such as those of the process and its runtimes.
pub(crate) trait Collector: Any + Send + Sync {
    /// Updates the metrics in `registry`, before each page, snapshot and push.
    fn collect(&self, registry: &Registry);
}

type Hook = Arc<Guarded<dyn Fn() + Send + Sync>>;

struct Inner {
    /// The creation of the registry.
    started: Moment,
    settings: RwLock<Arc<Settings>>,
    tables: Tables,
    catalog: RwLock<Catalog>,
    red: Mutex<Vec<Arc<Store>>>,
    overflow: Reporter,
    clashes: Arc<Family<CounterCells>>,
    clash_warnings: ClashWarnings,
    scrapes: Arc<Series<HistogramCells>>,
    hooks: RwLock<Vec<Hook>>,
    /// Updates metrics of the process before each page.
    collector: OnceLock<Arc<dyn Collector>>,
    /// The length of the last page in bytes, so that the next one is allocated once.
    page_length: AtomicUsize,
}

// === impl RegistryBuilder ===

impl RegistryBuilder {
    /// Builds the registry.
    ///
    /// # Errors
    ///
    /// If a setting is invalid: a cap of 0, bucket bounds that are not 1 to 256 finite ascending numbers, a summary
    /// window below a second. The error names the setting.
    pub fn build(self) -> Result<Registry, InitError> {
        self.check()?;
        Ok(Registry::with(self.into_settings()))
    }
}

// === impl Registry ===

impl Default for Registry {
    fn default() -> Self {
        Self::with(Settings::default())
    }
}

impl Registry {
    /// A registry with default settings, empty but for the metrics of obs itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder for a registry with other settings than the default ones: caps, buckets, idle timeout.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    pub(super) fn with(settings: Settings) -> Self {
        let mut catalog = Catalog::default();
        let overflow = own(&mut catalog, &metric::SERIES_OVERFLOW, ());
        let clashes = own(&mut catalog, &metric::NAME_CLASHES, ());
        let buckets = Arc::new(Buckets::seconds(&DURATION_BUCKETS));
        let scrapes: Arc<Family<HistogramCells>> = own(&mut catalog, &metric::SCRAPE_DURATION, buckets);
        let scrapes = scrapes.series(Labels::default(), &Reporter::Silent).series;
        let inner = Inner {
            started: Moment::now(),
            settings: RwLock::new(Arc::new(settings)),
            tables: Tables::default(),
            catalog: RwLock::new(catalog),
            red: Mutex::default(),
            overflow: Reporter::Own(overflow),
            clashes,
            clash_warnings: ClashWarnings::default(),
            scrapes,
            hooks: RwLock::default(),
            collector: OnceLock::new(),
            page_length: AtomicUsize::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Replaces the settings, for metrics that are created from now on.
    pub(crate) fn configure(&self, settings: RegistryBuilder) {
        let settings = Arc::new(settings.into_settings());
        *self.inner.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    fn settings(&self) -> Arc<Settings> {
        let settings = self.inner.settings.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&settings)
    }

    /// Renders the metrics page.
    ///
    /// Threads that record are not stopped meanwhile. Metrics are sorted by name, series by labels. The hooks of
    /// [`before_render`](Self::before_render) run first, on this thread. The time taken is on the next page, in
    /// `obs_scrape_duration_seconds`.
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

    /// The family of the application's metric `name`, created if it is new.
    pub(super) fn family<C: InCatalog>(&self, name: &str) -> Arc<Family<C>> {
        let name = clean::cut(name, MAX_NAME);
        if let Some(family) = self.catalog().known::<C>(name) {
            return Arc::clone(family);
        }
        // The lock is released before the clash is logged: a subscriber may record metrics.
        let settings = self.settings();
        let (family, clashes) = self.catalog_mut().resolve::<C>(name, &settings);
        self.report(clashes);
        family
    }

    /// The RED metrics of `key`, created by `make` if they are new.
    pub(super) fn red(&self, key: &StoreKey, make: impl FnOnce(&Settings, Reporter) -> Store) -> Arc<Store> {
        let mut stores = self.inner.red.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.iter().find(|store| store.key() == key) {
            return Arc::clone(store);
        }
        let store = Arc::new(make(&self.settings(), self.inner.overflow.clone()));
        stores.push(Arc::clone(&store));
        drop(stores);
        if !key.is_on_page() {
            return store;
        }
        let mut clashes = Vec::new();
        for instrument in store.instruments().iter() {
            let source = Source::Red(vec![Arc::clone(&store)], instrument.metric);
            clashes.extend(self.catalog_mut().add_by_force(instrument.meta.clone(), source));
        }
        self.report(clashes);
        store
    }

    pub(super) fn describe(
        &self,
        metric_type: crate::names::MetricType,
        name: &str,
        unit: &'static str,
        help: Cow<'static, str>,
    ) {
        let name = clean::cut(name, MAX_NAME);
        let help = if help.len() > MAX_HELP {
            clean::cut(&help, MAX_HELP).to_owned().into()
        } else {
            help
        };
        let clashes = self.catalog_mut().describe(metric_type, name, unit, help);
        self.report(clashes);
    }

    /// Counts clashes, and warns about those that are new.
    pub(super) fn report(&self, clashes: impl IntoIterator<Item = Clash>) {
        for clash in clashes {
            self.inner.clash_warnings.warn(&clash);
            let labels = Labels::new([(label::METRIC.into(), clash.metric.into())]);
            self.inner
                .clashes
                .series(labels, self.overflow())
                .series
                .cells
                .add(1, None);
        }
    }

    pub(super) fn overflow(&self) -> &Reporter {
        &self.inner.overflow
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.inner.tables
    }

    pub(super) fn catalog(&self) -> std::sync::RwLockReadGuard<'_, Catalog> {
        self.inner.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalog_mut(&self) -> std::sync::RwLockWriteGuard<'_, Catalog> {
        self.inner.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of the registry's own metrics; an empty catalog has room for it.
fn own<C: InCatalog>(catalog: &mut Catalog, def: &MetricDef, config: C::Config) -> Arc<Family<C>> {
    let meta = Meta::of(def, "");
    let family = Arc::new(Family::permanent(config, Cap::new(&meta.name, DEFAULT_SERIES_CAP)));
    catalog.add_by_force(meta, C::source(Arc::clone(&family)));
    family
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let metrics = self.catalog().page().len();
        f.debug_struct("Registry")
            .field("metrics", &metrics)
            .finish_non_exhaustive()
    }
}
