//! The layer that makes `tracing` spans spans of the trace.

use tracing::Subscriber;
use tracing_subscriber::{Layer, filter::dynamic_filter_fn, registry::LookupSpan};

use super::{events::RequestEvents, export::is_export_thread, handle::Tracing, ids};

/// Whether what happens here is recorded: not in a request that is left out or belongs to another
/// instance, not in what the exporter itself does; else yes, and the sampler decides.
fn is_open(instance: u64) -> bool {
    !is_export_thread() && ids::request_decision(instance).unwrap_or(true)
}

// === impl Tracing ===

impl Tracing {
    /// The layer for a subscriber; it does nothing if spans go nowhere.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let instance = self.instance();
        self.tracer().cloned().map(|tracer| {
            let spans = tracing_opentelemetry::layer()
                .with_tracer(tracer)
                // Attributes of every span that nobody asked for, and that cost an allocation or a
                // clock.
                .with_threads(false)
                .with_tracked_inactivity(false);
            spans.and_then(RequestEvents).with_filter(dynamic_filter_fn(move |_, _| is_open(instance)))
        })
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
