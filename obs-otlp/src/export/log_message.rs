//! Log records as the OTLP message `ExportLogsServiceRequest`.
//!
//! The numbers are those of the fields in [opentelemetry-proto], file `logs/v1/logs.proto` and those it uses.
//!
//! [opentelemetry-proto]: https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto

use std::time::SystemTime;

use obs_base::protobuf::Message;
use opentelemetry::logs::AnyValue;
use opentelemetry_sdk::Resource;

use super::{
    BoxError,
    progress::Progress,
    sender::Sender,
    settings::ExportSettings,
    span_message::{Origin, nanoseconds},
    worker::BatchExporter,
};
use crate::{LogRecord, TraceContext};

/// The usual size of a record, in bytes.
const USUAL_RECORD: usize = 384;

/// Sends log records to a collector.
#[derive(Debug)]
pub(super) struct LogExporter {
    origin: Origin,
    sender: Sender,
}

// === impl LogExporter ===

impl LogExporter {
    /// Must be made and used inside a runtime.
    pub(super) fn new(settings: &ExportSettings, resource: &Resource) -> Result<Self, BoxError> {
        Ok(Self {
            origin: Origin::new(resource),
            sender: Sender::new(settings)?,
        })
    }
}

impl BatchExporter for LogExporter {
    type Item = Box<LogRecord>;

    async fn export(&self, batch: Vec<Self::Item>, progress: &Progress) {
        let (message, items) = (request(&self.origin, &batch), batch.len());
        drop(batch);
        self.sender.send(message, items, progress).await;
    }
}

/// The message of these records, in a scope for each target.
fn request(origin: &Origin, records: &[Box<LogRecord>]) -> Vec<u8> {
    let mut seen: Vec<&str> = Vec::new();
    origin.message(records.len() * USUAL_RECORD, |message| {
        for (at, first) in records.iter().enumerate() {
            let target = &*first.target;
            if seen.contains(&target) {
                continue;
            }
            seen.push(target);
            message.message(2, |message| {
                message.message(1, |scope| scope.bytes(1, target.as_bytes()));
                for record in records[at..].iter().filter(|record| record.target == target) {
                    message.message(2, |message| put_record(message, record));
                }
            });
        }
    })
}

fn put_record(message: &mut Message, record: &LogRecord) {
    let LogRecord {
        target: _,
        event_name,
        at,
        severity,
        severity_text,
        body,
        attributes,
        trace,
    } = record;
    let at = nanoseconds(at.unwrap_or_else(SystemTime::now));
    message.fixed64(1, at);
    // The numbers of the data model are those of the message.
    message.varint(2, severity.map_or(0, |severity| u64::from(severity as u8)));
    message.bytes(3, severity_text.unwrap_or_default().as_bytes());
    if let Some(body) = body {
        message.message(5, |message| put_value(message, body));
    }
    for (key, value) in attributes {
        message.message(6, |message| put_pair(message, key.as_str(), value));
    }
    if let Some(TraceContext {
        trace_id,
        span_id,
        flags,
    }) = trace
    {
        message.fixed32(8, flags.map_or(0, |flags| flags.bits().into()));
        message.put_bytes(9, &trace_id.get().to_be_bytes());
        message.put_bytes(10, &span_id.get().to_be_bytes());
    }
    message.fixed64(11, at);
    message.bytes(12, event_name.unwrap_or_default().as_bytes());
}

fn put_pair(message: &mut Message, key: &str, value: &AnyValue) {
    message.bytes(1, key.as_bytes());
    message.message(2, |message| put_value(message, value));
}

fn put_value(message: &mut Message, value: &AnyValue) {
    match value {
        AnyValue::String(text) => message.put_bytes(1, text.as_str().as_bytes()),
        AnyValue::Boolean(truth) => message.put_varint(2, (*truth).into()),
        AnyValue::Int(number) => message.put_varint(3, number.cast_unsigned()),
        AnyValue::Double(number) => message.put_double(4, *number),
        AnyValue::ListAny(list) => message.message(5, |message| {
            list.iter()
                .for_each(|value| message.message(1, |message| put_value(message, value)));
        }),
        AnyValue::Map(map) => message.message(6, |message| {
            map.iter()
                .for_each(|(key, value)| message.message(1, |message| put_pair(message, key.as_str(), value)));
        }),
        AnyValue::Bytes(bytes) => message.put_bytes(7, bytes),
        // Kinds that a later OpenTelemetry may have: the text is better than nothing.
        other => message.put_bytes(1, format!("{other:?}").as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        borrow::Cow,
        collections::HashMap,
        time::{Duration, UNIX_EPOCH},
    };

    use obs_base::ids::{SpanId, TraceFlags, TraceId};
    use opentelemetry::{
        InstrumentationScope, Key,
        logs::{LogRecord as _, Logger as _, LoggerProvider as _, Severity},
    };
    use opentelemetry_proto::{
        tonic::{collector::logs::v1::ExportLogsServiceRequest, logs::v1::ScopeLogs},
        transform::{common::tonic::ResourceAttributesWithSchema, logs::tonic::group_logs_by_resource_and_scope},
    };
    use opentelemetry_sdk::logs::{LogBatch, SdkLogRecord, SdkLoggerProvider};
    use proptest::{collection::vec, option, prelude::*};
    use prost::Message as _;

    use super::*;

    fn value() -> impl Strategy<Value = AnyValue> {
        let leaf = prop_oneof![
            ".{0,40}".prop_map(AnyValue::from),
            any::<bool>().prop_map(AnyValue::from),
            any::<i64>().prop_map(AnyValue::from),
            (-1e9..1e9).prop_map(AnyValue::from),
            vec(any::<u8>(), 0..20).prop_map(|bytes| AnyValue::Bytes(Box::new(bytes))),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(|list| AnyValue::ListAny(Box::new(list))),
                // One key: the order of more is not fixed.
                option::of(("[a-z]{1,8}", inner)).prop_map(|pair| {
                    let map: HashMap<_, _> = pair.into_iter().map(|(key, value)| (Key::from(key), value)).collect();
                    AnyValue::Map(Box::new(map))
                }),
            ]
        })
    }

    fn record() -> impl Strategy<Value = LogRecord> {
        let severity = prop_oneof![
            Just(None),
            Just(Some((Severity::Trace, "TRACE"))),
            Just(Some((Severity::Info, "INFO"))),
            Just(Some((Severity::Fatal4, "FATAL"))),
        ];
        let trace = (1_u128.., 1_u64.., option::of(any::<u8>())).prop_map(|(trace_id, span_id, flags)| TraceContext {
            trace_id: TraceId::new(trace_id).unwrap(),
            span_id: SpanId::new(span_id).unwrap(),
            flags: flags.map(TraceFlags::from_bits),
        });
        let name = option::of(Just("order placed"));
        let attributes = vec(("[a-z.]{1,12}", value()), 0..6);
        (
            "[a-c]",
            name,
            any::<u32>(),
            severity,
            option::of(value()),
            attributes,
            option::of(trace),
        )
            .prop_map(
                |(target, event_name, at, severity, body, attributes, trace)| LogRecord {
                    target: Cow::Owned(target),
                    event_name,
                    at: Some(UNIX_EPOCH + Duration::from_micros(at.into())),
                    severity: severity.map(|(severity, _)| severity),
                    severity_text: severity.map(|(_, text)| text),
                    body,
                    attributes: attributes
                        .into_iter()
                        .map(|(key, value)| (Key::from(key), value))
                        .collect(),
                    trace,
                },
            )
    }

    /// The record as the SDK has it.
    fn of_sdk(record: &LogRecord, mut sdk: SdkLogRecord) -> SdkLogRecord {
        let record = record.clone();
        sdk.set_timestamp(record.at.unwrap());
        sdk.set_observed_timestamp(record.at.unwrap());
        sdk.set_target(record.target);
        record.event_name.into_iter().for_each(|name| sdk.set_event_name(name));
        record
            .severity
            .into_iter()
            .for_each(|severity| sdk.set_severity_number(severity));
        record
            .severity_text
            .into_iter()
            .for_each(|text| sdk.set_severity_text(text));
        record.body.into_iter().for_each(|body| sdk.set_body(body));
        sdk.add_attributes(record.attributes);
        if let Some(TraceContext {
            trace_id,
            span_id,
            flags,
        }) = record.trace
        {
            let flags = flags.map(|flags| opentelemetry::TraceFlags::new(flags.bits()));
            sdk.set_trace_context(trace_id.get().into(), span_id.get().into(), flags);
        }
        sdk
    }

    fn sorted(mut request: ExportLogsServiceRequest) -> ExportLogsServiceRequest {
        let name = |scope: &ScopeLogs| scope.scope.as_ref().map(|scope| scope.name.clone());
        request
            .resource_logs
            .iter_mut()
            .for_each(|logs| logs.scope_logs.sort_by_key(name));
        request
    }

    proptest! {
        #[test]
        fn a_collector_reads_what_the_library_would_send(records in vec(record().prop_map(Box::new), 1..6)) {
            let resource = Resource::builder_empty().with_service_name("shop").build();
            let logger = SdkLoggerProvider::builder().build().logger("test");
            let scope = InstrumentationScope::default();
            let sdk: Vec<_> = records.iter().map(|record| of_sdk(record, logger.create_log_record())).collect();
            let with_scope: Vec<_> = sdk.iter().map(|record| (record, &scope)).collect();
            let with_schema = ResourceAttributesWithSchema::from(&resource);
            let resource_logs = group_logs_by_resource_and_scope(&LogBatch::new(&with_scope), &with_schema);
            let ours = ExportLogsServiceRequest::decode(&*request(&Origin::new(&resource), &records)).unwrap();
            prop_assert_eq!(sorted(ours), sorted(ExportLogsServiceRequest { resource_logs }));
        }
    }
}
