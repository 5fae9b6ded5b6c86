//! One received log record with what it belongs to.

use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, any_value::Value},
    logs::v1::LogRecord,
    resource::v1::Resource,
};

use super::{
    Transport,
    span::{hex, only, text},
};

/// A log record as it came over the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedLog {
    /// Who sent it.
    pub resource: Resource,
    /// What made it: its name is the target.
    pub scope: InstrumentationScope,
    /// The record.
    pub record: LogRecord,
    /// How it came.
    pub transport: Transport,
}

// === impl ReceivedLog ===

impl ReceivedLog {
    /// The trace id as 32 hex digits, empty if it has none.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex(&self.record.trace_id)
    }

    /// The span id as 16 hex digits, empty if it has none.
    #[must_use]
    pub fn span_id(&self) -> String {
        hex(&self.record.span_id)
    }

    /// The body if it is text, else empty.
    #[must_use]
    pub fn body(&self) -> &str {
        let body = self.record.body.as_ref().and_then(|body| body.value.as_ref());
        body.and_then(text).unwrap_or_default()
    }

    /// The attribute `key`; panics when the record has it more than once.
    #[must_use]
    #[track_caller]
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        only(&self.record.attributes, key)
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

    /// The keys of the attributes, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<_> = self
            .record
            .attributes
            .iter()
            .map(|attribute| attribute.key.as_str())
            .collect();
        keys.sort_unstable();
        keys
    }

    /// The resource attribute `key` if it is text; panics when the resource has it more than once.
    #[must_use]
    #[track_caller]
    pub fn resource(&self, key: &str) -> Option<&str> {
        text(only(&self.resource.attributes, key)?)
    }
}
