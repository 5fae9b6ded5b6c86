//! Log records.

use std::{borrow::Cow, time::SystemTime};

use obs_base::ids::{SpanId, TraceFlags, TraceId};
use opentelemetry::{
    Key,
    logs::{AnyValue, Severity},
};

/// A log record of OpenTelemetry's
/// [data model](https://opentelemetry.io/docs/specs/otel/logs/data-model/). Its fields are written by a
/// [`LogBridge`](crate::LogBridge), or set one by one where a record is made of something else than an event.
#[derive(Clone, Debug, Default)]
pub struct LogRecord {
    /// The name of the instrumentation scope.
    pub target: Cow<'static, str>,
    /// The name of the event; `None` for a name that the macros of `tracing` generate from the source location.
    pub event_name: Option<&'static str>,
    /// The time of the event; if it is unknown, the time of the export is sent.
    pub at: Option<SystemTime>,
    /// The severity, 1 to 24.
    pub severity: Option<Severity>,
    /// The severity as its source names it, such as `INFO`.
    pub severity_text: Option<&'static str>,
    /// The message.
    pub body: Option<AnyValue>,
    /// The attributes: those of the event's spans, from the outermost to the innermost one, then its own.
    pub attributes: Vec<(Key, AnyValue)>,
    /// The trace that the record belongs to; `None` outside of a trace.
    pub trace: Option<TraceContext>,
}

/// The trace that a log record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// The trace flags, of which the lowest bit says whether the trace is sampled; `None` if they are unknown.
    pub flags: Option<TraceFlags>,
}

/// The receiver of the log records that a [`LogBridge`](crate::LogBridge) creates from `tracing` events.
pub trait LogSink: Clone + Send + Sync + 'static {
    /// Whether events of this target are currently exported. Called before a record is created.
    fn is_enabled(&self, target: &str) -> bool;

    /// Receives the record of an event, with the attributes of its spans and without trace ids.
    fn emit(&self, record: LogRecord);
}

/// The prefix of the event names that the macros of `tracing` generate, before the source location.
const GENERATED_NAME: &str = "event ";

// === impl LogRecord ===

impl opentelemetry::logs::LogRecord for LogRecord {
    fn set_event_name(&mut self, name: &'static str) {
        self.event_name = Some(name).filter(|name| !name.starts_with(GENERATED_NAME));
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        self.target = target.into();
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        self.at = Some(timestamp);
    }

    /// Ignored: the observed timestamp is that of the event.
    fn set_observed_timestamp(&mut self, _: SystemTime) {}

    fn set_severity_text(&mut self, text: &'static str) {
        self.severity_text = Some(text);
    }

    fn set_severity_number(&mut self, number: Severity) {
        self.severity = Some(number);
    }

    fn set_body(&mut self, body: AnyValue) {
        self.body = Some(body);
    }

    fn add_attributes<I, K, V>(&mut self, attributes: I)
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        self.attributes
            .extend(attributes.into_iter().map(|(key, value)| (key.into(), value.into())));
    }

    fn add_attribute<K, V>(&mut self, key: K, value: V)
    where
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        self.attributes.push((key.into(), value.into()));
    }
}
