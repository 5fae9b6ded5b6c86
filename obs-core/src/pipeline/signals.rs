//! The signals of one instance.

use std::sync::Arc;

use super::{
    Connections, KnownMethods, Routes,
    default::{default_registry, default_routes, env},
};
use crate::{
    context::InstanceRef,
    exposition::Exposition,
    logs::Logs,
    metrics::{Convention, DURATION_BUCKETS, Push, Pusher, Registry, Target},
    names::metric,
    saturation::Saturation,
    trace::Tracing,
};

/// The signals of one instance. Layers hold it, so it works as long as any of them does.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) registry: Registry,
    /// Where RED metrics go: the registry, or another recorder.
    pub(crate) target: Target,
    /// Pushes metrics to a collector, if they are pushed.
    pub(crate) pusher: Option<Pusher>,
    /// The names of RED metrics, where a layer has none of its own.
    pub(crate) naming: Naming,
    /// Bounds of the duration histograms, in seconds.
    pub(crate) duration_buckets: Vec<f64>,
    /// `None` where nothing was initialised: no lines are written.
    pub(crate) logs: Option<Logs>,
    pub(crate) tracing: Tracing,
    /// The handle to [`tracing`](Self::tracing) for contexts.
    pub(crate) instance: InstanceRef,
    pub(crate) routes: Arc<Routes>,
    /// The methods of the environment; a layer's own list goes first.
    pub(crate) known_methods: KnownMethods,
    pub(crate) exposition: Exposition,
    pub(crate) connections: Connections,
}

/// The names of RED metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Naming {
    /// The first word of the names.
    pub(crate) namespace: String,
    pub(crate) convention: Convention,
}

// === impl Naming ===

impl Default for Naming {
    fn default() -> Self {
        Self {
            namespace: metric::DEFAULT_NAMESPACE.to_owned(),
            convention: Convention::default(),
        }
    }
}

// === impl Pipeline ===

impl Pipeline {
    /// What is pushed, if anything is.
    pub(crate) fn push(&self) -> Option<Push> {
        self.pusher.as_ref().map(|pusher| pusher.push().clone())
    }

    /// Metrics in the default registry, ids and propagation; no spans, no lines.
    pub(super) fn bare() -> Self {
        let registry = default_registry().clone();
        Saturation::watch(&registry);
        let target = Target::Own(registry.clone());
        let tracing = Tracing::ids_only(target.recorder());
        Self {
            target,
            registry,
            pusher: None,
            naming: Naming::default(),
            duration_buckets: DURATION_BUCKETS.to_vec(),
            logs: None,
            instance: tracing.forever(),
            tracing,
            routes: Arc::clone(default_routes()),
            known_methods: KnownMethods::of_env(&env),
            exposition: Exposition::default(),
            connections: Connections::default(),
        }
    }
}
