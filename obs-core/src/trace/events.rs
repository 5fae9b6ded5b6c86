//! `tracing` spans and events on their way to OpenTelemetry.

use std::{borrow::Cow, fmt};

use opentelemetry::{KeyValue, trace::TraceContextExt};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_log::NormalizeEvent;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::limited_span::LimitedTracer;
use crate::{
    context::{Ownership, otel},
    formatting::Copies,
};

/// By how much copies are longer than what stays of them, so that it shows that they were cut and no secret
/// is cut in two, in bytes.
const MARGIN: usize = 512;

/// The layer of tracing-opentelemetry, which gets copies of all fields: it would call their `Debug` and
/// `Error` while it holds locks, follow the sources of an error without end, and let panics through.
///
/// Events that are in no `tracing` span, which it leaves out, go to the span of the request, or to the
/// innermost one made by [`span`](super::span).
pub(super) struct SpanLayer<S> {
    inner: OpenTelemetryLayer<S, LimitedTracer>,
    /// The longest text that is copied, in bytes.
    limit: usize,
    ownership: Ownership,
}

/// The fields of an event.
#[derive(Debug)]
struct Fields {
    message: Option<Cow<'static, str>>,
    attributes: Vec<KeyValue>,
}

// === impl SpanLayer ===

impl<S> SpanLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    pub(super) fn new(inner: OpenTelemetryLayer<S, LimitedTracer>, value_limit: usize, ownership: Ownership) -> Self {
        Self {
            inner,
            limit: value_limit.saturating_add(MARGIN),
            ownership,
        }
    }
}

impl<S> Layer<S> for SpanLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        Copies::with_attributes(attributes, self.limit, |copy| self.inner.on_new_span(copy, id, context));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.metadata(id) else { return };
        Copies::with_record(record, span, self.limit, |copy| self.inner.on_record(id, copy, context));
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        self.inner.on_follows_from(id, follows, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        // Asked again: what the filter has decided is lost if another layer logs while it gets this event.
        if !self.ownership.owns_here() {
            return;
        }
        let is_in_span = match event.parent() {
            Some(parent) => context.span(parent).is_some(),
            None => event.is_contextual() && context.lookup_current().is_some(),
        };
        if is_in_span {
            Copies::with_event(event, self.limit, |copy| self.inner.on_event(copy, context));
        } else if event.is_contextual() && is_recording() {
            Copies::with_event(event, self.limit, add_to_active_span);
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.inner.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.inner.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.inner.on_close(id, context);
    }
}

impl<S> fmt::Debug for SpanLayer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanLayer")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// Whether the active span takes anything.
fn is_recording() -> bool {
    otel::map_current(|current| current.span().is_recording()).unwrap_or(false)
}

/// Adds an event, whose fields are copies, to the span that is active.
fn add_to_active_span(event: &Event<'_>) {
    let normalized = event.normalized_metadata();
    let (target, level) = match &normalized {
        Some(log) => (Cow::Owned(log.target().to_owned()), log.level()),
        None => (Cow::Borrowed(event.metadata().target()), event.metadata().level()),
    };
    let mut fields = Fields {
        message: None,
        attributes: Vec::with_capacity(event.fields().count() + 2),
    };
    fields.attributes.push(KeyValue::new("level", level.as_str()));
    fields.attributes.push(KeyValue::new("target", target));
    event.record(&mut fields);
    let Fields { message, attributes } = fields;
    let name = message.unwrap_or_else(|| event.metadata().name().into());
    otel::map_current(|current| current.span().add_event(name, attributes));
}

// === impl Fields ===

impl Fields {
    fn attribute(&mut self, field: &Field, value: impl Into<opentelemetry::Value>) {
        // What the bridge from `log` adds is in the metadata already.
        if !field.name().starts_with("log.") {
            self.attributes.push(KeyValue::new(field.name(), value));
        }
    }

    fn text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = Some(text.into());
        } else {
            self.attribute(field, text);
        }
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attribute(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.attribute(field, value),
            Err(_) => self.attribute(field, value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.attribute(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.attribute(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}
