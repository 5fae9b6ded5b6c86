//! Where RED metrics go, and how they are named and measured.

use std::{borrow::Cow, sync::Arc};

use ::metrics::{KeyName, Recorder, SharedString, Unit};
use obs_base::InitError;

use super::{
    Convention, RedMetric, Store, StoreKey, dimensions,
    handle::Backend,
    instruments::Instrument,
    layout::{Layout, Side},
};
use crate::{
    metrics::{
        Registry,
        buckets::{DURATION_BUCKETS, validate_buckets},
        cap::Reporter,
        settings::Settings,
    },
    names::{MetricType, metric, target},
};

/// Hosts with series of their own, unless the client sets another number.
pub(crate) const DEFAULT_MAX_HOSTS: usize = 100;

/// Where RED metrics go.
#[derive(Clone)]
pub(crate) enum Target {
    /// To a registry of ours.
    Own(Registry),
    /// To another recorder of the `metrics` facade.
    Facade(Arc<dyn Recorder + Send + Sync>),
}

/// How RED metrics are named and measured.
#[derive(Clone, Debug)]
pub(crate) struct RedOptions {
    /// Stands before the names, without an underscore; may be empty.
    pub(crate) namespace: String,
    /// Seconds, ascending.
    pub(crate) duration_buckets: Vec<f64>,
    pub(crate) convention: Convention,
    /// Labels of the layer's own and the values that each may have; others become `_OTHER`.
    pub(crate) labels: Vec<(String, Vec<String>)>,
    /// Hosts that can be label values of a client; others become `_OTHER`.
    pub(crate) max_hosts: usize,
    /// Set if they are pushed to a collector.
    pub(crate) push: Option<Push>,
}

/// What is pushed to a collector, by the conventions of OpenTelemetry whatever those of the page.
#[derive(Clone, Debug)]
pub(crate) struct Push {
    /// Where the pusher looks.
    pub(crate) registry: Registry,
    /// Whether the instruments that the conventions leave to choice are recorded too.
    pub(crate) opt_in: bool,
}

// === impl RedOptions ===

impl Default for RedOptions {
    fn default() -> Self {
        Self {
            namespace: metric::DEFAULT_NAMESPACE.to_owned(),
            duration_buckets: DURATION_BUCKETS.to_vec(),
            convention: Convention::default(),
            labels: Vec::new(),
            max_hosts: DEFAULT_MAX_HOSTS,
            push: None,
        }
    }
}

impl RedOptions {
    /// Whether a layer can be made of this.
    ///
    /// # Errors
    ///
    /// Names the setting that is wrong.
    pub(crate) fn validate(&self) -> Result<(), InitError> {
        validate_buckets("duration buckets", &self.duration_buckets)?;
        [Side::Server, Side::Client]
            .into_iter()
            .try_for_each(|side| dimensions::validate(self.layout(side), &self.labels))
    }

    fn layout(&self, side: Side) -> Layout {
        Layout {
            side,
            convention: self.convention,
        }
    }
}

// === impl Target ===

impl Target {
    /// The registry, unless metrics go to another recorder.
    pub(crate) fn registry(&self) -> Option<&Registry> {
        match self {
            Self::Own(registry) => Some(registry),
            Self::Facade(_) => None,
        }
    }

    /// The recorder behind it, for the metrics about obs itself.
    pub(crate) fn recorder(&self) -> Arc<dyn Recorder + Send + Sync> {
        match self {
            Self::Own(registry) => Arc::new(registry.clone()),
            Self::Facade(recorder) => Arc::clone(recorder),
        }
    }
}

/// The store of the page: that of the registry, or a new one over the recorder.
pub(super) fn page_store(target: &Target, side: Side, options: &RedOptions) -> Arc<Store> {
    let key = StoreKey::new(options.layout(side), &options.namespace, &options.labels);
    match target {
        Target::Own(registry) => registry_store(registry, &key, options),
        Target::Facade(recorder) => warned(Arc::new(facade_store(key, recorder, options)), options),
    }
}

/// The store that is pushed, unless that of the page has what is wanted.
pub(super) fn pushed_store(target: &Target, side: Side, options: &RedOptions) -> Option<Arc<Store>> {
    let Push { registry, opt_in } = options.push.as_ref()?;
    let is_on_page = matches!(target, Target::Own(_)) && options.convention == Convention::OpenTelemetry;
    let key = || StoreKey::pushed(side, &options.labels, *opt_in);
    (!is_on_page).then(|| registry_store(registry, &key(), options))
}

fn registry_store(registry: &Registry, key: &StoreKey, options: &RedOptions) -> Arc<Store> {
    let make = |settings: &Settings, reporter| {
        Store::new(
            key.clone(),
            Backend::Own,
            reporter,
            settings,
            (&options.duration_buckets, options.max_hosts),
        )
    };
    warned(registry.red(key, make), options)
}

/// Says so if another layer has set other buckets.
fn warned(store: Arc<Store>, options: &RedOptions) -> Arc<Store> {
    if store.duration_buckets() != options.duration_buckets {
        tracing::warn!(
            target: target::OBS,
            namespace = options.namespace,
            "another layer has set other buckets for the same metrics before: those are used"
        );
    }
    store
}

fn facade_store(key: StoreKey, recorder: &Arc<dyn Recorder + Send + Sync>, options: &RedOptions) -> Store {
    let reporter = Reporter::Facade(Arc::clone(recorder));
    let backend = Backend::Facade(Arc::clone(recorder));
    let store = Store::new(
        key,
        backend,
        reporter,
        &Settings::default(),
        (&options.duration_buckets, options.max_hosts),
    );
    // The facade can't read a gauge, so there is no peak of it.
    for instrument in store
        .instruments()
        .iter()
        .filter(|of| of.metric != RedMetric::InFlightMax)
    {
        describe(recorder.as_ref(), instrument);
    }
    let overflow = metric::SERIES_OVERFLOW;
    recorder.describe_counter(
        KeyName::from(overflow.name("")),
        None,
        SharedString::from(overflow.help),
    );
    store
}

fn describe(recorder: &dyn Recorder, Instrument { meta, .. }: &Instrument) {
    let name = KeyName::from(meta.name.to_string());
    let unit = Unit::from_string(&meta.unit);
    let help = SharedString::from(Cow::Owned(meta.help.to_string()));
    match meta.metric_type {
        MetricType::Counter => recorder.describe_counter(name, unit, help),
        MetricType::Gauge | MetricType::Info => recorder.describe_gauge(name, unit, help),
        MetricType::Histogram | MetricType::Summary => recorder.describe_histogram(name, unit, help),
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(registry) => f.debug_tuple("Own").field(registry).finish(),
            Self::Facade(_) => f.debug_tuple("Facade").finish_non_exhaustive(),
        }
    }
}
