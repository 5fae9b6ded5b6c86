//! Messages in both encodings, honest and hostile.

use std::io::Write as _;

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value},
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::Event},
};
use proptest::prelude::*;
use prost::Message as _;

use super::{Encoding, Message, Signal};
use crate::{
    query::{Foreign, Scalar, SpanStatus},
    server::{ConsoleBody, ConsoleRequest},
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn encoding(headers: &[(&str, &str)]) -> Result<Encoding, u16> {
    let request = ConsoleRequest {
        method: "POST",
        path: "/v1/traces",
        mount: "/obs",
        query: None,
        authority: None,
        headers: &headers,
        peer: None,
    };
    Encoding::of(&request).map_err(|problem| problem.status)
}

fn take(signal: Signal, content_type: &str, body: impl Into<Bytes>, store: &Foreign) -> Result<Vec<u8>, u16> {
    let encoding = encoding(&[("content-type", content_type)])?;
    let message = Message { signal, encoding };
    let response = message.take(body.into(), store).map_err(|problem| problem.status)?;
    let ConsoleBody::Full(body) = response.body else {
        panic!("a body")
    };
    Ok(body.to_vec())
}

fn text(value: &str) -> AnyValue {
    AnyValue {
        value: Some(any_value::Value::StringValue(value.to_owned())),
    }
}

fn pair(key: &str, value: AnyValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
        ..KeyValue::default()
    }
}

fn resource() -> Resource {
    Resource {
        attributes: vec![pair("service.name", text("orders"))],
        ..Resource::default()
    }
}

fn span() -> Span {
    let numbers = [1, 2].map(|number| AnyValue {
        value: Some(any_value::Value::IntValue(number)),
    });
    let list = AnyValue {
        value: Some(any_value::Value::ArrayValue(ArrayValue { values: numbers.into() })),
    };
    Span {
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes().into(),
        span_id: 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes().into(),
        parent_span_id: vec![0; 8],
        name: "charge".to_owned(),
        kind: 3,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_250_000_000,
        attributes: vec![
            pair("password", text("s3cret")),
            pair("list", list),
            pair("url", text("http://a:b@c/?token=s3cret")),
        ],
        events: vec![Event {
            time_unix_nano: 1_700_000_000_100_000_000,
            name: "retry".to_owned(),
            ..Event::default()
        }],
        status: Some(Status {
            message: "declined".to_owned(),
            code: 2,
        }),
        ..Span::default()
    }
}

fn traces(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans {
        spans,
        ..ScopeSpans::default()
    }];
    let resource_spans = vec![ResourceSpans {
        resource: Some(resource()),
        scope_spans,
        ..ResourceSpans::default()
    }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[test]
fn a_span_is_taken_from_protobuf_and_its_secrets_are_not() {
    let store = Foreign::default();
    let body = take(Signal::Traces, "application/x-protobuf", traces(vec![span()]), &store).unwrap();
    assert!(body.is_empty(), "all of it was taken");
    let [taken] = &store.spans(TRACE)[..] else {
        panic!("one span")
    };
    assert_eq!(
        (&*taken.service, &*taken.span_id, &*taken.name, &*taken.kind),
        ("orders", "00f067aa0ba902b7", "charge", "client")
    );
    assert_eq!(
        (taken.parent_id.as_deref(), taken.duration, taken.status),
        (None, 0.25, SpanStatus::Error)
    );
    assert_eq!(
        (taken.error.as_deref(), &*taken.events[0].name),
        (Some("declined"), "retry")
    );
    let shown = format!("{taken:?}");
    assert!(shown.contains("REDACTED") && !shown.contains("s3cret"), "{shown}");
    assert_eq!(taken.attributes[1].value, Scalar::Text("[1,2]".to_owned()));
}

#[test]
fn a_span_in_json_is_the_same() {
    let (binary, json) = (Foreign::default(), Foreign::default());
    take(Signal::Traces, "application/x-protobuf", traces(vec![span()]), &binary).unwrap();
    let message = format!(
        r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"orders"}}}}]}},
        "scopeSpans":[{{"spans":[{{"traceId":"{}","spanId":"00F067AA0BA902B7","name":"charge","kind":3,
        "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000250000000",
        "attributes":[{{"key":"password","value":{{"stringValue":"s3cret"}}}},
        {{"key":"list","value":{{"arrayValue":{{"values":[{{"intValue":"1"}},{{"intValue":2}}]}}}}}},
        {{"key":"url","value":{{"stringValue":"http://a:b@c/?token=s3cret"}}}}],
        "events":[{{"timeUnixNano":"1700000000100000000","name":"retry"}}],
        "status":{{"code":2,"message":"declined"}}}}]}}]}}]}}"#,
        TRACE.to_uppercase()
    );
    let body = take(Signal::Traces, "application/json; charset=utf-8", message, &json).unwrap();
    assert_eq!(body, b"{}");
    assert_eq!(json.spans(TRACE), binary.spans(TRACE));
}

#[test]
fn a_log_record_becomes_a_line() {
    let store = Foreign::default();
    let record = LogRecord {
        time_unix_nano: 1_700_000_000_000_000_000,
        severity_number: 17,
        body: Some(text("card declined, token=s3cret")),
        attributes: vec![pair("order_id", text("7"))],
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes().into(),
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs {
        log_records: vec![record],
        ..ScopeLogs::default()
    }];
    let resource_logs = vec![ResourceLogs {
        resource: Some(resource()),
        scope_logs,
        ..ResourceLogs::default()
    }];
    let message = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
    take(Signal::Logs, "application/x-protobuf", message, &store).unwrap();
    let [line] = &store.lines(|_| true)[..] else {
        panic!("one line")
    };
    assert_eq!(
        (line.level.as_str(), &*line.message, line.trace_id.as_deref()),
        ("ERROR", "card declined, token=REDACTED", Some(TRACE))
    );
}

#[test]
fn spans_without_ids_are_refused_and_counted() {
    let store = Foreign::default();
    let nameless = Span {
        trace_id: vec![0; 16],
        ..span()
    };
    let short = Span {
        span_id: vec![1; 7],
        ..span()
    };
    let body = take(
        Signal::Traces,
        "application/x-protobuf",
        traces(vec![nameless, span(), short]),
        &store,
    )
    .unwrap();
    assert_eq!(body, [0x0a, 2, 0x08, 2]);
    assert_eq!(store.spans(TRACE).len(), 1);
}

#[test]
fn long_and_many_things_are_cut() {
    let store = Foreign::default();
    let huge = "\u{e4}".repeat(100_000);
    let many = (0..1_000).map(|number| pair(&format!("k{number}"), text(&huge[..2_000])));
    let span = Span {
        name: huge.clone(),
        attributes: [pair("huge", text(&huge))].into_iter().chain(many).collect(),
        events: vec![Event::default(); 1_000],
        ..span()
    };
    take(Signal::Traces, "application/x-protobuf", traces(vec![span]), &store).unwrap();
    let [taken] = &store.spans(TRACE)[..] else {
        panic!("one span")
    };
    assert!(taken.name.len() < 300 && taken.name.ends_with('…'));
    assert_eq!(
        (taken.attributes.len(), taken.left_out_attributes, taken.events.len()),
        (128, 873, 32)
    );
    assert!(matches!(&taken.attributes[0].value, Scalar::Text(text) if text.len() < 4_200));
}

#[test]
fn lists_within_lists_end() {
    let mut value = text("deep");
    for _ in 0..90 {
        value = AnyValue {
            value: Some(any_value::Value::ArrayValue(ArrayValue { values: vec![value] })),
        };
    }
    let store = Foreign::default();
    let span = Span {
        attributes: vec![pair("deep", value)],
        ..span()
    };
    take(Signal::Traces, "application/x-protobuf", traces(vec![span]), &store).unwrap();
    let taken = store.spans(TRACE);
    assert!(
        matches!(&taken[0].attributes[0].value, Scalar::Text(text) if text.len() < 100),
        "{taken:?}"
    );
}

#[test]
fn a_message_that_inflates_without_end_is_refused() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&vec![0; 8 << 20]).unwrap();
    let encoding = encoding(&[("content-type", "application/x-protobuf"), ("content-encoding", "gzip")]).unwrap();
    let message = Message {
        signal: Signal::Traces,
        encoding,
    };
    let refused = message.take(gzip.finish().unwrap().into(), &Foreign::default());
    assert_eq!(refused.map(|_| ()).map_err(|problem| problem.status), Err(413));
    let broken = message.take(Bytes::from_static(b"no gzip"), &Foreign::default());
    assert_eq!(broken.map(|_| ()).map_err(|problem| problem.status), Err(400));
}

#[test]
fn other_encodings_are_refused() {
    assert_eq!(encoding(&[]), Err(415));
    assert_eq!(encoding(&[("content-type", "text/plain")]), Err(415));
    assert_eq!(
        encoding(&[("content-type", "application/json"), ("content-encoding", "br")]),
        Err(415)
    );
    assert_eq!(
        take(Signal::Traces, "application/json", "{", &Foreign::default()),
        Err(400)
    );
    assert_eq!(
        take(
            Signal::Traces,
            "application/x-protobuf",
            vec![0xff; 16],
            &Foreign::default()
        ),
        Err(400)
    );
    assert_eq!(
        take(Signal::Traces, "application/json", "[]", &Foreign::default()),
        Ok(b"{}".to_vec())
    );
}

proptest! {
    #[test]
    fn no_message_breaks_the_intake(bytes in prop::collection::vec(any::<u8>(), 0..512), at in 0_usize..400, byte: u8) {
        let store = Foreign::default();
        let mut broken = traces(vec![span()]);
        let at = at % broken.len();
        broken[at] = byte;
        for body in [bytes, broken] {
            for signal in [Signal::Traces, Signal::Logs] {
                let _ = take(signal, "application/x-protobuf", body.clone(), &store);
                let _ = take(signal, "application/json", body.clone(), &store);
            }
        }
    }
}
