//! What a registry watches.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use crate::metrics::Registry;

/// What a registry shows beside what is recorded into it. A registry that belongs to no instance
/// shows nothing.
#[derive(Debug, Default)]
pub(crate) struct Saturation {
    is_watched: AtomicBool,
    #[cfg(feature = "tokio-metrics")]
    pub(super) runtimes: super::runtime::Runtimes,
    /// Two pages at the same time must not both add what has come on top of a counter.
    one_at_a_time: Mutex<()>,
}

// === impl Saturation ===

impl Saturation {
    /// Starts to watch the process.
    pub(crate) fn watch(&self) {
        self.is_watched.store(true, Relaxed);
    }

    /// Brings the metrics in `registry`, whose this is, up to date.
    pub(crate) fn collect(&self, registry: &Registry) {
        if !self.is_watched.load(Relaxed) {
            return;
        }
        let _one_at_a_time = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        super::process::collect(registry);
        #[cfg(feature = "tokio-metrics")]
        self.runtimes.collect(registry);
    }
}
