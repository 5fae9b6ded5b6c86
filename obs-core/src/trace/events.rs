//! `tracing` events as events of the span that is active.

use std::{borrow::Cow, fmt};

use opentelemetry::{Context as OtelContext, KeyValue, trace::TraceContextExt};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// Adds events that are in no `tracing` span to the span of the request, or to the innermost one
/// made by [`span`](super::span); tracing-opentelemetry leaves them out.
#[derive(Clone, Copy, Debug)]
pub(super) struct RequestEvents;

/// The fields of an event.
#[derive(Debug)]
struct Fields {
    message: Option<Cow<'static, str>>,
    attributes: Vec<KeyValue>,
}

// === impl RequestEvents ===

impl<S> Layer<S> for RequestEvents
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let stands_alone = event.is_contextual() && ctx.lookup_current().is_none();
        if !stands_alone || !OtelContext::map_current(|current| current.span().is_recording()) {
            return;
        }
        let normalized = event.normalized_metadata();
        let (target, level) = match &normalized {
            Some(log) => (Cow::Owned(log.target().to_owned()), log.level()),
            None => (Cow::Borrowed(event.metadata().target()), event.metadata().level()),
        };
        let mut fields = Fields { message: None, attributes: Vec::with_capacity(event.fields().count() + 2) };
        fields.attributes.push(KeyValue::new("level", level.as_str()));
        fields.attributes.push(KeyValue::new("target", target));
        event.record(&mut fields);
        let Fields { message, attributes } = fields;
        let name = message.unwrap_or_else(|| event.metadata().name().into());
        OtelContext::map_current(|current| current.span().add_event(name, attributes));
    }
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
