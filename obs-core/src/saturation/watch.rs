//! The collector of the state of the process and its runtimes.

use std::sync::{Arc, Mutex, PoisonError};

use crate::metrics::{Collector, Registry};

/// The state of the process and its runtimes, on the page of the registries of instances. A registry that belongs to no
/// instance has none.
#[derive(Debug, Default)]
pub(crate) struct Saturation {
    #[cfg(feature = "tokio-metrics")]
    pub(super) runtimes: super::runtime::Runtimes,
    /// Two pages at the same time must not both add what has come on top of a counter.
    one_at_a_time: Mutex<()>,
}

// === impl Saturation ===

impl Saturation {
    /// That of a registry, if the registry is [watched](Self::watch).
    #[cfg(feature = "tokio-metrics")]
    pub(crate) fn of(registry: &Registry) -> Option<&Self> {
        (registry.collector()? as &dyn std::any::Any).downcast_ref()
    }

    /// Shows the state of the process, and of the runtime that this is called in, on the page of a registry.
    pub(crate) fn watch(registry: &Registry) {
        registry.set_collector(|| Arc::new(Self::default()));
        #[cfg(feature = "tokio-metrics")]
        if let Some(saturation) = Self::of(registry) {
            saturation.watch_current_runtime();
        }
    }
}

impl Collector for Saturation {
    fn collect(&self, registry: &Registry) {
        let _one_at_a_time = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        super::process::collect(registry);
        #[cfg(feature = "tokio-metrics")]
        self.runtimes.collect(registry);
    }
}
