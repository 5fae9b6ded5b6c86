//! Messages in JSON ([OTLP/HTTP](https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding)).

use serde_json::{Map, Value};

use super::{
    message::Taken,
    protobuf::{line, shape_status},
    shape::{self, Attributes, MAX_EVENTS},
};
use crate::query::{ForeignSpan, Scalar, Span, SpanEvent};

/// The names of the lists from a message to its items, for spans or for log records.
pub(super) type Names = [&'static str; 3];
pub(super) const SPANS: Names = ["resourceSpans", "scopeSpans", "spans"];
pub(super) const RECORDS: Names = ["resourceLogs", "scopeLogs", "logRecords"];

/// Reads a message.
pub(super) fn read(message: &Value, names: Names, taken: &mut Taken<'_>, item: fn(&Value, &str, &mut Taken<'_>)) {
    let [resources, scopes, items] = names;
    for of_resource in list(message, resources) {
        let resource = of_resource.get("resource").unwrap_or(&Value::Null);
        let attributes = attributes(resource);
        let service = attributes.text("service.name").unwrap_or("unknown_service");
        for of_scope in list(of_resource, scopes) {
            for one in list(of_scope, items) {
                item(one, service, taken);
            }
        }
    }
}

/// Takes a span.
pub(super) fn span(span: &Value, service: &str, taken: &mut Taken<'_>) {
    let id = |key: &str, length| shape::hex_id(text(span, key), length);
    let (Some(trace_id), Some(span_id)) = (id("traceId", 16), id("spanId", 8)) else {
        return taken.refuse();
    };
    let (from, to) = (number(span, "startTimeUnixNano"), number(span, "endTimeUnixNano"));
    let status = span.get("status").unwrap_or(&Value::Null);
    let (status, error) = shape_status(number(status, "code"), shape::text(text(status, "message")));
    let mut attributes = attributes(span);
    let dropped = u32::try_from(number(span, "droppedAttributesCount")).unwrap_or(u32::MAX);
    attributes.left_out = attributes.left_out.saturating_add(dropped);
    let span = Span {
        service: service.to_owned(),
        span_id,
        parent_id: id("parentSpanId", 8),
        name: shape::name(text(span, "name")),
        kind: shape::kind(number(span, "kind")),
        started: shape::time(from),
        offset: 0.0,
        duration: shape::seconds(from, to),
        self_time: 0.0,
        status,
        outcome: None,
        error,
        attributes: attributes.fields,
        left_out_attributes: attributes.left_out,
        events: list(span, "events").take(MAX_EVENTS).map(event).collect(),
        is_record: false,
        is_running: false,
    };
    taken.span(ForeignSpan { trace_id, span });
}

/// Takes a log record.
pub(super) fn record(record: &Value, service: &str, taken: &mut Taken<'_>) {
    let at = number(record, "timeUnixNano");
    let at = if at == 0 {
        number(record, "observedTimeUnixNano")
    } else {
        at
    };
    let ids = (
        shape::hex_id(text(record, "traceId"), 16),
        shape::hex_id(text(record, "spanId"), 8),
    );
    let body = record.get("body").map_or(Scalar::Text(String::new()), scalar);
    taken.line(line(
        service,
        at,
        number(record, "severityNumber"),
        &body,
        attributes(record),
        ids,
    ));
}

fn event(event: &Value) -> SpanEvent {
    SpanEvent {
        at: shape::time(number(event, "timeUnixNano")),
        name: shape::name(text(event, "name")),
        attributes: attributes(event).fields,
    }
}

fn attributes(of: &Value) -> Attributes {
    let mut attributes = Attributes::default();
    for attribute in list(of, "attributes") {
        attributes.add(
            text(attribute, "key"),
            attribute.get("value").map_or(Scalar::Text(String::new()), scalar),
        );
    }
    attributes
}

/// Reads an `AnyValue`. Lists and maps become text.
fn scalar(value: &Value) -> Scalar {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return Scalar::Text(String::new());
    };
    match (kind.as_str(), value) {
        ("stringValue", Value::String(text)) => Scalar::Text(text.clone()),
        ("boolValue", Value::Bool(value)) => Scalar::Bool(*value),
        ("intValue", Value::String(text)) => text.parse().map_or_else(|_| Scalar::Text(text.clone()), Scalar::Signed),
        ("intValue", Value::Number(number)) => number.as_i64().map_or(Scalar::Number(f64::NAN), Scalar::Signed),
        ("doubleValue", value) => Scalar::Number(value.as_f64().unwrap_or(f64::NAN)),
        ("bytesValue", Value::String(text)) => Scalar::Text(format!("{} bytes", text.len() / 4 * 3)),
        ("arrayValue" | "kvlistValue", value) => Scalar::Text(plain(value).to_string()),
        _ => Scalar::Text(String::new()),
    }
}

/// A list or map of values without the names of their types; secrets are hidden by their names.
fn plain(value: &Value) -> Value {
    let entries = value
        .get("values")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if entries.iter().all(|entry| entry.get("key").is_none()) {
        return Value::Array(entries.iter().map(inner).collect());
    }
    let pairs = entries.iter().map(|entry| {
        let key = text(entry, "key");
        let is_secret = obs_base::redact::Redactor::usual().is_sensitive(key);
        let value = if is_secret {
            Value::from("REDACTED")
        } else {
            entry.get("value").map_or(Value::Null, inner)
        };
        (key.to_owned(), value)
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn inner(value: &Value) -> Value {
    let of = |key: &str| value.get(key);
    match of("arrayValue").or_else(|| of("kvlistValue")) {
        Some(nested) => plain(nested),
        None => serde_json::to_value(scalar(value)).unwrap_or_default(),
    }
}

fn list<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    of.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A number, which is text if it has 64 bits.
fn number(of: &Value, key: &str) -> u64 {
    match of.get(key) {
        Some(Value::Number(number)) => number.as_u64().unwrap_or_default(),
        Some(Value::String(text)) => text.parse().unwrap_or_default(),
        _ => 0,
    }
}
