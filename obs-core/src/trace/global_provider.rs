//! OpenTelemetry's global tracer provider: its spans are those of the instance in which they begin.

use std::{borrow::Cow, cell::Cell, time::SystemTime};

use opentelemetry::{
    Context, InstrumentationScope, KeyValue, global,
    trace::{
        Span, SpanBuilder, SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer,
        TracerProvider,
        noop::{NoopSpan, NoopTracer},
    },
};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};

use super::handle::Tracing;
use crate::{
    context::{self, Instance as _},
    guard::guarded,
};

/// The scope of tracers that are made to see which provider makes them.
const PROBE: &str = "obs.probe";

thread_local! {
    /// Whether a provider of this module was asked for a tracer on this thread.
    static IS_ASKED: Cell<bool> = const { Cell::new(false) };
}

/// The tracer provider of the process. Each span goes to the instance of the request or job in which it begins, outside
/// of these to that of the thread or the process-wide default.
#[derive(Debug)]
pub(crate) struct GlobalProvider {
    default: Tracing,
}

/// A tracer of a library, which may keep it: the instance is chosen for each span.
#[derive(Debug)]
pub(crate) struct GlobalTracer {
    scope: InstrumentationScope,
    /// The id of the default, and its tracer.
    default: (u64, Option<SdkTracer>),
}

/// A span of an instance, or none where the instance has no spans.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "OpenTelemetry boxes each span of a global tracer"
)]
pub(crate) enum GlobalSpan {
    Of(SdkSpan),
    Noop(NoopSpan),
}

/// What the global tracer provider of the process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlobalTracing {
    /// One of obs.
    Ours,
    /// OpenTelemetry's own, which makes no spans.
    Noop,
    /// One that the application or a library has set.
    Foreign,
}

// === impl GlobalProvider ===

impl GlobalProvider {
    pub(crate) fn new(default: Tracing) -> Self {
        Self { default }
    }
}

impl TracerProvider for GlobalProvider {
    type Tracer = GlobalTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> GlobalTracer {
        IS_ASKED.set(true);
        let tracer = self.default.provider();
        let tracer = tracer.map(|provider| provider.tracer_with_scope(scope.clone()));
        GlobalTracer {
            scope,
            default: (self.default.id(), tracer),
        }
    }
}

// === impl GlobalTracer ===

impl Tracer for GlobalTracer {
    type Span = GlobalSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> GlobalSpan {
        let (default, tracer) = &self.default;
        let span = match context::owner().filter(|owner| owner.id() != *default) {
            None => tracer.as_ref().map(|tracer| tracer.build_with_context(builder, parent)),
            Some(other) => Tracing::of(&other).and_then(Tracing::provider).map(|provider| {
                let tracer = provider.tracer_with_scope(self.scope.clone());
                tracer.build_with_context(builder, parent)
            }),
        };
        span.map_or_else(|| GlobalSpan::noop(parent), GlobalSpan::Of)
    }
}

// === impl GlobalSpan ===

impl GlobalSpan {
    /// Records nothing and has the ids of its parent.
    fn noop(parent: &Context) -> Self {
        Self::Noop(NoopTracer::new().build_with_context(SpanBuilder::default(), parent))
    }

    fn recorded(&mut self) -> Option<&mut SdkSpan> {
        match self {
            Self::Of(span) => Some(span),
            Self::Noop(_) => None,
        }
    }
}

impl Span for GlobalSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.recorded() {
            span.add_event_with_timestamp(name, timestamp, attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        match self {
            Self::Of(span) => span.span_context(),
            Self::Noop(span) => span.span_context(),
        }
    }

    fn is_recording(&self) -> bool {
        match self {
            Self::Of(span) => span.is_recording(),
            Self::Noop(_) => false,
        }
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(span) = self.recorded() {
            span.set_attribute(attribute);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(span) = self.recorded() {
            span.set_status(status);
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(span) = self.recorded() {
            span.update_name(new_name);
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(span) = self.recorded() {
            span.add_link(span_context, attributes);
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        if let Some(span) = self.recorded() {
            span.end_with_timestamp(timestamp);
        }
    }
}

// === impl GlobalTracing ===

impl GlobalTracing {
    /// Looks at the global tracer provider, without a span that anybody would see.
    pub(crate) fn look() -> Self {
        IS_ASKED.set(false);
        // A provider of the application may panic.
        let tracer = guarded(|| global::tracer(PROBE));
        if IS_ASKED.get() {
            return Self::Ours;
        }
        let parent = SpanContext::new(
            TraceId::from(1),
            SpanId::from(1),
            TraceFlags::NOT_SAMPLED,
            true,
            TraceState::NONE,
        );
        // OpenTelemetry's own tracer has the ids of the parent; the SDK makes no span where telemetry is suppressed.
        let context = Context::new()
            .with_remote_span_context(parent.clone())
            .with_telemetry_suppressed();
        let is_noop = guarded(|| {
            let span = tracer?.build_with_context(SpanBuilder::from_name(PROBE), &context);
            Some(*span.span_context() == parent)
        });
        match is_noop.flatten() {
            Some(true) => Self::Noop,
            Some(false) | None => Self::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler, SdkTracerProvider};

    use super::*;

    /// The only test of this crate that sets the global provider.
    #[test]
    fn whose_the_global_provider_is_can_be_seen_without_a_span() {
        assert_eq!(GlobalTracing::look(), GlobalTracing::Noop);
        let spans = InMemorySpanExporter::default();
        let builder = SdkTracerProvider::builder().with_simple_exporter(spans.clone());
        let foreign = builder.with_sampler(Sampler::AlwaysOn).build();
        global::set_tracer_provider(foreign.clone());
        assert_eq!(GlobalTracing::look(), GlobalTracing::Foreign);
        assert_eq!(spans.get_finished_spans().unwrap(), []);
        foreign.shutdown().unwrap();
        assert_eq!(GlobalTracing::look(), GlobalTracing::Foreign);

        let without_spans = Tracing::ids_only(std::sync::Arc::new(metrics::NoopRecorder));
        global::set_tracer_provider(GlobalProvider::new(without_spans));
        assert_eq!(GlobalTracing::look(), GlobalTracing::Ours);
        let parent = SpanContext::new(7.into(), 8.into(), TraceFlags::SAMPLED, true, TraceState::NONE);
        let context = Context::new().with_remote_span_context(parent.clone());
        let mut span = global::tracer("library").build_with_context(SpanBuilder::from_name("query"), &context);
        span.set_attribute(KeyValue::new("rows", 3));
        span.end();
        assert_eq!((span.span_context(), span.is_recording()), (&parent, false));
    }
}
