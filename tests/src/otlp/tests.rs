use std::time::{Duration, Instant};

use opentelemetry::{
    KeyValue,
    trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{Compression, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind as ProtoKind, status::StatusCode};
use opentelemetry_sdk::{
    Resource,
    trace::{SdkTracerProvider, SpanExporter as _},
};

use super::*;
use crate::{background::Background, net, wait::DEADLINE};

/// A provider that exports each span by `exporter` when it is flushed.
fn provider(exporter: SpanExporter) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_resource(
            Resource::builder_empty()
                .with_attribute(KeyValue::new("service.name", "tests"))
                .build(),
        )
        .with_batch_exporter(exporter)
        .build()
}

fn send_span(provider: &SdkTracerProvider) {
    let tracer = provider.tracer("scope");
    let mut span = tracer.span_builder("GET /x").with_kind(SpanKind::Server).start(&tracer);
    span.set_attribute(KeyValue::new("http.response.status_code", 500));
    span.set_attribute(KeyValue::new("http.route", "/x"));
    span.add_event("exception", vec![]);
    span.set_status(Status::error("broken"));
    span.end();
}

#[track_caller]
fn check(span: &ReceivedSpan, transport: Transport) {
    assert_eq!(span.transport, transport);
    assert_eq!((span.service(), span.scope.name.as_str()), (Some("tests"), "scope"));
    assert_eq!(
        (span.int("http.response.status_code"), span.str("http.route")),
        (Some(500), Some("/x"))
    );
    assert_eq!(span.int("http.route"), None);
    assert_eq!(
        (span.span.name.as_str(), span.span.kind()),
        ("GET /x", ProtoKind::Server)
    );
    assert_eq!(span.span.status.as_ref().unwrap().code(), StatusCode::Error);
    assert_eq!(
        (span.trace_id().len(), span.span_id().len(), span.parent_span_id().len()),
        (32, 16, 0)
    );
    assert!(span.event("exception").is_some() && span.duration() < DEADLINE);
}

fn http(receiver: &Receiver) -> SpanExporter {
    let endpoint = format!("{}/v1/traces", receiver.endpoint());
    SpanExporter::builder()
        .with_http()
        .with_endpoint(endpoint)
        .with_compression(Compression::Gzip)
        .build()
        .unwrap()
}

fn post(receiver: &Receiver, path: &str, kind: &str, body: &[u8]) -> u16 {
    net::request(receiver.addr(), "POST", path, &[("content-type", kind)], body).status
}

#[test]
fn gzipped_spans_over_http_arrive() {
    let receiver = Receiver::start();
    let background = Background::start("exporter", 1);
    let exporter = http(&receiver);
    background.run(async move {
        let tracer = crate::spans::SpanBuffer::new();
        send_span(&tracer.provider());
        exporter.export(tracer.ended()).await.unwrap();
    });
    let spans = receiver.wait_for(DEADLINE, |spans| !spans.is_empty());
    assert_eq!(
        (spans[0].transport, spans[0].int("http.response.status_code")),
        (Transport::Http, Some(500))
    );
    let request = &receiver.requests()[0];
    assert_eq!(
        (request.path.as_str(), request.headers["content-encoding"].as_bytes()),
        ("/v1/traces", &b"gzip"[..])
    );
    receiver.clear();
    assert!(receiver.spans().is_empty() && receiver.requests().is_empty());
}

#[test]
fn gzipped_spans_over_grpc_arrive() {
    let receiver = Receiver::start();
    let background = Background::start("exporter", 1);
    let builder = SpanExporter::builder().with_tonic().with_endpoint(receiver.endpoint());
    let builder = builder.with_compression(Compression::Gzip);
    let provider = background.run(async move { provider(builder.build().unwrap()) });
    send_span(&provider);
    provider.force_flush().unwrap();
    let spans = receiver.wait_for(DEADLINE, |spans| spans.len() == 1);
    check(&spans[0], Transport::Grpc);
    provider.shutdown().unwrap();
}

#[test]
fn refused_spans_are_not_kept_but_the_request_is() {
    let receiver = Receiver::start();
    receiver.answer_next([Answer::Status(503), Answer::Partial(1)]);
    assert_eq!(post(&receiver, "/v1/traces", "application/x-protobuf", b""), 503);
    let partial = net::request(
        receiver.addr(),
        "POST",
        "/v1/traces",
        &[("content-type", "application/x-protobuf")],
        b"",
    );
    assert_eq!(partial.status, 200);
    assert!(!partial.body.is_empty());
    assert_eq!(post(&receiver, "/v1/traces", "application/x-protobuf", b""), 200);
    assert_eq!(receiver.requests().len(), 3);
}

#[test]
fn grpc_refusals_carry_the_paired_code() {
    let receiver = Receiver::start();
    receiver.answer(Answer::Status(401));
    let background = Background::start("exporter", 1);
    let builder = SpanExporter::builder().with_tonic().with_endpoint(receiver.endpoint());
    let error = background.run(async move {
        let spans = crate::spans::SpanBuffer::new();
        send_span(&spans.provider());
        builder
            .build()
            .unwrap()
            .export(spans.ended())
            .await
            .unwrap_err()
            .to_string()
    });
    assert!(error.contains("uthent"), "{error}");
    assert!(receiver.spans().is_empty());
}

#[test]
fn a_slow_receiver_answers_late_and_a_hanging_one_never() {
    // Metrics of one resource, which has none.
    const EMPTY: &[u8] = b"\x0a\x00";
    let receiver = Receiver::start();
    receiver.answer_next([Answer::Delay(Duration::from_millis(60))]);
    let started = Instant::now();
    assert_eq!(post(&receiver, "/v1/metrics", "application/x-protobuf", EMPTY), 200);
    assert!(started.elapsed() >= Duration::from_millis(60));
    assert_eq!(receiver.requests()[0].message, EMPTY);

    receiver.answer(Answer::Hang);
    let mut client = net::H1Client::open(receiver.addr());
    client.set_timeout(Duration::from_millis(60));
    client.send(
        "POST /v1/metrics HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
    );
    client.head().unwrap_err();
    receiver.wait_for_requests(DEADLINE, |requests| requests.len() == 2);
}

#[test]
fn what_is_no_otlp_is_refused() {
    let receiver = Receiver::start();
    assert_eq!(post(&receiver, "/v1/traces", "application/json", b"{}"), 415);
    assert_eq!(
        post(&receiver, "/v1/traces", "application/x-protobuf", b"\xff\xff"),
        400
    );
    assert_eq!(post(&receiver, "/v1/logs", "application/x-protobuf", b"\xff\xff"), 400);
    assert_eq!(
        post(&receiver, "/v1/metrics", "application/x-protobuf", b"\xff\xff"),
        400
    );
    assert_eq!(post(&receiver, "/v2/traces", "application/x-protobuf", b""), 404);
    assert_eq!(net::get(receiver.addr(), "/v1/traces").status, 415);
}
