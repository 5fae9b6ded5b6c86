//! The layer that makes `tracing` spans spans of the trace.

use tracing::{Metadata, Subscriber, subscriber::Interest};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{
    Layer,
    filter::LevelFilter,
    layer::{Context, Filter, Identity},
    registry::LookupSpan,
};

use obs_otlp::is_export_thread;

use super::{
    events::SpanLayer,
    handle::Tracing,
    ids,
    limited_span::LimitedTracer,
    recorded_layer::{RecordedFilter, RecordedLayer},
    request_fields::RequestFields,
    span_filter::SpanFilter,
};
use crate::{
    context::{Instance as _, Ownership, otel},
    names::log,
};

/// Which spans and events go to the trace.
#[derive(Clone, Debug)]
struct Gate {
    filter: SpanFilter,
    instance: u64,
    ownership: Ownership,
}

/// Whether what happens here is recorded: not in a request that is left out or belongs to another
/// instance, not in what the exporter itself does, not on a thread that has lost OpenTelemetry's current
/// context because it ends; else yes, and the sampler decides.
fn is_open(instance: u64) -> bool {
    !is_export_thread() && otel::is_alive() && ids::request_decision(instance).unwrap_or(true)
}

/// Whether the event is an internal diagnostic of OpenTelemetry: it logs while it borrows its current context, and
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
        // Attributes of every span that are not needed, and that cost an allocation or a clock.
        .with_threads(false)
        .with_tracked_inactivity(false)
}

// === impl Gate ===

impl Gate {
    /// Whether a span or an event may be taken, wherever it happens.
    #[inline]
    fn may_take(&self, metadata: &Metadata<'_>) -> bool {
        // The request has a span already; the one that `tracing_span(true)` opens is for others.
        self.filter.takes(metadata) && !is_of_otel(metadata) && !is_request_span(metadata)
    }
}

impl<S> Filter<S> for Gate {
    #[inline]
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.may_take(metadata) && is_open(self.instance) && self.ownership.owns_here()
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.may_take(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter.max())
    }
}

// === impl Tracing ===

impl Tracing {
    /// The most verbose level that [`layer_of`](Self::layer_of) takes.
    pub(crate) fn max_level(&self) -> LevelFilter {
        let takes_spans = self.tracer().is_some() || self.flight_recorder().is_on();
        let spans = if takes_spans {
            self.span_filter().max()
        } else {
            LevelFilter::OFF
        };
        let fields = self.request_fields().map_or(LevelFilter::OFF, |_| RequestFields::LEVEL);
        spans.max(fields)
    }

    /// The layer for the only instance of a subscriber.
    #[cfg(test)]
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        self.layer_of(&Ownership::new(0))
    }

    /// The layer for a subscriber, which takes what belongs to one instance; it does nothing if spans go nowhere and
    /// no field belongs to requests.
    pub(crate) fn layer_of<S>(&self, ownership: &Ownership) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        let gate = Gate {
            filter: self.span_filter().clone(),
            instance: self.id(),
            ownership: ownership.clone(),
        };
        let fields = self.request_fields().map(|fields| fields.layer(self.id()));
        let spans = self.tracer().cloned().map(|tracer| {
            let limit = tracer.rules().limits.value;
            let spans = SpanLayer::new(library_layer(tracer.clone()), limit, ownership.clone()).with_filter(gate);
            // `OpenTelemetrySpanExt` looks for the layer of the library itself, which is within ours and
            // can't be found there. This one never sees a span; what the library keeps with spans is the
            // same for both. It is the inner one: over a bare registry, tracing-subscriber takes the level of
            // the outer one for both.
            library_layer(tracer).with_filter(LevelFilter::OFF).and_then(spans)
        });
        // Not `Option`s: tracing-subscriber takes two layers of which one is a `None` for one without a filter, and
        // the level of the other one for that of all layers of the subscriber.
        let mut all: Box<dyn Layer<S> + Send + Sync> = match (fields, spans) {
            (Some(fields), Some(spans)) => Box::new(fields.and_then(spans)),
            (Some(fields), None) => Box::new(fields),
            (None, Some(spans)) => Box::new(spans),
            (None, None) => Box::new(Identity::new().with_filter(LevelFilter::OFF)),
        };
        if self.flight_recorder().is_on() {
            let filter = RecordedFilter {
                filter: self.span_filter().clone(),
                ownership: ownership.clone(),
                exports: self.tracer().is_some(),
            };
            all = Box::new(all.and_then(RecordedLayer.with_filter(filter)));
        }
        all
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
