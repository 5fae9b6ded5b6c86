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

#[cfg(any(feature = "process", feature = "tokio-metrics"))]
use super::cells::FloatCells;
use obs_base::InitError;

use super::{
    Format,
    buckets::{Buckets, DURATION_BUCKETS},
    cap::{Cap, DEFAULT_SERIES_CAP, Reporter},
    catalog::{Catalog, Entry, InCatalog, Source},
    cells::{CounterCells, GaugeCell, HistogramCells},
    clash::{Clash, ClashWarnings},
    clean::{self, MAX_HELP, MAX_NAME},
    family::{Family, Series},
    filter::Filter,
    idle,
    key_table::Tables,
    kinds::InfoCell,
    labels::{Labels, Pair},
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

/// All metrics of a service: a cheap handle that clones share.
///
/// It is a [`metrics::Recorder`], so what the application records through the macros of the
/// `metrics` crate is on its page beside the RED metrics of the layers. Nothing in it grows with
/// requests, scraped or not.
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

/// Brings metrics of a registry that are kept elsewhere up to date: those of the process and its runtimes.
pub(crate) trait Collector: Any + Send + Sync {
    /// Sets the metrics in `registry`, whose collector this is.
    fn collect(&self, registry: &Registry);
}

type Hook = Arc<Guarded<dyn Fn() + Send + Sync>>;

struct Inner {
    /// When the registry was made.
    started: Moment,
    settings: Settings,
    tables: Tables,
    catalog: RwLock<Catalog>,
    red: Mutex<Vec<Arc<Store>>>,
    overflow: Reporter,
    clashes: Arc<Family<CounterCells>>,
    clash_warnings: ClashWarnings,
    scrapes: Arc<Series<HistogramCells>>,
    hooks: RwLock<Vec<Hook>>,
    /// Brings metrics that are kept elsewhere up to date before each page.
    collector: OnceLock<Arc<dyn Collector>>,
    /// Length of the last page, so that the next one is allocated once.
    page_length: AtomicUsize,
}

// === impl RegistryBuilder ===

impl RegistryBuilder {
    /// The registry.
    ///
    /// # Errors
    ///
    /// Names the setting that can't be: a cap of 0, bucket bounds that are not 1 to 256 finite
    /// ascending numbers, a summary window below a second.
    pub fn build(self) -> Result<Registry, InitError> {
        self.checked().map(Registry::with)
    }
}

// === impl Registry ===

impl Default for Registry {
    fn default() -> Self {
        Self::with(Settings::default())
    }
}

impl Registry {
    /// An empty registry with default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Settings for a registry that differs from the default one.
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
            settings,
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

    /// The metrics page.
    ///
    /// Reads without stopping writers. Metrics are sorted by name, series by labels. The time that
    /// it takes is in `obs_scrape_duration_seconds` on the next page.
    #[must_use]
    pub fn render(&self, format: Format) -> Vec<u8> {
        // Without a deadline there always is one.
        self.write_page(format, &Filter::default(), None).unwrap_or_default()
    }

    /// The part of the page that `filter` takes; `None` if it is not done at `deadline`.
    pub(crate) fn render_part(&self, format: Format, filter: &Filter, deadline: Instant) -> Option<Vec<u8>> {
        self.write_page(format, filter, Some(deadline))
    }

    fn write_page(&self, format: Format, filter: &Filter, deadline: Option<Instant>) -> Option<Vec<u8>> {
        let start = Instant::now();
        let entries = self.entries();
        let Settings { created_timestamps: created, native_histograms: native, .. } = self.inner.settings;
        let length = if filter.is_all() { self.inner.page_length.load(Relaxed) } else { 0 };
        let mut page = Vec::with_capacity(length);
        let mut is_late = false;
        let in_time = |_: &&Entry| {
            is_late = deadline.is_some_and(|deadline| deadline <= Instant::now());
            !is_late
        };
        let taken = entries.iter().filter(|entry| filter.takes(entry.meta.names())).take_while(in_time);
        render::render(taken, format, Extras { created, native }, &mut page);
        if filter.is_all() {
            // Some room for numbers that get longer.
            self.inner.page_length.store(page.len() + page.len() / 8, Relaxed);
        }
        let elapsed = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.inner.scrapes.cells.record_units(elapsed, None);
        (!is_late).then_some(page)
    }

    /// All metrics as plain data, in the order of the page.
    #[must_use]
    pub fn snapshot(&self) -> Vec<FamilySnapshot> {
        render::snapshot(&self.entries())
    }

    /// What a push carries: the metrics of the page, and the stores of RED metrics that have the names
    /// of the OpenTelemetry conventions.
    pub(super) fn pushed(&self) -> (Arc<Vec<Entry>>, Vec<Arc<Store>>) {
        let entries = self.entries();
        let stores = self.inner.red.lock().unwrap_or_else(PoisonError::into_inner);
        let pushed = stores.iter().filter(|store| store.key().is_of_opentelemetry()).map(Arc::clone);
        (entries, pushed.collect())
    }

    /// Calls `hook` before each page and snapshot, for metrics that are read from elsewhere: of the
    /// process, of a runtime, of a pool. It may record into this registry; a page that it asks for itself is
    /// written without it. Where it panics, the page is written with what there is.
    pub fn before_render(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.inner
            .hooks
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::new(Guarded::new("a hook of before_render", hook)));
    }

    /// Sweeps idle series as if so much time had passed since the registry was made.
    #[cfg(test)]
    pub(super) fn sweep_idle_at(&self, timeout: std::time::Duration, now: std::time::Duration) {
        idle::sweep(&self.catalog().page(), &self.inner.tables, timeout, now);
    }

    /// All metrics, up to date and without what is idle.
    fn entries(&self) -> Arc<Vec<Entry>> {
        if let Some(collector) = self.inner.collector.get() {
            collector.collect(self);
        }
        let hooks = self.inner.hooks.read().unwrap_or_else(PoisonError::into_inner).clone();
        for hook in hooks {
            let _ = hook.call(|hook| hook());
        }
        let entries = self.catalog().page();
        if let Some(timeout) = self.inner.settings.idle_timeout {
            idle::sweep(&entries, &self.inner.tables, timeout, self.inner.started.elapsed());
        }
        entries
    }

    /// Sets the constant metric that tells what runs.
    pub(crate) fn set_build_info(&self, service: &str, version: &str, revision: &str) {
        let family: Arc<Family<GaugeCell>> = self.family_of(&metric::BUILD_INFO);
        let values = [service, version, revision].map(|value| Cow::Owned(value.to_owned()));
        let pairs: Vec<Pair> = metric::BUILD_INFO.labels.iter().map(|key| Cow::Borrowed(*key)).zip(values).collect();
        family.clear();
        family.series(Labels::new(pairs), self.overflow()).series.cells.set(1.0);
    }

    /// Sets the constant metric that carries the resource attributes, under their OpenTelemetry names.
    pub(crate) fn set_target_info(&self, attributes: &[(String, String)]) {
        let family: Arc<Family<InfoCell>> = self.family_of(&metric::TARGET_INFO);
        let given = attributes.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let (labels, _) = Labels::repaired(given);
        family.clear();
        family.series(labels, self.overflow());
    }

    /// The collector of this registry, if it was given one.
    #[cfg(feature = "tokio-metrics")]
    pub(crate) fn collector(&self) -> Option<&dyn Collector> {
        self.inner.collector.get().map(|collector| &**collector)
    }

    /// Has the first collector that is given update metrics before each page; later ones are ignored.
    pub(crate) fn set_collector(&self, make: impl FnOnce() -> Arc<dyn Collector>) {
        self.inner.collector.get_or_init(make);
    }

    /// Sets a gauge that is read from elsewhere.
    #[cfg(any(feature = "process", feature = "tokio-metrics"))]
    pub(crate) fn set_gauge(&self, def: &MetricDef, labels: &[(&'static str, &str)], value: f64) {
        let family: Arc<Family<GaugeCell>> = self.family_of(def);
        family.series(owned(labels), self.overflow()).series.cells.set(value);
    }

    /// Raises a counter that is kept elsewhere to its `total`. One caller at a time.
    #[cfg(any(feature = "process", feature = "tokio-metrics"))]
    pub(crate) fn raise_counter(&self, def: &MetricDef, labels: &[(&'static str, &str)], total: f64) {
        let family: Arc<Family<FloatCells>> = self.family_of(def);
        let series = family.series(owned(labels), self.overflow()).series;
        series.cells.add(total - series.cells.total(), None);
    }

    /// The family of one of our own metrics, described by its definition.
    fn family_of<C: InCatalog>(&self, def: &MetricDef) -> Arc<Family<C>> {
        let name = def.name("");
        if let Some(family) = self.catalog().known::<C>(&name) {
            return Arc::clone(family);
        }
        let described = self.catalog_mut().describe(def.metric_type, &name, def.unit, Cow::Borrowed(def.help));
        self.report(described);
        self.family(&name)
    }

    /// The family that the application calls `name`.
    pub(super) fn family<C: InCatalog>(&self, name: &str) -> Arc<Family<C>> {
        let name = clean::cut(name, MAX_NAME);
        if let Some(family) = self.catalog().known::<C>(name) {
            return Arc::clone(family);
        }
        // The lock is released before the clash is told: whoever listens may record metrics.
        let (family, clashes) = self.catalog_mut().resolve::<C>(name, &self.inner.settings);
        self.report(clashes);
        family
    }

    /// The RED metrics under this key, made by `make` if they are new.
    pub(super) fn red(&self, key: &StoreKey, make: impl FnOnce(&Settings, Reporter) -> Store) -> Arc<Store> {
        let mut stores = self.inner.red.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.iter().find(|store| store.key() == key) {
            return Arc::clone(store);
        }
        let store = Arc::new(make(&self.inner.settings, self.inner.overflow.clone()));
        stores.push(Arc::clone(&store));
        drop(stores);
        if !key.is_on_page() {
            return store;
        }
        let mut clashes = Vec::new();
        for of in store.instruments().iter() {
            let source = Source::Red(vec![Arc::clone(&store)], of.metric);
            clashes.extend(self.catalog_mut().add_by_force(of.meta.clone(), source));
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
        let help = if help.len() > MAX_HELP { clean::cut(&help, MAX_HELP).to_owned().into() } else { help };
        let clashes = self.catalog_mut().describe(metric_type, name, unit, help);
        self.report(clashes);
    }

    /// Counts clashes, and warns about those that are new.
    pub(super) fn report(&self, clashes: impl IntoIterator<Item = Clash>) {
        for clash in clashes {
            self.inner.clash_warnings.warn(&clash);
            let labels = Labels::new([(label::METRIC.into(), clash.metric.into())]);
            self.inner.clashes.series(labels, self.overflow()).series.cells.add(1, None);
        }
    }

    pub(super) fn overflow(&self) -> &Reporter {
        &self.inner.overflow
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.inner.tables
    }

    fn catalog(&self) -> std::sync::RwLockReadGuard<'_, Catalog> {
        self.inner.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn catalog_mut(&self) -> std::sync::RwLockWriteGuard<'_, Catalog> {
        self.inner.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(any(feature = "process", feature = "tokio-metrics"))]
fn owned(labels: &[(&'static str, &str)]) -> Labels {
    let pair = |(key, value): &(&'static str, &str)| -> Pair { ((*key).into(), (*value).to_owned().into()) };
    Labels::new(labels.iter().map(pair).collect::<Vec<_>>())
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
        f.debug_struct("Registry").field("metrics", &metrics).finish_non_exhaustive()
    }
}
