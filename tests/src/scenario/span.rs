//! A span, whatever way it came.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    time::Duration,
};

use opentelemetry::{KeyValue as ApiKeyValue, Value, trace::SpanKind};
use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value},
    trace::v1::{span::SpanKind as ProtoKind, status::StatusCode},
};
use opentelemetry_sdk::trace::SpanData;

use crate::otlp::{ReceivedSpan, Transport};

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// An integer.
    Int(i64),
    /// Anything else, as its debug text.
    Other(String),
}

/// Attributes by key.
pub type Attributes = BTreeMap<String, Attribute>;

/// A finished span of the SDK, or one that an OTLP receiver got.
#[derive(Clone, Debug)]
pub struct SeenSpan {
    /// 32 hex digits.
    pub trace_id: String,
    /// 16 hex digits.
    pub span_id: String,
    /// 16 hex digits, empty for a root.
    pub parent_span_id: String,
    /// The name.
    pub name: String,
    /// Whether it is a server span.
    pub is_server: bool,
    /// The attributes; a key that comes twice is a panic.
    pub attributes: Attributes,
    /// `unset`, `ok`, `error`.
    pub status: &'static str,
    /// The start, in nanoseconds since 1970.
    pub start: u128,
    /// From start to end.
    pub duration: Duration,
    /// Trace and span ids of the links.
    pub links: Vec<(String, String)>,
    /// Names and attributes of the events.
    pub events: Vec<(String, Attributes)>,
    /// How it came, and from which service; none for the SDK's own.
    pub received: Option<(Transport, String)>,
}

// === impl SeenSpan ===

impl SeenSpan {
    /// The attribute `key` if it is text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.attributes.get(key)? {
            Attribute::Text(text) => Some(text),
            Attribute::Int(_) | Attribute::Other(_) => None,
        }
    }

    /// The attribute `key` if it is an integer.
    #[must_use]
    pub fn int(&self, key: &str) -> Option<i64> {
        match self.attributes.get(key)? {
            Attribute::Int(value) => Some(*value),
            Attribute::Text(_) | Attribute::Other(_) => None,
        }
    }
}

impl From<&SpanData> for SeenSpan {
    fn from(span: &SpanData) -> Self {
        let hex_or_empty = |id: opentelemetry::SpanId| match id {
            opentelemetry::SpanId::INVALID => String::new(),
            id => id.to_string(),
        };
        Self {
            trace_id: span.span_context.trace_id().to_string(),
            span_id: span.span_context.span_id().to_string(),
            parent_span_id: hex_or_empty(span.parent_span_id),
            name: span.name.to_string(),
            is_server: span.span_kind == SpanKind::Server,
            attributes: of_api(&span.attributes),
            status: match span.status {
                opentelemetry::trace::Status::Unset => "unset",
                opentelemetry::trace::Status::Ok => "ok",
                opentelemetry::trace::Status::Error { .. } => "error",
            },
            start: nanos(span.start_time),
            duration: Duration::from_nanos(
                u64::try_from(nanos(span.end_time).saturating_sub(nanos(span.start_time))).unwrap_or(u64::MAX),
            ),
            links: (span.links.iter())
                .map(|link| {
                    (
                        link.span_context.trace_id().to_string(),
                        link.span_context.span_id().to_string(),
                    )
                })
                .collect(),
            events: span
                .events
                .iter()
                .map(|event| (event.name.to_string(), of_api(&event.attributes)))
                .collect(),
            received: None,
        }
    }
}

impl From<&ReceivedSpan> for SeenSpan {
    fn from(received: &ReceivedSpan) -> Self {
        let span = &received.span;
        let status = span.status.clone().unwrap_or_default().code;
        Self {
            trace_id: received.trace_id(),
            span_id: received.span_id(),
            parent_span_id: received.parent_span_id(),
            name: span.name.clone(),
            is_server: span.kind == ProtoKind::Server as i32,
            attributes: of_proto(&span.attributes),
            status: match StatusCode::try_from(status) {
                Ok(StatusCode::Unset) => "unset",
                Ok(StatusCode::Ok) => "ok",
                Ok(StatusCode::Error) => "error",
                Err(_) => "none that OTLP knows",
            },
            start: span.start_time_unix_nano.into(),
            duration: received.duration(),
            links: span
                .links
                .iter()
                .map(|link| (hex(&link.trace_id), hex(&link.span_id)))
                .collect(),
            events: span
                .events
                .iter()
                .map(|event| (event.name.clone(), of_proto(&event.attributes)))
                .collect(),
            received: Some((received.transport, received.service().unwrap_or_default().to_owned())),
        }
    }
}

impl fmt::Display for SeenSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trace_id,
            span_id,
            parent_span_id,
            name,
            is_server,
            attributes,
            status,
            duration,
            ..
        } = self;
        let kind = if *is_server { "server" } else { "other" };
        write!(
            f,
            "{name:?} {kind} {trace_id}/{span_id} < {parent_span_id:?} {status} {duration:?}"
        )?;
        for (key, value) in attributes {
            write!(f, "\n        {key} = {value:?}")?;
        }
        for (trace, span) in &self.links {
            write!(f, "\n        link {trace}/{span}")?;
        }
        for (event, attributes) in &self.events {
            write!(f, "\n        event {event} {attributes:?}")?;
        }
        Ok(())
    }
}

fn put(out: &mut Attributes, key: &str, value: Attribute) {
    let before = out.insert(key.to_owned(), value);
    assert!(before.is_none(), "attribute {key} comes twice");
}

fn of_api(attributes: &[ApiKeyValue]) -> Attributes {
    let mut out = Attributes::new();
    for attribute in attributes {
        let value = match &attribute.value {
            Value::String(text) => Attribute::Text(text.as_str().to_owned()),
            Value::I64(value) => Attribute::Int(*value),
            other => Attribute::Other(format!("{other:?}")),
        };
        put(&mut out, attribute.key.as_str(), value);
    }
    out
}

fn of_proto(attributes: &[KeyValue]) -> Attributes {
    let mut out = Attributes::new();
    for attribute in attributes {
        let value = match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
            Some(any_value::Value::StringValue(text)) => Attribute::Text(text.clone()),
            Some(any_value::Value::IntValue(value)) => Attribute::Int(*value),
            other => Attribute::Other(format!("{other:?}")),
        };
        put(&mut out, &attribute.key, value);
    }
    out
}

fn nanos(time: std::time::SystemTime) -> u128 {
    since_epoch(time).as_nanos()
}

/// Stamps are compared with stamps only; durations come from the spans' own clock.
fn since_epoch(time: std::time::SystemTime) -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "a stamp is turned into the number that OTLP has, no duration"
    )]
    time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
