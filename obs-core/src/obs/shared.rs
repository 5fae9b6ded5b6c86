//! What layers and handles hold in common.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::{
    logs::Logs,
    metrics::{DURATION_BUCKETS, Push, Pusher, Registry, Target},
    page::Exposition,
    request::{KnownMethods, Routes},
    trace::Tracing,
};

/// One instance's signals. Layers hold it, so it works as long as any of them does.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) registry: Registry,
    /// Where RED metrics go: the registry, or another recorder.
    pub(crate) target: Target,
    /// Pushes metrics to a collector, if they are pushed.
    pub(crate) pusher: Option<Pusher>,
    /// Bounds of the duration histograms, in seconds.
    pub(crate) duration_buckets: Vec<f64>,
    /// `None` where nothing was initialised: no lines are written.
    pub(crate) logs: Option<Logs>,
    pub(crate) tracing: Tracing,
    pub(crate) routes: Arc<Routes>,
    /// What the environment says; a layer's own list goes first.
    pub(crate) known_methods: KnownMethods,
    pub(crate) exposition: Exposition,
}

/// The process-wide default that `init` has installed.
static INSTALLED: RwLock<Option<Arc<Shared>>> = RwLock::new(None);

/// The registry of the process-wide default, before and after `init`.
pub(super) fn default_registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}

/// The routes of the process-wide default, before and after `init`.
pub(crate) fn default_routes() -> &'static Arc<Routes> {
    static ROUTES: OnceLock<Arc<Routes>> = OnceLock::new();
    ROUTES.get_or_init(Arc::default)
}

/// The process-wide default: what `init` installed; without it, metrics and ids only.
pub(crate) fn default() -> Arc<Shared> {
    static BARE: OnceLock<Arc<Shared>> = OnceLock::new();
    installed().unwrap_or_else(|| Arc::clone(BARE.get_or_init(|| Arc::new(Shared::bare()))))
}

/// What the environment says; what is no Unicode counts as unset.
pub(super) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(super) fn installed() -> Option<Arc<Shared>> {
    INSTALLED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(super) fn install(shared: &Arc<Shared>) {
    *INSTALLED.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(shared));
}

/// The traces of the process-wide default, if it makes spans.
pub(crate) fn default_tracing() -> Option<Tracing> {
    installed().map(|shared| shared.tracing.clone())
}

/// Shows the state of the process, and of the runtime that this is called in, on the page of a
/// registry.
pub(super) fn watch(registry: &Registry) {
    registry.saturation().watch();
    #[cfg(feature = "tokio-metrics")]
    registry.saturation().watch_current_runtime();
}

// === impl Shared ===

impl Shared {
    /// What is pushed, if anything is.
    pub(crate) fn push(&self) -> Option<Push> {
        self.pusher.as_ref().map(|pusher| pusher.push().clone())
    }

    /// Metrics in the default registry, ids and propagation; no spans, no lines.
    fn bare() -> Self {
        let registry = default_registry().clone();
        watch(&registry);
        Self {
            target: Target::Own(registry.clone()),
            registry,
            pusher: None,
            duration_buckets: DURATION_BUCKETS.to_vec(),
            logs: None,
            tracing: Tracing::ids_only(),
            routes: Arc::clone(default_routes()),
            known_methods: KnownMethods::of_env(&env),
            exposition: Exposition::default(),
        }
    }
}
