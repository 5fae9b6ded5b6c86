//! Conversion of `tracing` events to log records.

use std::fmt;

use opentelemetry::{
    InstrumentationScope,
    logs::{Logger, LoggerProvider, Severity},
};
use opentelemetry_appender_tracing::layer::{OpenTelemetryTracingBridge, TracingSpanAttributes};
use tracing_core::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use crate::{LogRecord, LogSink};

/// A `tracing` layer that converts events to log records and passes them to a [`LogSink`].
///
/// Uses `opentelemetry-appender-tracing`. Fields of the event's spans become attributes. Without the feature `logs` the
/// layer does nothing.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use obs_otlp::{LogBridge, LogRecord, LogSink};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// #[derive(Clone, Default)]
/// struct Records(Arc<Mutex<Vec<LogRecord>>>);
/// impl LogSink for Records {
///     fn is_enabled(&self, target: &str) -> bool {
///         target != "chatty"
///     }
///     fn emit(&self, record: LogRecord) {
///         self.0.lock().unwrap().push(record);
///     }
/// }
///
/// let records = Records::default();
/// let subscriber = tracing_subscriber::registry().with(LogBridge::new(records.clone()));
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info!(target: "shop", count = 3, "ordered");
///     tracing::info!(target: "chatty", "ignored");
/// });
/// # if cfg!(feature = "logs") {
/// let records = records.0.lock().unwrap();
/// assert_eq!((records.len(), &*records[0].target, records[0].severity_text), (1, "shop", Some("INFO")));
/// # }
/// ```
pub struct LogBridge<K: LogSink>(OpenTelemetryTracingBridge<Provider<K>, Provider<K>>);

/// The provider and logger of the bridge, in place of those of the SDK.
#[derive(Clone)]
struct Provider<K>(K);

// === impl LogBridge ===

impl<K: LogSink> LogBridge<K> {
    /// A layer that passes the record of each event to `sink`, on the thread of the event.
    #[must_use]
    pub fn new(sink: K) -> Self {
        let builder = OpenTelemetryTracingBridge::builder(&Provider(sink));
        Self(
            builder
                .with_tracing_span_attributes(TracingSpanAttributes::all())
                .build(),
        )
    }
}

impl<K: LogSink> fmt::Debug for LogBridge<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogBridge").finish_non_exhaustive()
    }
}

impl<S, K> Layer<S> for LogBridge<K>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    K: LogSink,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        self.0.on_event(event, context);
    }
}

// === impl Provider ===

impl<K: LogSink> LoggerProvider for Provider<K> {
    type Logger = Self;

    fn logger_with_scope(&self, _: InstrumentationScope) -> Self {
        self.clone()
    }
}

impl<K: LogSink> Logger for Provider<K> {
    type LogRecord = LogRecord;

    fn create_log_record(&self) -> LogRecord {
        LogRecord::default()
    }

    fn emit(&self, record: LogRecord) {
        self.0.emit(record);
    }

    fn event_enabled(&self, _: Severity, target: &str, _: Option<&str>) -> bool {
        self.0.is_enabled(target)
    }
}
