//! From a record to the exporter's queue.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, SystemTime},
};

use metrics::Recorder;
use obs_base::{InitError, ServiceInfo};
use obs_otlp::{
    Budget, CodeSettings, ExporterConfig, HeapSize, LogExporter, LogRecord, OtlpSettings, TraceContext, check_logs,
    start_logs,
};
use opentelemetry::{Key, logs::AnyValue};
use tracing_core::Metadata;

use super::attributes::{Attributes, field};
use crate::{
    context::{self, RequestContext},
    environment::Env,
    logs::{
        encoder::{Encoder, LOG_BRIDGE_TARGET},
        fields::Duplicates,
        ids::Ids,
        output::Output,
        visit::LOG_BRIDGE_FIELDS,
    },
    names::log,
    trace::Limits,
};

/// The field by which the `log` bridge hands over a record's target.
const LOG_BRIDGE_FIELD_TARGET: &str = "log.target";

/// The way of log records to a collector; clones share it.
#[derive(Clone, Debug)]
pub(in crate::logs) struct OtlpLogs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Whose redaction list holds here too.
    output: Arc<Output>,
    exporter: LogExporter<Box<LogRecord>>,
    limits: Limits,
}

// === impl OtlpLogs ===

impl OtlpLogs {
    /// Checks the settings of code: those of the export, and whether to export.
    pub(in crate::logs) fn check((otlp, export): (&OtlpSettings, Option<bool>), env: Env<'_>) -> Result<(), InitError> {
        check_logs(
            CodeSettings {
                otlp,
                export,
                ..CodeSettings::default()
            },
            env,
        )
    }

    /// Starts the export that the settings enable: none without a collector.
    pub(in crate::logs) fn start(
        output: &Arc<Output>,
        (service, budget): (&ServiceInfo, &Budget),
        (otlp, export): (&OtlpSettings, Option<bool>),
        value_limit: Option<usize>,
        env: Env<'_>,
        recorder: &dyn Recorder,
    ) -> Result<Option<Self>, InitError> {
        let code = CodeSettings {
            otlp,
            export,
            ..CodeSettings::default()
        };
        let config = ExporterConfig {
            service,
            budget,
            code,
            env,
            recorder,
        };
        let Some(exporter) = start_logs(&config)? else {
            return Ok(None);
        };
        let limits = Limits::of_records(value_limit, env);
        Ok(Some(Self(Arc::new(Inner {
            output: Arc::clone(output),
            exporter,
            limits,
        }))))
    }

    pub(super) fn encoder(&self) -> &Encoder {
        &self.0.output.encoder
    }

    /// Takes the attributes of one record.
    pub(super) fn attributes(&self, capacity: usize) -> Attributes<'_> {
        Attributes::new(&self.encoder().redactor, self.0.limits, capacity)
    }

    /// Completes the record of an event. `event` tells the event's own fields from those of spans.
    pub(super) fn complete(&self, mut record: LogRecord, event: Option<&'static Metadata<'static>>) -> LogRecord {
        let from_log = record.target == LOG_BRIDGE_TARGET;
        let given = std::mem::take(&mut record.attributes);
        let mut attributes = self.attributes(given.len() + 8);
        let body = record.body.take().map(|body| attributes.fit(body));
        for (key, value) in given {
            if from_log && key.as_str().starts_with(LOG_BRIDGE_FIELDS) {
                if let (LOG_BRIDGE_FIELD_TARGET, AnyValue::String(target)) = (key.as_str(), value) {
                    record.target = String::from(target).into();
                }
                continue;
            }
            attributes.put(key, value, Duplicates::LastWins);
        }
        let within = context::with_current(|request| {
            attributes.push_own(log::REQUEST_ID, request.request_id().to_owned());
            add_context_fields(&mut attributes, request, event);
            within_request(request, &record.target)
        });
        self.add_constants(&mut attributes);
        record.trace = within.or_else(|| outside_requests(&record.target));
        record.attributes = attributes.into_list();
        record.body = body;
        record.at.get_or_insert_with(SystemTime::now);
        record
    }

    /// Holds a record with the request that it belongs to, marked as such.
    pub(super) fn hold(mut record: LogRecord) {
        record
            .attributes
            .push((Key::from_static_str(log::HELD), AnyValue::Boolean(true)));
        let record = Box::new(record);
        let bytes = record.heap_size();
        context::with_current(|request| {
            if let Some(entry) = request.parts().entry() {
                entry.hold_record(record, bytes);
            }
        });
    }

    /// Exports a record that a request has held.
    pub(in crate::logs) fn send_held(&self, record: Box<dyn Any + Send>) {
        if let Ok(record) = record.downcast::<LogRecord>() {
            self.0.exporter.push(record);
        }
    }

    /// Adds the constant fields whose keys are not taken.
    pub(super) fn add_constants(&self, attributes: &mut Attributes<'_>) {
        for (key, value) in self.encoder().constants.iter() {
            attributes.put(Key::from(key.clone()), field(value), Duplicates::FirstWins);
        }
    }

    /// Exports a complete record.
    pub(super) fn send(&self, mut record: LogRecord) {
        record.at.get_or_insert_with(SystemTime::now);
        self.0.exporter.push(Box::new(record));
    }

    /// Exports what has been recorded so far. False if that did not succeed within `timeout`.
    pub(in crate::logs) fn flush(&self, timeout: Duration) -> bool {
        self.0.exporter.flush(timeout)
    }

    /// Starts what [`shutdown`](Self::shutdown) waits for.
    pub(in crate::logs) fn begin_shutdown(&self, timeout: Duration) {
        self.0.exporter.begin_shutdown(timeout);
    }

    /// Exports what has been recorded so far and ends. False if that did not succeed.
    pub(in crate::logs) fn shutdown(&self, timeout: Duration) -> bool {
        self.0.exporter.shutdown(timeout)
    }
}

/// Adds the fields of a request context, but none that the event itself has.
fn add_context_fields(
    attributes: &mut Attributes<'_>,
    request: &RequestContext,
    event: Option<&'static Metadata<'static>>,
) {
    let taken = |key: &str| event.is_some_and(|event| event.fields().field(key).is_some());
    request.with_fields(|fields| {
        for (key, value) in fields.iter().filter(|(key, _)| !taken(key)) {
            attributes.put(Key::from(key.to_string()), field(value), Duplicates::LastWins);
        }
    });
}

/// The trace of the record of a request itself.
pub(super) fn of_request(request: &RequestContext) -> TraceContext {
    TraceContext {
        trace_id: request.trace_id(),
        span_id: request.span_id(),
        flags: Some(request.trace_flags()),
    }
}

fn within_request(request: &RequestContext, target: &str) -> TraceContext {
    let Ids {
        request: _,
        trace,
        span,
        sampled: _,
    } = Ids::within_request(request, target);
    TraceContext {
        trace_id: trace,
        span_id: span,
        flags: Some(request.trace_flags()),
    }
}

fn outside_requests(target: &str) -> Option<TraceContext> {
    let Ids {
        request: _,
        trace,
        span,
        sampled: _,
    } = Ids::outside_requests(target)?;
    Some(TraceContext {
        trace_id: trace,
        span_id: span,
        flags: None,
    })
}
