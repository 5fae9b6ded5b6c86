use std::time::Duration;

use tracing::Level;

use super::{
    super::{LogProfile, LogTime, RequestLine},
    fixture::{Fixture, known_context, parsed},
    profiles,
};
use crate::{failure::Failure, redact::Redactor};
use obs_conventions::Outcome;

pub(super) fn line<'a>(endpoint: &'a str, text: &'a str) -> RequestLine<'a> {
    RequestLine {
        at: Duration::from_micros(1_795_357_805_123_456),
        level: Level::INFO,
        method: "GET",
        method_original: None,
        endpoint,
        status: 200,
        grpc_status: None,
        outcome: Outcome::Ok,
        duration: Duration::from_micros(12_345),
        head: Some(Duration::from_millis(2)),
        request_bytes: None,
        response_bytes: Some(512),
        protocol: "HTTP/1.1",
        error_type: None,
        failure: (!text.is_empty()).then(|| panic(text, text)),
    }
}

/// A panic, for the rest of the test.
pub(super) fn panic(message: &str, place: &str) -> &'static Failure {
    Box::leak(Box::new(Failure::of_panic(message, place).redacted(Redactor::usual())))
}

fn usual() -> RequestLine<'static> {
    line("/orders/{id}", "")
}

fn written(fixture: &Fixture, line: &RequestLine<'_>) -> String {
    let client = "192.0.2.7".parse().unwrap();
    let start = fixture.logs.begin_request("/orders/7", Some(b"curl/8.5"), Some(client));
    let context = known_context(true);
    context.set_field("user_id", "user-456");
    context.set_field("status", "overruled");
    context.set_field("error_type", "of the application");
    fixture.logs.write_request(start, &context, line);
    fixture.only_line()
}

#[test]
fn a_request_is_one_line_with_all_that_is_known() {
    assert_eq!(
        written(&Fixture::new(), &usual()),
        r#"{"timestamp":"2026-11-22T14:30:05.123456Z","level":"info","severity":"INFO","message":"GET /orders/{id} 200","target":"obs::request","service":"payment-service","request_id":"req-123","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","user_id":"user-456","error_type":"of the application","method":"GET","endpoint":"/orders/{id}","path":"/orders/7","status":200,"outcome":"ok","duration":"0.012345s","duration_ms":12.345,"head_ms":2.000,"response_bytes":512,"protocol":"HTTP/1.1","client_address":"192.0.2.7","user_agent":"curl/8.5"}"#
    );
}

#[test]
fn a_failed_request_says_what_went_wrong() {
    let line = RequestLine {
        level: Level::ERROR,
        status: 500,
        outcome: Outcome::Panic,
        error_type: Some("panic"),
        failure: Some(panic("index out of\nbounds", "src/main.rs:7:9")),
        head: None,
        ..usual()
    };
    let line = written(&Fixture::new(), &line);
    assert!(
        line.contains(r#""level":"error","severity":"ERROR","message":"GET /orders/{id} 500""#),
        "{line}"
    );
    assert!(
        line.ends_with(r#""error_type":"panic","error":"index out of\nbounds","error_location":"src/main.rs:7:9"}"#),
        "{line}"
    );
    let object = parsed(&line);
    assert_eq!(
        (&object["user_id"], &object["head_ms"]),
        (&"user-456".into(), &serde_json::Value::Null)
    );
}

#[test]
fn for_people_the_request_is_short() {
    let line = written(&Fixture::pretty(), &usual());
    assert_eq!(
        line,
        r#"14:30:05.123 INFO  GET /orders/{id} 200 12.3ms path=/orders/7 user_id=user-456 status=overruled error_type="of the application" trace=4bf92f35 request=req-123"#
    );
}

#[test]
fn the_filter_holds_for_request_lines() {
    let fixture = Fixture::filtered("info,obs::request=warn");
    let start = fixture.logs.begin_request("/", None, None);
    fixture.logs.write_request(start, &known_context(false), &usual());
    assert!(fixture.lines().is_empty());
    let start = fixture.logs.begin_request("/", None, None);
    fixture.logs.write_request(
        start,
        &known_context(false),
        &RequestLine {
            level: Level::ERROR,
            ..usual()
        },
    );
    assert_eq!(fixture.lines().len(), 1);
}

#[test]
fn a_request_that_began_while_its_line_was_off_is_still_a_valid_line() {
    let fixture = Fixture::filtered("off");
    let start = fixture.logs.begin_request("/orders/7", Some(b"curl/8.5"), None);
    fixture.logs.filter().set("info").unwrap();
    fixture.logs.write_request(start, &known_context(false), &usual());
    let object = parsed(&fixture.only_line());
    assert_eq!(
        (&object["endpoint"], &object["path"]),
        (&"/orders/{id}".into(), &serde_json::Value::Null)
    );
}

#[test]
fn durations_for_people_have_the_unit_that_suits_them() {
    for (duration, written) in [
        (Duration::from_nanos(840_900), "840µs"),
        (Duration::from_micros(12_345), "12.3ms"),
        (Duration::from_millis(61_500), "61.50s"),
    ] {
        let fixture = Fixture::pretty();
        let start = fixture.logs.begin_request("/orders/{id}", None, None);
        fixture
            .logs
            .write_request(start, &known_context(false), &RequestLine { duration, ..usual() });
        let line = fixture.only_line();
        assert!(
            line.contains(&format!("GET /orders/{{id}} 200 {written} trace=")),
            "{line}"
        );
    }
}

/// An error with two sources, of an order.
pub(super) fn declined() -> Failure {
    #[derive(Debug)]
    struct Link(&'static str, Option<&'static Link>);
    impl std::fmt::Display for Link {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }
    impl std::error::Error for Link {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.1.map(|source| source as _)
        }
    }
    static TIMEOUT: Link = Link("no answer within 2 s", None);
    static PAYMENT: Link = Link("payment failed", Some(&TIMEOUT));
    Failure::new(&Link("order not placed", Some(&PAYMENT)))
}

#[test]
fn an_error_is_on_the_line_with_its_sources() {
    let failure = declined();
    let line = |profile| {
        let fixture = profiles::fixture(profile, LogTime::default());
        let line = RequestLine {
            level: Level::ERROR,
            status: 500,
            outcome: Outcome::ServerError,
            error_type: Some("500"),
            failure: Some(&failure),
            ..usual()
        };
        written(&fixture, &line)
    };
    for (profile, expected) in [
        (
            LogProfile::Obs,
            r#""error":"order not placed","error_chain":"payment failed: no answer within 2 s"}"#,
        ),
        (
            LogProfile::GoogleCloud,
            r#""error":"order not placed","error_chain":"payment failed: no answer within 2 s","#,
        ),
        (
            LogProfile::Logfmt,
            r#" error="order not placed" error_chain="payment failed: no answer within 2 s" "#,
        ),
        (
            LogProfile::Ecs,
            r#""error.message":"order not placed","error.stack_trace":"order not placed\ncaused by: payment failed\ncaused by: no answer within 2 s","#,
        ),
    ] {
        let line = line(profile);
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn for_people_a_failed_request_says_what_went_wrong() {
    let line = RequestLine {
        level: Level::ERROR,
        status: 500,
        outcome: Outcome::Panic,
        error_type: Some("panic"),
        failure: Some(panic("out of\nbounds", "src/main.rs:7:9")),
        ..usual()
    };
    let line = written(&Fixture::pretty(), &line);
    assert!(
        line.contains(
            r#" ERROR GET /orders/{id} 500 12.3ms path=/orders/7 outcome=panic error="out of\nbounds" error_location=src/main.rs:7:9 "#
        ),
        "{line}"
    );
}
