//! The layer that makes `tracing` spans spans of the trace.

use tracing::{Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, dynamic_filter_fn},
    registry::LookupSpan,
};

use obs_otlp::is_export_thread;

use super::{events::SpanLayer, handle::Tracing, ids, limited_span::LimitedTracer};
use crate::{
    context::{Instance as _, otel},
    names::log,
};

/// Whether what happens here is recorded: not in a request that is left out or belongs to another
/// instance, not in what the exporter itself does, not on a thread that has lost OpenTelemetry's current
/// context because it ends; else yes, and the sampler decides.
fn is_open(instance: u64) -> bool {
    !is_export_thread() && otel::is_alive() && ids::request_decision(instance).unwrap_or(true)
}

/// Whether OpenTelemetry itself tells of its troubles: it does so while it holds its current context, and
/// to ask for that then panics.
fn is_of_otel(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(otel::TARGETS)
}

/// Whether this is the span that `tracing_span(true)` opens for other layers: ours have what it tells
/// from the request's context.
#[inline]
pub(crate) fn is_request_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == log::REQUEST_TARGET
}

fn library_layer<S>(tracer: LimitedTracer) -> OpenTelemetryLayer<S, LimitedTracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        // Attributes of every span that nobody asked for, and that cost an allocation or a clock.
        .with_threads(false)
        .with_tracked_inactivity(false)
}

// === impl Tracing ===

impl Tracing {
    /// The layer for a subscriber; it does nothing if spans go nowhere.
    ///
    /// It takes spans and events of level INFO and above: below that, HTTP/2 and its like make
    /// spans of their own for each connection and frame.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        self.layer_up_to(LevelFilter::INFO)
    }

    /// [`layer`](Self::layer) with another level.
    pub(crate) fn layer_up_to<S>(&self, level: LevelFilter) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let instance = self.id();
        let gate = dynamic_filter_fn(move |metadata, _| {
            // The request has a span already; the one that `tracing_span(true)` opens is for others.
            *metadata.level() <= level && !is_of_otel(metadata) && is_open(instance) && !is_request_span(metadata)
        });
        let gate = gate.with_max_level_hint(level);
        self.tracer().cloned().map(|tracer| {
            let limit = tracer.rules().limits.value;
            let spans = SpanLayer::new(library_layer(tracer.clone()), limit).with_filter(gate);
            // `OpenTelemetrySpanExt` looks for the layer of the library itself, which is within ours and
            // can't be found there. This one never sees a span; what the library keeps with spans is the
            // same for both. It is the inner one: over a bare registry, tracing-subscriber takes the level of
            // the outer one for both.
            library_layer(tracer).with_filter(LevelFilter::OFF).and_then(spans)
        })
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
