//! Log records of `tracing` events.

use std::{cell::Cell, fmt};

use obs_otlp::{LogBridge, LogRecord, LogSink, is_export_thread};
use opentelemetry::Context as OtelContext;
use tracing_core::{
    Event, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::OtlpLogs;
use crate::{
    context::{Ownership, otel},
    formatting::Copies,
    logs::parts::MAX_LINE,
    trace::is_request_span,
};

/// Completes the records of events and exports them.
#[derive(Clone, Debug)]
struct Sink {
    logs: OtlpLogs,
    /// Whether records are held with their requests.
    is_held: bool,
}

/// Passes copies of events to the bridge, so that it calls no code of the application.
struct OtlpLayer {
    bridge: LogBridge<Sink>,
    ownership: Ownership,
    /// Whether records are held, beside a layer that sends others.
    is_held: bool,
}

/// Marks an event as the one that the bridge reads on this thread, until it is dropped.
struct Reading {
    before: Option<&'static Metadata<'static>>,
}

thread_local! {
    static EVENT: Cell<Option<&'static Metadata<'static>>> = const { Cell::new(None) };
}

// === impl OtlpLogs ===

impl OtlpLogs {
    /// A layer that sends events; to be put behind the filter.
    pub(in crate::logs) fn layer<S>(&self, ownership: &Ownership) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.layer_with(ownership, false)
    }

    /// A layer that holds the records of events with their requests; to be put behind the filter of such events.
    pub(in crate::logs) fn held_layer<S>(&self, ownership: &Ownership) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        self.layer_with(ownership, true)
    }

    fn layer_with(&self, ownership: &Ownership, is_held: bool) -> OtlpLayer {
        OtlpLayer {
            bridge: LogBridge::new(Sink {
                logs: self.clone(),
                is_held,
            }),
            ownership: ownership.clone(),
            is_held,
        }
    }
}

// === impl Sink ===

impl LogSink for Sink {
    fn is_enabled(&self, target: &str) -> bool {
        !is_export_thread() && !is_suppressed(target)
    }

    fn emit(&self, record: LogRecord) {
        let record = self.logs.complete(record, EVENT.get());
        if self.is_held {
            OtlpLogs::hold(record);
        } else {
            self.logs.send(record);
        }
    }
}

/// Whether OpenTelemetry is at work here, for another exporter: that must not feed on itself.
fn is_suppressed(target: &str) -> bool {
    // OpenTelemetry logs misuse while it borrows its current context: an access to that would panic.
    !target.starts_with(otel::TARGETS) && otel::map_current(OtelContext::is_telemetry_suppressed).unwrap_or(false)
}

// === impl OtlpLayer ===

impl OtlpLayer {
    /// Whether the fields of a span that is worked on here are kept for its records.
    ///
    /// In one place in each span, whatever layer keeps them: the library panics if two do, in the middle of a request. So
    /// that of the instance does that the span belongs to, and all read them.
    fn keeps_fields_of(&self, span: &Metadata<'_>) -> bool {
        !self.is_held && !is_request_span(span) && self.ownership.owns_here()
    }
}

impl<S> Layer<S> for OtlpLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if self.keeps_fields_of(attributes.metadata()) {
            Copies::with_attributes(attributes, MAX_LINE, |copy| self.bridge.on_new_span(copy, id, context));
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.metadata(id).filter(|metadata| self.keeps_fields_of(metadata)) {
            Copies::with_record(record, span, MAX_LINE, |copy| self.bridge.on_record(id, copy, context));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if !self.ownership.owns_here() {
            return;
        }
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
        Self {
            before: EVENT.replace(Some(event)),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        EVENT.set(self.before);
    }
}
