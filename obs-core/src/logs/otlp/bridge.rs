//! The bridge of `opentelemetry-appender-tracing`, between guards.

use std::{cell::Cell, fmt};

use opentelemetry::{
    Context as OtelContext, InstrumentationScope,
    logs::{Logger, LoggerProvider, Severity},
};
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use tracing_core::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record as SpanRecord},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{OtlpLogs, record::Record};
use crate::{
    context::otel,
    formatting::Copies,
    logs::parts::MAX_LINE,
    trace::{is_export_thread, is_request_span},
};

/// Takes the place of the SDK's provider, and of its logger: records are completed by us.
#[derive(Clone, Debug)]
struct Sink(OtlpLogs);

/// Hands copies of events to the bridge, so that it calls no code of the application; keeps away what the
/// export itself logs.
struct OtlpLayer {
    bridge: OpenTelemetryTracingBridge<Sink, Sink>,
}

/// While it lives, the bridge reads an event on this thread.
struct Reading {
    before: Option<&'static Metadata<'static>>,
}

thread_local! {
    static EVENT: Cell<Option<&'static Metadata<'static>>> = const { Cell::new(None) };
}

// === impl OtlpLogs ===

impl OtlpLogs {
    /// A layer that sends events; to be put behind the filter.
    pub(in crate::logs) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let sink = Sink(self.clone());
        let bridge = OpenTelemetryTracingBridge::builder(&sink)
            .with_tracing_span_attributes(TracingSpanAttributes::all())
            .build();
        OtlpLayer { bridge }
    }
}

// === impl Sink ===

impl LoggerProvider for Sink {
    type Logger = Self;

    fn logger_with_scope(&self, _: InstrumentationScope) -> Self {
        self.clone()
    }
}

impl Logger for Sink {
    type LogRecord = Record;

    fn create_log_record(&self) -> Record {
        Record::default()
    }

    fn emit(&self, record: Record) {
        self.0.send_event(record, EVENT.get());
    }

    fn event_enabled(&self, _: Severity, target: &str, _: Option<&str>) -> bool {
        !is_export_thread() && !is_suppressed(target)
    }
}

/// Whether OpenTelemetry is at work here, for another exporter: that must not feed on itself.
fn is_suppressed(target: &str) -> bool {
    // OpenTelemetry warns of misuse while it holds its current context: to ask for it then panics.
    !target.starts_with(otel::TARGETS) && otel::map_current(OtelContext::is_telemetry_suppressed).unwrap_or(false)
}

// === impl OtlpLayer ===

impl<S> Layer<S> for OtlpLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_request_span(attributes.metadata()) {
            Copies::with_attributes(attributes, MAX_LINE, |copy| self.bridge.on_new_span(copy, id, context));
        }
    }

    fn on_record(&self, id: &Id, record: &SpanRecord<'_>, context: Context<'_, S>) {
        if let Some(span) = context.metadata(id).filter(|metadata| !is_request_span(metadata)) {
            Copies::with_record(record, span, MAX_LINE, |copy| self.bridge.on_record(id, copy, context));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let _reading = Reading::begin(metadata);
        Copies::with_event(event, MAX_LINE, |copy| self.bridge.on_event(copy, context));
    }
}

impl fmt::Debug for OtlpLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpLayer").finish_non_exhaustive()
    }
}

// === impl Reading ===

impl Reading {
    /// An event may be logged while another one is being read: by a `Debug` impl.
    fn begin(event: &'static Metadata<'static>) -> Self {
        Self { before: EVENT.replace(Some(event)) }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        EVENT.set(self.before);
    }
}
