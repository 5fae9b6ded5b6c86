//! SIGTERM against real processes, a real receiver and real connections: what was answered is not
//! lost, and nothing holds the process up longer than it was told.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::float_cmp,
    clippy::unwrap_used,
    reason = "tests: what can't go on fails the test; counts are exact"
)]

mod load;
mod service;

use std::{
    collections::HashMap,
    net::TcpStream,
    time::{Duration, Instant},
};

use obs_tests::{
    DEADLINE,
    logs::LogLine,
    net::{self, H1Client, H2Client},
    otlp::{Answer, ReceivedSpan, Receiver},
    until,
};

use crate::{
    load::Load,
    service::{SERVICES, Service},
};

/// `SPAN_KIND_SERVER` of OTLP.
const SERVER: i32 = 2;

/// An upload of ten bytes of which five have come; its request is in flight from here on.
fn half_an_upload(service: &Service) -> H1Client {
    let mut client = H1Client::open(service.addr);
    client.send("POST /uploads HTTP/1.1\r\nhost: test\r\ncontent-length: 10\r\n\r\n12345");
    until(DEADLINE, || service.in_flight("/uploads") == 1);
    client
}

fn is_refused(service: &Service) -> bool {
    TcpStream::connect(service.addr).is_err()
}

fn server_spans_by_trace(spans: &[ReceivedSpan]) -> HashMap<String, usize> {
    count(
        spans
            .iter()
            .filter(|span| span.span.kind == SERVER)
            .map(ReceivedSpan::trace_id),
    )
}

fn lines_by_trace(lines: &[LogLine]) -> HashMap<String, usize> {
    count(
        lines
            .iter()
            .filter(|line| line.is_request_line())
            .map(|line| line.str("trace_id").to_owned()),
    )
}

fn count(traces: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for trace in traces {
        *counts.entry(trace).or_default() += 1;
    }
    counts
}

#[test]
fn on_sigterm_nothing_that_was_answered_is_lost() {
    for package in SERVICES {
        let receiver = Receiver::start();
        let settings = [("PRE_STOP_MS", "2000"), ("DRAIN_MS", "60000"), ("FLUSH_MS", "10000")];
        let mut service = Service::start(package, &receiver, &settings);
        let load = Load::start(service.addr, 4);
        load.wait_for(200);
        let mut upload = half_an_upload(&service);
        assert_eq!(service.readiness(), Some(200), "{package}");

        service.process.terminate();
        until(DEADLINE, || service.readiness() == Some(503));
        let during = load.answered();
        // Requests are still taken, and answered.
        load.wait_for(during + 50);
        until(DEADLINE, || is_refused(&service));
        // The listener is closed; requests in flight are completed.
        upload.send("67890");
        let answer = upload.response("POST").unwrap();
        assert_eq!((answer.status, answer.text()), (200, "10 bytes\n"), "{package}");
        assert_eq!(
            service.process.wait(DEADLINE).code(),
            Some(0),
            "{package}: {:?}",
            service.process.stderr()
        );

        let mut answered = load.stop();
        answered.push(service.trace_of(&answer));
        let spans = server_spans_by_trace(&receiver.spans());
        let lines = lines_by_trace(&service.lines());
        for trace in &answered {
            assert_eq!(
                lines.get(trace),
                Some(&1),
                "{package}: line of {trace}, {} answered",
                answered.len()
            );
            assert_eq!(
                spans.get(trace),
                Some(&1),
                "{package}: span of {trace}, {} answered",
                answered.len()
            );
        }
    }
}

#[test]
fn what_exceeds_the_deadline_is_cancelled_and_recorded_in_every_signal() {
    for package in SERVICES {
        let receiver = Receiver::start();
        let mut service = Service::start(package, &receiver, &[("PRE_STOP_MS", "0"), ("DRAIN_MS", "100")]);
        let mut upload = half_an_upload(&service);
        service.process.terminate();
        assert_eq!(service.process.wait(DEADLINE).code(), Some(0), "{package}");
        upload.response("POST").unwrap_err();
        let spans = receiver.spans();
        assert_eq!(spans.len(), 1, "{package}: {spans:#?}");
        let lines = service.lines();
        let cancelled = lines.iter().find(|line| line.is_request_line()).expect("a line");
        assert_eq!(
            (cancelled.str("outcome"), cancelled.str("trace_id")),
            ("cancelled", &*spans[0].trace_id())
        );
        let message = "requests in flight have exceeded the deadline and are cancelled";
        let warning = lines.iter().find(|line| line.str("message") == message);
        assert_eq!(warning.expect("a warning").number("requests"), 1.0, "{package}");
    }
}

#[test]
fn streams_of_http2_are_cancelled_too() {
    let receiver = Receiver::start();
    let mut service = Service::start("axum-graceful", &receiver, &[("PRE_STOP_MS", "0"), ("DRAIN_MS", "100")]);
    let client = H2Client::open(service.addr);
    let uploads: Vec<_> = (0..3)
        .map(|_| {
            client
                .send_head(http::Request::post("http://localhost/uploads").body(()).unwrap())
                .unwrap()
        })
        .collect();
    until(DEADLINE, || service.in_flight("/uploads") == 3);
    service.process.terminate();
    assert_eq!(service.process.wait(DEADLINE).code(), Some(0));
    drop(uploads);
    assert_eq!(receiver.spans().len(), 3);
    let lines = service.lines();
    let outcomes: Vec<_> = lines
        .iter()
        .filter(|line| line.is_request_line())
        .map(|line| line.str("outcome").to_owned())
        .collect();
    assert_eq!(outcomes, ["cancelled"; 3]);
}

#[test]
fn a_collector_that_hangs_holds_nothing_up_longer_than_the_deadline() {
    for package in SERVICES {
        let receiver = Receiver::start();
        receiver.answer(Answer::Hang);
        let mut service = Service::start(package, &receiver, &[("PRE_STOP_MS", "0"), ("FLUSH_MS", "300")]);
        for order in 0..20 {
            assert_eq!(net::get(service.addr, &format!("/orders/{order}")).status, 200);
        }
        let told = Instant::now();
        service.process.terminate();
        assert_eq!(service.process.wait(DEADLINE).code(), Some(0), "{package}");
        // An export would be abandoned after ten seconds.
        assert!(
            told.elapsed() < Duration::from_secs(6),
            "{package}: {:?}",
            told.elapsed()
        );
        let lines = service.lines();
        assert_eq!(
            lines.iter().filter(|line| line.is_request_line()).count(),
            20,
            "{package}"
        );
        let lost = lines
            .iter()
            .find(|line| line.str("message") == "telemetry was lost at shutdown");
        assert_eq!(
            lost.expect("a warning").str("error"),
            "traces not flushed within 300ms",
            "{package}"
        );
    }
}

#[test]
fn a_second_signal_skips_the_rest() {
    for package in SERVICES {
        let receiver = Receiver::start();
        let mut service = Service::start(package, &receiver, &[("PRE_STOP_MS", "600000"), ("DRAIN_MS", "600000")]);
        let _upload = half_an_upload(&service);
        service.process.terminate();
        until(DEADLINE, || service.readiness() == Some(503));
        assert!(service.process.try_wait().is_none(), "{package}");
        service.process.terminate();
        assert_eq!(service.process.wait(DEADLINE).code(), Some(0), "{package}");
        assert_eq!(receiver.spans().len(), 1, "{package}");
    }
}
