//! Messages in protobuf. The numbers of fields are those of
//! [opentelemetry-proto](https://github.com/open-telemetry/opentelemetry-proto).

use super::{
    any_value::{add, scalar},
    message::Taken,
    shape::{self, Attributes, MAX_EVENTS},
    wire::Fields,
};
use crate::query::{ForeignSpan, Level, Line, Scalar, Span, SpanEvent, SpanStatus, Time};

/// Reads an `ExportTraceServiceRequest` or an `ExportLogsServiceRequest`.
pub(super) fn read(message: &[u8], taken: &mut Taken<'_>, item: fn(&[u8], &str, &mut Taken<'_>)) {
    for of_resource in submessages(message, 1) {
        let service = service_of(of_resource);
        for of_scope in submessages(of_resource, 2) {
            for one in submessages(of_scope, 2) {
                item(one, &service, taken);
            }
        }
    }
}

fn submessages(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    let fields = Fields::of(message).filter(move |(known, _)| *known == number);
    fields.map(|(_, value)| value.bytes())
}

/// The service of a `ResourceSpans` or `ResourceLogs`.
fn service_of(message: &[u8]) -> String {
    let mut attributes = Attributes::default();
    for resource in submessages(message, 1) {
        for attribute in submessages(resource, 1) {
            add(&mut attributes, attribute);
        }
    }
    attributes.text("service.name").unwrap_or("unknown_service").to_owned()
}

/// Takes a `Span`.
pub(super) fn span(message: &[u8], service: &str, taken: &mut Taken<'_>) {
    let (mut trace_id, mut span_id, mut parent_id) = (None, None, None);
    let (mut name, mut kind, mut from, mut to) = (String::new(), 0, 0, 0);
    let (mut attributes, mut events, mut status) = (Attributes::default(), Vec::new(), (SpanStatus::Unset, None));
    for (number, value) in Fields::of(message) {
        match number {
            1 => trace_id = shape::id(value.bytes(), 16),
            2 => span_id = shape::id(value.bytes(), 8),
            4 => parent_id = shape::id(value.bytes(), 8),
            5 => name = shape::name(&String::from_utf8_lossy(value.bytes())),
            6 => kind = value.number(),
            7 => from = value.number(),
            8 => to = value.number(),
            9 => add(&mut attributes, value.bytes()),
            10 => {
                attributes.left_out = attributes
                    .left_out
                    .saturating_add(value.number().try_into().unwrap_or(u32::MAX));
            }
            11 if events.len() < MAX_EVENTS => events.push(event(value.bytes())),
            15 => status = status_of(value.bytes()),
            _ => {}
        }
    }
    let (Some(trace_id), Some(span_id)) = (trace_id, span_id) else {
        return taken.refuse();
    };
    let span = Span {
        service: service.to_owned(),
        span_id,
        parent_id,
        name,
        kind: shape::kind(kind),
        started: shape::time(from),
        offset: 0.0,
        duration: shape::seconds(from, to),
        self_time: 0.0,
        status: status.0,
        outcome: None,
        error: status.1,
        attributes: attributes.fields,
        left_out_attributes: attributes.left_out,
        events,
        is_record: false,
        is_running: false,
    };
    taken.span(ForeignSpan { trace_id, span });
}

fn event(message: &[u8]) -> SpanEvent {
    let (mut at, mut name, mut attributes) = (Time::default(), String::new(), Attributes::default());
    for (number, value) in Fields::of(message) {
        match number {
            1 => at = shape::time(value.number()),
            2 => name = shape::name(&String::from_utf8_lossy(value.bytes())),
            3 => add(&mut attributes, value.bytes()),
            _ => {}
        }
    }
    SpanEvent {
        at,
        name,
        attributes: attributes.fields,
    }
}

/// The status, with its message if it is an error.
fn status_of(message: &[u8]) -> (SpanStatus, Option<String>) {
    let (mut text, mut code) = (String::new(), 0);
    for (number, value) in Fields::of(message) {
        match number {
            2 => text = shape::text(&String::from_utf8_lossy(value.bytes())),
            3 => code = value.number(),
            _ => {}
        }
    }
    shape_status(code, text)
}

pub(super) fn shape_status(code: u64, text: String) -> (SpanStatus, Option<String>) {
    match code {
        1 => (SpanStatus::Ok, None),
        2 => (SpanStatus::Error, Some(text).filter(|text| !text.is_empty())),
        _ => (SpanStatus::Unset, None),
    }
}

/// Takes a `LogRecord`.
pub(super) fn record(message: &[u8], service: &str, taken: &mut Taken<'_>) {
    let (mut at, mut observed, mut severity, mut body) = (0, 0, 0, Scalar::Text(String::new()));
    let (mut attributes, mut trace_id, mut span_id) = (Attributes::default(), None, None);
    for (number, value) in Fields::of(message) {
        match number {
            1 => at = value.number(),
            11 => observed = value.number(),
            2 => severity = value.number(),
            5 => body = scalar(value.bytes()),
            6 => add(&mut attributes, value.bytes()),
            9 => trace_id = shape::id(value.bytes(), 16),
            10 => span_id = shape::id(value.bytes(), 8),
            _ => {}
        }
    }
    let at = if at == 0 { observed } else { at };
    taken.line(line(service, at, severity, &body, attributes, (trace_id, span_id)));
}

/// A line of another service.
pub(super) fn line(
    service: &str,
    at: u64,
    severity: u64,
    body: &Scalar,
    attributes: Attributes,
    (trace_id, span_id): (Option<String>, Option<String>),
) -> Line {
    let message = match body {
        Scalar::Text(text) => shape::text(text),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let of = |key: &str| attributes.text(key).map(str::to_owned);
    Line {
        seq: None,
        at: shape::time(at),
        level: level(severity),
        service: service.to_owned(),
        target: of("target").or_else(|| of("code.namespace")).unwrap_or_default(),
        message,
        request_id: of("request_id"),
        fields: attributes.fields,
        trace_id,
        span_id,
        held: false,
        text: String::new(),
    }
}

/// The level of a severity number, which has four steps for each.
fn level(severity: u64) -> Level {
    match severity {
        1..=4 => Level::Trace,
        5..=8 => Level::Debug,
        13..=16 => Level::Warn,
        17.. => Level::Error,
        _ => Level::Info,
    }
}
