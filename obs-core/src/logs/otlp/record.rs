//! What the bridge tells of an event.

use std::{borrow::Cow, time::SystemTime};

use opentelemetry::{
    Key,
    logs::{AnyValue, LogRecord, Severity},
};
use tracing_core::Level;

/// A log record that is not complete: ids, and what the request context has, come later.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) target: Cow<'static, str>,
    pub(super) event_name: Option<&'static str>,
    pub(super) at: Option<SystemTime>,
    pub(super) severity: Option<Severity>,
    pub(super) severity_text: Option<&'static str>,
    pub(super) body: Option<AnyValue>,
    /// Those of spans first, from the outside in; not unique yet.
    pub(super) attributes: Vec<(Key, AnyValue)>,
}

/// The name of the event that the macros of `tracing` make up: a place in the source.
const MADE_UP_NAME: &str = "event ";

// === impl Record ===

impl LogRecord for Record {
    fn set_event_name(&mut self, name: &'static str) {
        self.event_name = Some(name).filter(|name| !name.starts_with(MADE_UP_NAME));
    }

    fn set_target<T: Into<Cow<'static, str>>>(&mut self, target: T) {
        self.target = target.into();
    }

    fn set_timestamp(&mut self, timestamp: SystemTime) {
        self.at = Some(timestamp);
    }

    /// It is the same moment.
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
        self.attributes.extend(attributes.into_iter().map(|(key, value)| (key.into(), value.into())));
    }

    fn add_attribute<K, V>(&mut self, key: K, value: V)
    where
        K: Into<Key>,
        V: Into<AnyValue>,
    {
        self.attributes.push((key.into(), value.into()));
    }
}

/// A level in the words of OpenTelemetry.
pub(super) fn severity_of(level: Level) -> (Severity, &'static str) {
    let severity = match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    };
    (severity, level.as_str())
}
