//! Spans as the OTLP message `ExportTraceServiceRequest`.
//!
//! The numbers are those of the fields in [opentelemetry-proto], file `trace/v1/trace.proto` and those it uses.
//!
//! [opentelemetry-proto]: https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto

use std::time::SystemTime;

use obs_base::{clock, protobuf::Message};
use opentelemetry::{
    Array, InstrumentationScope, Key, KeyValue, Value,
    trace::{Link, SpanId, SpanKind, Status, TraceState},
};
use opentelemetry_sdk::{Resource, trace::SpanData};

use super::{BoxError, progress::Progress, sender::Sender, settings::ExportSettings, worker::BatchExporter};
use crate::HeapSize;

/// The usual size of a span, in bytes.
const USUAL_SPAN: usize = 384;
/// `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK`: it is known whether the parent is remote.
const KNOWS_REMOTE: u32 = 0x100;
/// `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`
const IS_REMOTE: u32 = 0x200;

/// Sends spans to a collector.
pub(super) struct SpanExporter<T> {
    origin: Origin,
    sender: Sender,
    /// Makes a span of what was queued.
    complete: Box<dyn Fn(T) -> SpanData + Send>,
}

/// The resource, which all messages of an exporter have in common.
#[derive(Debug)]
pub(super) struct Origin {
    /// A `Resource`, encoded.
    resource: Vec<u8>,
    schema_url: String,
}

// === impl SpanExporter ===

impl<T> SpanExporter<T> {
    /// Must be made and used inside a runtime.
    pub(super) fn new(
        settings: &ExportSettings,
        resource: &Resource,
        complete: Box<dyn Fn(T) -> SpanData + Send>,
    ) -> Result<Self, BoxError> {
        Ok(Self {
            origin: Origin::new(resource),
            sender: Sender::new(settings)?,
            complete,
        })
    }
}

impl<T: HeapSize> BatchExporter for SpanExporter<T> {
    type Item = T;

    async fn export(&self, batch: Vec<T>, progress: &Progress) {
        let items = batch.len();
        // The memory of the spans is free before the collector has answered.
        let message = {
            let spans: Vec<_> = batch.into_iter().map(&self.complete).collect();
            self.origin.request(&spans)
        };
        self.sender.send(message, items, progress).await;
    }
}

// === impl Origin ===

impl Origin {
    pub(super) fn new(resource: &Resource) -> Self {
        let mut message = Message::default();
        for (key, value) in resource {
            put_attribute(&mut message, 1, key, value);
        }
        let schema_url = resource.schema_url().unwrap_or_default().to_owned();
        Self {
            resource: message.into_bytes(),
            schema_url,
        }
    }

    /// The message of these spans.
    pub(super) fn request(&self, spans: &[SpanData]) -> Vec<u8> {
        self.message(spans.len() * USUAL_SPAN, |message| put_scopes(message, spans))
    }

    /// A message of about `size` bytes with what `put_scopes` writes.
    pub(super) fn message(&self, size: usize, put_scopes: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::with_capacity(self.resource.len() + size);
        message.message(1, |message| {
            message.put_bytes(1, &self.resource);
            put_scopes(message);
            message.bytes(3, self.schema_url.as_bytes());
        });
        message.into_bytes()
    }

    /// The resource and the URL of its schema.
    #[cfg(feature = "metrics")]
    pub(super) fn parts(&self) -> (&[u8], &str) {
        (&self.resource, &self.schema_url)
    }
}

/// The spans by their instrumentation scope, of which there are few.
fn put_scopes(message: &mut Message, spans: &[SpanData]) {
    let mut seen: Vec<&InstrumentationScope> = Vec::new();
    for (at, first) in spans.iter().enumerate() {
        let scope = &first.instrumentation_scope;
        if seen.contains(&scope) {
            continue;
        }
        seen.push(scope);
        message.message(2, |message| {
            message.message(1, |message| put_scope(message, scope));
            for span in spans[at..].iter().filter(|span| span.instrumentation_scope == *scope) {
                message.message(2, |message| put_span(message, span));
            }
            message.bytes(3, scope.schema_url().unwrap_or_default().as_bytes());
        });
    }
}

fn put_scope(message: &mut Message, scope: &InstrumentationScope) {
    message.bytes(1, scope.name().as_bytes());
    message.bytes(2, scope.version().unwrap_or_default().as_bytes());
    for KeyValue { key, value, .. } in scope.attributes() {
        put_attribute(message, 3, key, value);
    }
}

fn put_span(message: &mut Message, span: &SpanData) {
    let context = &span.span_context;
    message.put_bytes(1, &context.trace_id().to_bytes());
    message.put_bytes(2, &context.span_id().to_bytes());
    put_trace_state(message, 3, context.trace_state());
    if span.parent_span_id != SpanId::INVALID {
        message.put_bytes(4, &span.parent_span_id.to_bytes());
    }
    message.bytes(5, span.name.as_bytes());
    message.varint(6, kind(&span.span_kind));
    message.fixed64(7, nanoseconds(span.start_time));
    message.fixed64(8, nanoseconds(span.end_time));
    put_attributes(message, 9, &span.attributes);
    message.varint(10, span.dropped_attributes_count.into());
    for event in &span.events.events {
        message.message(11, |message| {
            message.fixed64(1, nanoseconds(event.timestamp));
            message.bytes(2, event.name.as_bytes());
            put_attributes(message, 3, &event.attributes);
            message.varint(4, event.dropped_attributes_count.into());
        });
    }
    message.varint(12, span.events.dropped_count.into());
    for link in &span.links.links {
        message.message(13, |message| put_link(message, link));
    }
    message.varint(14, span.links.dropped_count.into());
    message.message(15, |message| put_status(message, &span.status));
    message.fixed32(16, flags(span.parent_span_is_remote, context.trace_flags()));
}

fn put_link(message: &mut Message, link: &Link) {
    let context = &link.span_context;
    message.put_bytes(1, &context.trace_id().to_bytes());
    message.put_bytes(2, &context.span_id().to_bytes());
    put_trace_state(message, 3, context.trace_state());
    put_attributes(message, 4, &link.attributes);
    message.varint(5, link.dropped_attributes_count.into());
    message.fixed32(6, flags(context.is_remote(), context.trace_flags()));
}

fn put_trace_state(message: &mut Message, tag: u32, state: &TraceState) {
    if *state != TraceState::NONE {
        message.bytes(tag, state.header().as_bytes());
    }
}

fn put_status(message: &mut Message, status: &Status) {
    match status {
        Status::Unset => {}
        Status::Ok => message.varint(3, 1),
        Status::Error { description } => {
            message.bytes(2, description.as_bytes());
            message.varint(3, 2);
        }
    }
}

/// One value per key, the latest: the SDK appends, OTLP wants keys to be unique.
fn put_attributes(message: &mut Message, tag: u32, attributes: &[KeyValue]) {
    for (at, KeyValue { key, value, .. }) in attributes.iter().enumerate() {
        if !attributes[at + 1..].iter().any(|later| later.key == *key) {
            put_attribute(message, tag, key, value);
        }
    }
}

#[inline]
fn put_attribute(message: &mut Message, tag: u32, key: &Key, value: &Value) {
    message.message(tag, |message| {
        message.bytes(1, key.as_str().as_bytes());
        message.message(2, |message| put_value(message, value));
    });
}

#[inline]
fn put_value(message: &mut Message, value: &Value) {
    match value {
        Value::String(text) => message.put_bytes(1, text.as_str().as_bytes()),
        Value::Bool(truth) => put_bool(message, *truth),
        Value::I64(number) => put_integer(message, *number),
        Value::F64(number) => message.put_double(4, *number),
        Value::Array(array) => message.message(5, |message| put_array(message, array)),
        // Kinds that a later OpenTelemetry may have: the text is better than nothing.
        other => message.put_bytes(1, other.to_string().as_bytes()),
    }
}

fn put_array(message: &mut Message, array: &Array) {
    match array {
        Array::Bool(values) => put_each(message, values, |message, truth| put_bool(message, *truth)),
        Array::I64(values) => put_each(message, values, |message, number| put_integer(message, *number)),
        Array::F64(values) => put_each(message, values, |message, number| message.put_double(4, *number)),
        Array::String(values) => {
            put_each(message, values, |message, text| {
                message.put_bytes(1, text.as_str().as_bytes());
            });
        }
        other => message.message(1, |message| message.put_bytes(1, other.to_string().as_bytes())),
    }
}

fn put_each<T>(message: &mut Message, values: &[T], put: impl Fn(&mut Message, &T)) {
    for value in values {
        message.message(1, |message| put(message, value));
    }
}

fn put_bool(message: &mut Message, truth: bool) {
    message.put_varint(2, truth.into());
}

fn put_integer(message: &mut Message, number: i64) {
    // Negative numbers as their two's complement.
    message.put_varint(3, number.cast_unsigned());
}

fn kind(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn flags(is_remote: bool, flags: opentelemetry::TraceFlags) -> u32 {
    u32::from(flags.to_u8()) | KNOWS_REMOTE | if is_remote { IS_REMOTE } else { 0 }
}

/// Since the Unix epoch; 0 before it.
pub(super) fn nanoseconds(time: SystemTime) -> u64 {
    u64::try_from(clock::since_epoch(time).as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        time::{Duration, UNIX_EPOCH},
    };

    use opentelemetry::{
        StringValue,
        trace::{Event, SpanContext, TraceFlags},
    };
    use opentelemetry_proto::{
        tonic::collector::trace::v1::ExportTraceServiceRequest,
        transform::trace::tonic::group_spans_by_resource_and_scope,
    };
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
    use proptest::{collection::vec, option, prelude::*};
    use prost::Message as _;

    use super::*;
    use crate::export::testing::span;

    fn value() -> impl Strategy<Value = Value> {
        let text = || ".{0,40}".prop_map(StringValue::from);
        prop_oneof![
            text().prop_map(Value::String),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::I64),
            (-1e9..1e9).prop_map(Value::F64),
            vec(text(), 0..3).prop_map(|values| Value::Array(Array::String(values))),
            vec(any::<bool>(), 0..3).prop_map(|values| Value::Array(Array::Bool(values))),
            vec(any::<i64>(), 0..3).prop_map(|values| Value::Array(Array::I64(values))),
            vec(-1e9..1e9, 0..3).prop_map(|values| Value::Array(Array::F64(values))),
        ]
    }

    /// Attributes with a key each.
    fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
        let pairs = proptest::collection::hash_map("[a-z.]{0,12}", value(), 0..6);
        pairs.prop_map(|pairs: HashMap<_, _>| {
            pairs
                .into_iter()
                .map(|(key, value)| KeyValue::new(key, value))
                .collect()
        })
    }

    fn time() -> impl Strategy<Value = SystemTime> {
        // Also before the epoch.
        (any::<i32>(), 0..1_000_000_000_u32).prop_map(|(seconds, nanoseconds)| {
            let offset = Duration::new(seconds.unsigned_abs().into(), nanoseconds);
            if seconds < 0 {
                UNIX_EPOCH - offset
            } else {
                UNIX_EPOCH + offset
            }
        })
    }

    fn context() -> impl Strategy<Value = SpanContext> {
        let state = option::of("[a-z]{1,8}").prop_map(|value| {
            value.map_or(TraceState::NONE, |value| {
                TraceState::from_key_value([("vendor", value)]).unwrap()
            })
        });
        (any::<u128>(), any::<u64>(), any::<u8>(), any::<bool>(), state).prop_map(
            |(trace, span, flags, is_remote, state)| {
                SpanContext::new(trace.into(), span.into(), TraceFlags::new(flags), is_remote, state)
            },
        )
    }

    fn scope() -> impl Strategy<Value = InstrumentationScope> {
        let plain = |name: &'static str| InstrumentationScope::builder(name);
        prop_oneof![
            Just(plain("obs").build()),
            Just(plain("obs").with_version("1.2").build()),
            Just(plain("").with_schema_url("https://schema").build()),
            attributes().prop_map(move |attributes| plain("theirs").with_attributes(attributes).build()),
        ]
    }

    fn events() -> impl Strategy<Value = SpanEvents> {
        let event = (".{0,20}", time(), attributes(), any::<u32>());
        let event = event.prop_map(|(name, at, attributes, dropped)| Event::new(name, at, attributes, dropped));
        (vec(event, 0..3), any::<u32>()).prop_map(|(list, dropped)| {
            let mut events = SpanEvents::default();
            (events.events, events.dropped_count) = (list, dropped);
            events
        })
    }

    fn links() -> impl Strategy<Value = SpanLinks> {
        let link = (context(), attributes(), any::<u32>());
        let link = link.prop_map(|(context, attributes, dropped)| Link::new(context, attributes, dropped));
        (vec(link, 0..3), any::<u32>()).prop_map(|(list, dropped)| {
            let mut links = SpanLinks::default();
            (links.links, links.dropped_count) = (list, dropped);
            links
        })
    }

    fn spans() -> impl Strategy<Value = SpanData> {
        let kind = prop_oneof![
            Just(SpanKind::Internal),
            Just(SpanKind::Server),
            Just(SpanKind::Client),
            Just(SpanKind::Producer),
            Just(SpanKind::Consumer),
        ];
        let status = prop_oneof![Just(Status::Unset), Just(Status::Ok), ".{0,20}".prop_map(Status::error)];
        let who = (context(), any::<u64>(), any::<bool>(), kind, ".{0,40}", scope());
        let what = (time(), time(), attributes(), any::<u32>(), events(), links(), status);
        (who, what).prop_map(
            |((span_context, parent, parent_span_is_remote, span_kind, name, scope), what)| {
                let (start_time, end_time, attributes, dropped_attributes_count, events, links, status) = what;
                SpanData {
                    span_context,
                    parent_span_id: (parent % 3).into(),
                    parent_span_is_remote,
                    span_kind,
                    name: name.into(),
                    start_time,
                    end_time,
                    attributes,
                    dropped_attributes_count,
                    events,
                    links,
                    status,
                    instrumentation_scope: scope,
                }
            },
        )
    }

    fn request(resource: &Resource, spans: &[SpanData]) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(&*Origin::new(resource).request(spans)).unwrap()
    }

    proptest! {
        #[test]
        fn a_collector_reads_what_the_library_of_opentelemetry_would_send(
            spans in vec(spans(), 0..8),
            attributes in attributes(),
            schema in any::<bool>(),
        ) {
            let schema = if schema { "https://schema" } else { "" };
            let resource = Resource::builder_empty().with_schema_url(attributes, schema).build();
            let resource_spans = group_spans_by_resource_and_scope(spans.clone(), &(&resource).into());
            prop_assert_eq!(request(&resource, &spans), ExportTraceServiceRequest { resource_spans });
        }
    }

    #[test]
    fn of_several_values_for_a_key_the_last_stays() {
        let pairs = |list: &[(&'static str, i64)]| {
            list.iter()
                .map(|(key, value)| KeyValue::new(*key, *value))
                .collect::<Vec<_>>()
        };
        let sent = |list| {
            let span = SpanData {
                attributes: pairs(list),
                ..span("x")
            };
            request(&Resource::builder_empty().build(), &[span])
        };
        assert_eq!(
            sent(&[("a", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5), ("b", 6)]),
            sent(&[("a", 3), ("c", 4), ("b", 6)])
        );
    }
}
