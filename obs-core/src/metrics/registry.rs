//! The registry: all metrics of a service.

use std::{
    any::Any,
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, atomic::AtomicUsize},
};

use obs_base::InitError;

use super::{
    buckets::{Buckets, DURATION_BUCKETS},
    cap::{Cap, DEFAULT_SERIES_CAP, Reporter},
    catalog::{Catalog, InCatalog, Source},
    cells::{CounterCells, HistogramCells},
    clash::{Clash, ClashWarnings},
    clean::{self, MAX_HELP, MAX_NAME},
    family::{Family, Series},
    key_table::Tables,
    labels::Labels,
    meta::Meta,
    red::{Store, StoreKey},
    settings::{RegistryBuilder, Settings},
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
/// [`Obs::registry`](crate::Obs::registry) is the registry of an instance, to which the macros record once the
/// instance is the default of the process. A registry of one's own is for tests, and for programs without an
/// instance:
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
    pub(super) inner: Arc<Inner>,
}

/// Updates metrics whose values come from elsewhere, such as those of the process and its runtimes.
pub(crate) trait Collector: Any + Send + Sync {
    /// Updates the metrics in `registry`, before each page, snapshot and push.
    fn collect(&self, registry: &Registry);
}

pub(super) type Hook = Arc<Guarded<dyn Fn() + Send + Sync>>;

pub(super) struct Inner {
    /// The creation of the registry.
    pub(super) started: Moment,
    pub(super) settings: RwLock<Arc<Settings>>,
    pub(super) tables: Tables,
    pub(super) catalog: RwLock<Catalog>,
    pub(super) red: Mutex<Vec<Arc<Store>>>,
    pub(super) overflow: Reporter,
    pub(super) clashes: Arc<Family<CounterCells>>,
    pub(super) clash_warnings: ClashWarnings,
    pub(super) scrapes: Arc<Series<HistogramCells>>,
    pub(super) hooks: RwLock<Vec<Hook>>,
    /// Updates metrics of the process before each page.
    pub(super) collector: OnceLock<Arc<dyn Collector>>,
    /// The length of the last page in bytes, so that the next one is allocated once.
    pub(super) page_length: AtomicUsize,
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
    /// A registry with default settings. It has only the metrics of obs itself: `obs_scrape_duration_seconds`,
    /// `obs_series_overflow_total` and `obs_metric_clashes_total`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder for a registry with other settings than the default ones: caps, buckets, idle timeout.
    ///
    /// ```
    /// use obs_core::metrics::{Format, Registry};
    ///
    /// let registry = Registry::builder().series_cap(2).build()?;
    /// metrics::with_local_recorder(&registry, || {
    ///     for user in ["ann", "bob", "cyd", "dan"] {
    ///         metrics::counter!("logins_total", "user" => user).increment(1);
    ///     }
    /// });
    /// let page = String::from_utf8(registry.render(Format::Text))?;
    /// assert!(page.contains("logins_total{user=\"bob\"} 1\n"));
    /// assert!(page.contains("logins_total{user=\"_overflow\"} 2\n"), "the total stays right");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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

    pub(super) fn settings(&self) -> Arc<Settings> {
        let settings = self.inner.settings.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&settings)
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
