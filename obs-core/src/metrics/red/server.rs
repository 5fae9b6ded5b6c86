//! The RED metrics of a server.

use std::{borrow::Cow, sync::Arc, time::Duration};

use ::metrics::{KeyName, Recorder, SharedString, Unit};

use super::{
    Measured, Store, StoreKey,
    cache::Entry,
    flight::Flight,
    handle::Backend,
    handle::nanoseconds,
    instruments::{Instrument, Side},
};
use crate::{
    metrics::{
        Registry,
        buckets::{DURATION_BUCKETS, validate_buckets},
        cap::Reporter,
        settings::Settings,
    },
    names::{MetricType, metric, target},
    obs::InitError,
};

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
}

/// The RED metrics of a server, for one layer; layers with the same names share their series.
#[derive(Clone, Debug)]
pub(crate) struct ServerRed {
    store: Arc<Store>,
}

/// A request that has arrived; dropping it lowers the very gauge that it raised.
#[derive(Debug)]
pub(crate) struct InFlight {
    flight: Flight,
}

/// Records the lifetime of one stream after its request has ended.
#[derive(Debug)]
pub(crate) struct StreamRecorder {
    store: Arc<Store>,
    entry: Arc<Entry>,
    status: u16,
}

// === impl Target ===

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(registry) => f.debug_tuple("Own").field(registry).finish(),
            Self::Facade(_) => f.debug_tuple("Facade").finish_non_exhaustive(),
        }
    }
}

impl Target {
    /// The recorder behind it, for the metrics about obs itself.
    pub(crate) fn recorder(&self) -> Arc<dyn Recorder + Send + Sync> {
        match self {
            Self::Own(registry) => Arc::new(registry.clone()),
            Self::Facade(recorder) => Arc::clone(recorder),
        }
    }

    /// The store for these metrics: that of the registry, or a new one over the recorder.
    pub(super) fn store(&self, side: Side, options: &RedOptions) -> Arc<Store> {
        let key = StoreKey { side, namespace: options.namespace.clone() };
        let store = match self {
            Self::Own(registry) => {
                let make = |settings: &Settings, reporter| {
                    Store::new(key.clone(), Backend::Own, reporter, settings, &options.duration_buckets)
                };
                registry.red(&key, make)
            }
            Self::Facade(recorder) => Arc::new(facade_store(key, recorder, options)),
        };
        if store.duration_buckets() != options.duration_buckets {
            tracing::warn!(
                target: target::OBS,
                namespace = options.namespace,
                "another layer set other buckets for the same metrics first, they stay"
            );
        }
        store
    }
}

fn facade_store(key: StoreKey, recorder: &Arc<dyn Recorder + Send + Sync>, options: &RedOptions) -> Store {
    let reporter = Reporter::Facade(Arc::clone(recorder));
    let backend = Backend::Facade(Arc::clone(recorder));
    let store = Store::new(key, backend, reporter, &Settings::default(), &options.duration_buckets);
    for instrument in store.instruments().iter() {
        describe(recorder.as_ref(), instrument);
    }
    let overflow = metric::SERIES_OVERFLOW;
    recorder.describe_counter(KeyName::from(overflow.name("")), None, SharedString::from(overflow.help));
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

// === impl RedOptions ===

impl Default for RedOptions {
    fn default() -> Self {
        Self { namespace: metric::DEFAULT_NAMESPACE.to_owned(), duration_buckets: DURATION_BUCKETS.to_vec() }
    }
}

impl RedOptions {
    /// Whether a layer can be made of this.
    ///
    /// # Errors
    ///
    /// Names the setting that is wrong.
    pub(crate) fn validate(&self) -> Result<(), InitError> {
        validate_buckets("duration buckets", &self.duration_buckets)
    }
}

// === impl ServerRed ===

impl ServerRed {
    /// The instruments of a layer; `options` have been validated.
    pub(crate) fn new(target: &Target, options: &RedOptions) -> Self {
        Self { store: target.store(Side::Server, options) }
    }

    /// Counts a request in. `method` is a known method or `_OTHER`, `endpoint` the template of its
    /// route or `unmatched`.
    #[inline]
    pub(crate) fn arrive(&self, method: &'static str, endpoint: &str) -> InFlight {
        InFlight { flight: Flight::start(&self.store, method, endpoint, "") }
    }
}

// === impl InFlight ===

impl InFlight {
    /// Records go under another template from now on; the gauge stays where it was raised.
    pub(crate) fn rename(&mut self, red: &ServerRed, endpoint: &str) {
        self.flight.rename(&red.store, endpoint);
    }

    /// The template that records go under.
    pub(crate) fn endpoint(&self) -> &str {
        &self.flight.entry().place
    }

    /// The same, shared.
    pub(crate) fn endpoint_shared(&self) -> Arc<str> {
        Arc::clone(&self.flight.entry().place)
    }

    /// `GET /users/{id}`; `HTTP` stands for `_OTHER`, and an unmatched route is left out.
    pub(crate) fn span_name(&self) -> Cow<'static, str> {
        self.flight.entry().span_name.clone()
    }

    /// Lowers the gauge now; dropping does it otherwise.
    pub(crate) fn release(&mut self) {
        self.flight.release();
    }

    /// For what outlives the request: the lifetime of an upgraded connection.
    pub(crate) fn stream_recorder(&self, red: &ServerRed, status: u16) -> StreamRecorder {
        StreamRecorder { store: Arc::clone(&red.store), entry: self.flight.entry_shared(), status }
    }

    /// Records everything but the gauge, which dropping lowers. To be called once.
    #[inline]
    pub(crate) fn record(&self, red: &ServerRed, measured: &Measured<'_>) {
        self.flight.record(&red.store, measured);
    }

    /// Records how long a streaming response lived, at its end, and with it what was not known at
    /// its head: sizes and an error, as far as `ended` has them.
    pub(crate) fn record_stream(&self, red: &ServerRed, lifetime: Duration, ended: &Measured<'_>) {
        self.flight.record_stream(&red.store, lifetime, ended);
    }
}

// === impl StreamRecorder ===

impl StreamRecorder {
    pub(crate) fn record(&self, lifetime: Duration) {
        self.entry.pair.answered(&self.store, self.status).record_lifetime(&self.store, nanoseconds(lifetime));
    }
}
