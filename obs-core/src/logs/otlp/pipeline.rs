//! From a record to the exporter's queue.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use metrics::Recorder;
use opentelemetry::{
    Key, TraceFlags as OtelTraceFlags,
    logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _},
};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger, SdkLoggerProvider};
use tracing_core::Metadata;

use super::{
    attributes::{Attributes, field},
    record::Record,
};
use crate::{
    context::{self, RequestContext, SpanId, TraceFlags, TraceId, otel},
    environment::Env,
    logs::{
        encoder::{Encoder, LOG_BRIDGE_TARGET},
        fields::Duplicates,
        ids::Ids,
        output::Output,
        visit::LOG_BRIDGE_FIELDS,
    },
    names::log,
    obs::{InitError, ServiceInfo},
    trace::{Budget, Exporter, FromCode, Limits, check_logs, start_logs},
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
    exporter: Exporter<Box<SdkLogRecord>>,
    limits: Limits,
    /// Makes empty records; nothing else can.
    records: SdkLogger,
}

/// What ties a record to a trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Correlation {
    trace_id: TraceId,
    span_id: SpanId,
    /// Unknown outside of requests.
    flags: Option<TraceFlags>,
}

// === impl OtlpLogs ===

impl OtlpLogs {
    /// Checks the settings. `code` has the collector and whether to export, as far as code says so.
    pub(in crate::logs) fn check(
        (endpoint, export): (Option<&str>, Option<bool>),
        env: Env<'_>,
    ) -> Result<(), InitError> {
        check_logs(FromCode { endpoint, export, ..FromCode::default() }, env)
    }

    /// Starts what the settings ask for: nothing without a collector.
    pub(in crate::logs) fn start(
        output: &Arc<Output>,
        (service, budget): (&ServiceInfo, &Budget),
        (endpoint, export): (Option<&str>, Option<bool>),
        value_limit: Option<usize>,
        env: Env<'_>,
        recorder: &dyn Recorder,
    ) -> Result<Option<Self>, InitError> {
        let code = FromCode { endpoint, export, ..FromCode::default() };
        let Some(exporter) = start_logs(service, budget, code, env, recorder)? else { return Ok(None) };
        let records = SdkLoggerProvider::builder().build().logger("obs");
        let limits = Limits::of_records(value_limit, env);
        Ok(Some(Self(Arc::new(Inner { output: Arc::clone(output), exporter, limits, records }))))
    }

    pub(super) fn encoder(&self) -> &Encoder {
        &self.0.output.encoder
    }

    /// Takes the attributes of one record.
    pub(super) fn attributes(&self, capacity: usize) -> Attributes<'_> {
        Attributes::new(&self.encoder().redactor, self.0.limits, capacity)
    }

    /// Completes the record of an event and hands it on. `event` tells the event's own fields from
    /// those of spans.
    pub(super) fn send_event(&self, mut record: Record, event: Option<&'static Metadata<'static>>) {
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
            Correlation::within_request(request, &record.target)
        });
        let trace = within.or_else(|| Correlation::outside_requests(&record.target));
        record.attributes = attributes.into_list();
        record.body = body;
        self.send(record, trace);
    }

    /// Hands a complete record on.
    pub(super) fn send(&self, record: Record, trace: Option<Correlation>) {
        let Record { target, event_name, at, severity, severity_text, body, attributes } = record;
        let mut out = self.0.records.create_log_record();
        let at = at.unwrap_or_else(SystemTime::now);
        out.set_timestamp(at);
        out.set_observed_timestamp(at);
        out.set_target(target);
        if let Some(name) = event_name {
            out.set_event_name(name);
        }
        if let (Some(severity), Some(text)) = (severity, severity_text) {
            out.set_severity_number(severity);
            out.set_severity_text(text);
        }
        if let Some(body) = body {
            out.set_body(body);
        }
        out.add_attributes(attributes);
        if let Some(Correlation { trace_id, span_id, flags }) = trace {
            let flags = flags.map(|flags| OtelTraceFlags::new(flags.bits()));
            out.set_trace_context(otel::otel_trace_id(trace_id), otel::otel_span_id(span_id), flags);
        }
        self.0.exporter.push(Box::new(out));
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

// === impl Correlation ===

impl Correlation {
    /// Of a request itself.
    pub(super) fn of_request(request: &RequestContext) -> Self {
        Self { trace_id: request.trace_id(), span_id: request.span_id(), flags: Some(request.trace_flags()) }
    }

    fn within_request(request: &RequestContext, target: &str) -> Self {
        let Ids { request: _, trace, span } = Ids::within_request(request, target);
        Self { trace_id: trace, span_id: span, flags: Some(request.trace_flags()) }
    }

    fn outside_requests(target: &str) -> Option<Self> {
        let Ids { request: _, trace, span } = Ids::outside_requests(target)?;
        Some(Self { trace_id: trace, span_id: span, flags: None })
    }
}
