//! One received span with what it belongs to.

use std::{fmt::Write as _, time::Duration};

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{Span, span::Event},
};

use super::Transport;

/// A span as it came over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedSpan {
    /// Who sent it.
    pub resource: Resource,
    /// What made it.
    pub scope: InstrumentationScope,
    /// The span.
    pub span: Span,
    /// How it came.
    pub transport: Transport,
}

// === impl ReceivedSpan ===

impl ReceivedSpan {
    /// The trace id as 32 hex digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// The span id as 16 hex digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// The parent's span id as 16 hex digits, empty for a root.
    #[must_use]
    pub fn parent_span_id(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    /// The attribute `key`; panics when the span has it more than once.
    #[must_use]
    #[track_caller]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        only(&self.span.attributes, key)
    }

    /// The resource attribute `key`; panics when the resource has it more than once.
    #[must_use]
    #[track_caller]
    pub fn resource_attribute(&self, key: &str) -> Option<&Value> {
        only(&self.resource.attributes, key)
    }

    /// The attribute `key` if it is text.
    #[must_use]
    #[track_caller]
    pub fn str(&self, key: &str) -> Option<&str> {
        text(self.attribute(key)?)
    }

    /// The attribute `key` if it was sent as an integer.
    #[must_use]
    #[track_caller]
    pub fn int(&self, key: &str) -> Option<i64> {
        match self.attribute(key)? {
            Value::IntValue(value) => Some(*value),
            _ => None,
        }
    }

    /// The sender's `service.name`.
    #[must_use]
    #[track_caller]
    pub fn service(&self) -> Option<&str> {
        text(self.resource_attribute("service.name")?)
    }

    /// The first event called `name`.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.span.events.iter().find(|event| event.name == name)
    }

    /// From start to end; panics when it ends before it starts.
    #[must_use]
    #[track_caller]
    pub fn duration(&self) -> Duration {
        let nanos = self.span.end_time_unix_nano.checked_sub(self.span.start_time_unix_nano);
        Duration::from_nanos(nanos.unwrap_or_else(|| panic!("a span that ends before it starts: {self:#?}")))
    }
}

#[track_caller]
pub(super) fn only<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let mut found = attributes.iter().filter(|attribute| attribute.key == key);
    let first = found.next();
    assert!(found.next().is_none(), "{key} comes twice in {attributes:#?}");
    match first?.value.as_ref() {
        Some(AnyValue { value }) => value.as_ref(),
        None => None,
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
