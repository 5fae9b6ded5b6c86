use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use metrics::NoopRecorder;
use obs_base::ServiceInfo;
use obs_conventions::Outcome;
use proptest::prelude::*;
use serde_json::Value;
use tracing::{Level, error, info, info_span, warn};

use super::{
    super::{
        LogFormat, LogProfile, LogSettings, LogTime, RequestLine, constants::ConstantSettings, parts::MAX_LINE,
        profile::ProfileSettings,
    },
    fixture::{Fixture, known_context, parsed, service},
    requests,
};
use crate::{context, names::ecs};

fn in_production() -> ServiceInfo {
    ServiceInfo {
        version: Some("1.2.3".to_owned()),
        environment: Some("production".to_owned()),
        ..service()
    }
}

pub(super) fn fixture(profile: LogProfile, time: LogTime) -> Fixture {
    let settings = LogSettings {
        format: Some(LogFormat::Json),
        profile: ProfileSettings {
            profile: Some(profile),
            time: Some(time),
            project: Some("my-project".to_owned()),
        },
        constants: ConstantSettings {
            fields: vec![("region".into(), "eu-1".into())],
            attributes: Vec::new(),
        },
        ..LogSettings::default()
    };
    Fixture::set(in_production(), settings, &NoopRecorder)
}

/// The line of an event in a request and in a span.
fn event(profile: LogProfile) -> String {
    let fixture = fixture(profile, LogTime::default());
    fixture.run(|| {
        context::run_in(known_context(true), || {
            context::set_field("user_id", "user-456");
            let _span = info_span!("work", step = 2).entered();
            warn!(target: "payment::charge", amount_cents = 1999, note = "two words", "card \"declined\"");
        });
    });
    without_time(&fixture.only_line())
}

/// The line with its time replaced, which is checked.
fn without_time(line: &str) -> String {
    let start = line.find("20").unwrap();
    let time = &line[start..start + "2026-11-22T14:30:05.123456Z".len()];
    assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{line}");
    line.replace(time, "TIME")
}

fn failed() -> RequestLine<'static> {
    RequestLine {
        level: Level::ERROR,
        status: 500,
        outcome: Outcome::Panic,
        error_type: Some("panic"),
        failure: Some(requests::panic(
            "index out of\nbounds, password=5ecr3t",
            "src/main.rs:7:9",
        )),
        request_bytes: Some(38),
        duration: Duration::from_millis(1_500),
        ..requests::line("/orders/{id}", "")
    }
}

/// The line of a request.
fn request(profile: LogProfile, line: &RequestLine<'_>) -> String {
    let fixture = fixture(profile, LogTime::default());
    let client = "192.0.2.7".parse().unwrap();
    let start = fixture
        .logs
        .begin_request("/orders/7", Some(b"curl/8.5 \"x\""), Some(client));
    let context = known_context(true);
    context.set_field("user_id", "user-456");
    for taken in ["status", "url.path", "httpRequest", "error.type", "client"] {
        context.set_field(taken, "of the application");
    }
    fixture.logs.write_request(start, &context, line);
    fixture.only_line()
}

#[test]
fn ecs_lines_have_the_names_of_the_schema() {
    assert_eq!(
        event(LogProfile::Ecs),
        r#"{"@timestamp":"TIME","log.level":"warn","message":"card \"declined\"","log.logger":"payment::charge","service.name":"payment-service","service.version":"1.2.3","service.environment":"production","ecs.version":"9.4.0","http.request.id":"req-123","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","span.id":"00f067aa0ba902b7","user_id":"user-456","amount_cents":1999,"note":"two words","step":2,"region":"eu-1"}"#
    );
    assert_eq!(
        request(LogProfile::Ecs, &failed()),
        r#"{"@timestamp":"2026-11-22T14:30:05.123456Z","log.level":"error","message":"GET /orders/{id} 500","log.logger":"obs::request","service.name":"payment-service","service.version":"1.2.3","service.environment":"production","ecs.version":"9.4.0","http.request.id":"req-123","trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","span.id":"00f067aa0ba902b7","event.kind":"event","event.category":["web"],"event.type":["access"],"event.outcome":"failure","event.duration":1500000000,"http.request.method":"GET","obs.endpoint":"/orders/{id}","url.path":"/orders/7","http.response.status_code":500,"obs.outcome":"panic","obs.head_ms":2.000,"http.request.body.bytes":38,"http.response.body.bytes":512,"http.version":"1.1","client.address":"192.0.2.7","client.ip":"192.0.2.7","user_agent.original":"curl/8.5 \"x\"","error.type":"panic","error.message":"index out of\nbounds, password=REDACTED","obs.error_location":"src/main.rs:7:9","user_id":"user-456","status":"of the application","httpRequest":"of the application","fields.client":"of the application","region":"eu-1"}"#
    );
}

/// Types of the fields in Elastic's reference of version 9.4 (`generated/csv/fields.csv`).
const TYPES: [(&str, &str); 29] = [
    ("@timestamp", "date"),
    ("log.level", "keyword"),
    ("message", "match_only_text"),
    ("ecs.version", "keyword"),
    ("log.logger", "keyword"),
    ("service.name", "keyword"),
    ("service.version", "keyword"),
    ("service.environment", "keyword"),
    ("http.request.id", "keyword"),
    ("trace.id", "keyword"),
    ("span.id", "keyword"),
    ("event.kind", "keyword"),
    ("event.category", "keyword[]"),
    ("event.type", "keyword[]"),
    ("event.outcome", "keyword"),
    ("event.duration", "long"),
    ("http.request.method", "keyword"),
    ("http.request.body.bytes", "long"),
    ("http.response.body.bytes", "long"),
    ("http.response.status_code", "long"),
    ("http.version", "keyword"),
    ("url.path", "wildcard"),
    ("client.address", "keyword"),
    ("client.ip", "ip"),
    ("server.address", "keyword"),
    ("user_agent.original", "keyword"),
    ("error.type", "keyword"),
    ("error.message", "match_only_text"),
    ("error.stack_trace", "wildcard"),
];

#[test]
fn ecs_fields_have_the_types_of_the_reference() {
    let failure = requests::declined();
    let line = RequestLine {
        failure: Some(&failure),
        ..failed()
    };
    let line = request(LogProfile::Ecs, &line);
    let keys = assert_ecs_types(&line);
    // The line of an outgoing request alone has an address of a server: `client/line_tests.rs`.
    let all = TYPES.map(|(key, _)| key.to_owned());
    assert_eq!(keys, all.into_iter().filter(|key| key != ecs::SERVER_ADDRESS).collect());
    let of_schema: Vec<_> = ecs::ALL.iter().filter(|key| !key.starts_with("obs.")).collect();
    assert_eq!(of_schema.len(), TYPES.len());
    assert!(of_schema.iter().all(|key| TYPES.iter().any(|(known, _)| known == *key)));
}

/// Checks the types of a line's fields; returns those of the schema that it has.
#[track_caller]
pub(crate) fn assert_ecs_types(line: &str) -> BTreeSet<String> {
    let line: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
    let of_schema: Vec<_> = TYPES.into_iter().filter(|(key, _)| line.contains_key(*key)).collect();
    for &(key, kind) in &of_schema {
        let value = &line[key];
        let is_so = match kind {
            "long" => value.is_u64(),
            "ip" => value
                .as_str()
                .is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
            "keyword[]" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            _ => value.is_string(),
        };
        assert!(is_so, "{key} is {value}, not {kind}");
    }
    assert_no_object_is_a_value(&line);
    of_schema.into_iter().map(|(key, _)| key.to_owned()).collect()
}

/// Elasticsearch indexes a line only if no key is a part of another one.
fn assert_no_object_is_a_value(line: &BTreeMap<String, Value>) {
    for (key, other) in line.keys().flat_map(|key| line.keys().map(move |other| (key, other))) {
        assert!(!other.starts_with(&format!("{key}.")), "{key} and {other}");
    }
}

#[test]
fn ecs_has_no_value_in_the_place_of_an_object() {
    let fixture = fixture(LogProfile::Ecs, LogTime::default());
    fixture.run(|| {
        error!(
            error = "no connection",
            service = "x",
            user = "bob",
            user.id = 7,
            http.request = "x",
            trace.id.short = "x",
            log.level = "x",
            "failed"
        );
    });
    let line: BTreeMap<String, Value> = serde_json::from_str(&fixture.only_line()).unwrap();
    assert_no_object_is_a_value(&line);
    for (key, value) in [
        ("error.message", "no connection"),
        ("fields.service", "x"),
        ("fields.user", "bob"),
        ("fields.http.request", "x"),
        ("fields.trace.id.short", "x"),
        ("fields.log.level", "x"),
        ("log.level", "error"),
    ] {
        assert_eq!(line[key], value);
    }
    assert_eq!(line["user.id"], 7);
}

#[test]
fn google_cloud_lines_have_the_structure_that_logging_reads() {
    assert_eq!(
        event(LogProfile::GoogleCloud),
        r#"{"time":"TIME","severity":"WARNING","message":"card \"declined\"","target":"payment::charge","service":"payment-service","version":"1.2.3","env":"production","request_id":"req-123","logging.googleapis.com/trace":"projects/my-project/traces/4bf92f3577b34da6a3ce929d0e0e4736","logging.googleapis.com/spanId":"00f067aa0ba902b7","logging.googleapis.com/trace_sampled":true,"user_id":"user-456","amount_cents":1999,"note":"two words","step":2,"region":"eu-1"}"#
    );
    let line = parsed(&request(LogProfile::GoogleCloud, &failed()));
    let expected = serde_json::json!({
        "requestMethod": "GET",
        "requestUrl": "/orders/7",
        "remoteIp": "192.0.2.7",
        "userAgent": "curl/8.5 \"x\"",
        "status": 500,
        "requestSize": "38",
        "responseSize": "512",
        "latency": "1.500000s",
        "protocol": "HTTP/1.1",
    });
    assert_eq!(line["httpRequest"], expected);
    for (key, value) in [
        ("severity", "ERROR"),
        ("endpoint", "/orders/{id}"),
        ("outcome", "panic"),
        ("error_type", "panic"),
        ("error", "index out of\nbounds, password=REDACTED"),
        ("fields.httpRequest", "of the application"),
        ("status", "of the application"),
    ] {
        assert_eq!(line[key], value);
    }
    assert_eq!(line["duration_ms"], 1500.0);
}

#[test]
fn every_level_has_a_severity_of_google_cloud() {
    let fixture = fixture(LogProfile::GoogleCloud, LogTime::default());
    fixture.logs.filter().set("trace").unwrap();
    fixture.run(|| {
        tracing::trace!("x");
        tracing::debug!("x");
        info!("x");
        warn!("x");
        error!("x");
    });
    let severities: Vec<_> = fixture
        .lines()
        .iter()
        .map(|line| parsed(line)["severity"].clone())
        .collect();
    assert_eq!(severities, ["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR"]);
}

/// Keys and values as a parser of others reads them; what is in quotes has the escapes of JSON.
fn logfmt(line: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let raw: Vec<_> = tpt_logfmt_parse::LogfmtParser::new(line)
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{error}: {line}"));
    for (key, value) in raw {
        // Of quotes the parser tells nothing: what has an escape was in some.
        let text = serde_json::from_str(&format!("\"{value}\"")).unwrap_or_else(|error| panic!("{error}: {value}"));
        assert_eq!(all.insert(key.to_owned(), text), None, "{key} comes twice: {line}");
    }
    all
}

#[test]
fn logfmt_lines_are_read_by_a_parser_of_others() {
    assert_eq!(
        event(LogProfile::Logfmt),
        r#"timestamp=TIME level=warn message="card \"declined\"" target=payment::charge service=payment-service version=1.2.3 env=production request_id=req-123 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 user_id=user-456 amount_cents=1999 note="two words" step=2 region=eu-1"#
    );
    let line = logfmt(&request(LogProfile::Logfmt, &failed()));
    for (key, value) in [
        ("message", "GET /orders/{id} 500"),
        ("method", "GET"),
        ("endpoint", "/orders/{id}"),
        ("path", "/orders/7"),
        ("status", "500"),
        ("duration", "1.500000s"),
        ("duration_ms", "1500.000"),
        ("client_address", "192.0.2.7"),
        ("user_agent", "curl/8.5 \"x\""),
        ("error", "index out of\nbounds, password=REDACTED"),
        ("url.path", "of the application"),
    ] {
        assert_eq!(line[key], value, "{key}");
    }
}

#[test]
fn a_logfmt_key_that_is_renamed_is_no_key_of_obs() {
    let fixture = fixture(LogProfile::Logfmt, LogTime::default());
    fixture.run(|| {
        context::run_in(known_context(false), || {
            context::set_field("trace id", "x");
            context::set_field("a b", 1);
            info!("a\u{85}b" = "x y=z", "hello");
        });
    });
    let raw = fixture.only_line();
    let line = logfmt(&raw);
    assert!(!line["trace_id"].contains('x') && line["a_b"] == "x y=z", "{raw}");
    // The first underscore of the request's field is that of a field that the event has.
    assert_eq!(line["fields.trace_id"], "x");
}

#[test]
fn times_are_written_as_asked_for() {
    for (time, expected) in [
        (LogTime::Rfc3339Millis, "\"2026-11-22T14:30:05.123Z\""),
        (LogTime::Rfc3339Micros, "\"2026-11-22T14:30:05.123456Z\""),
        (LogTime::Rfc3339Nanos, "\"2026-11-22T14:30:05.123456789Z\""),
        (LogTime::UnixSeconds, "1795357805.123456"),
        (LogTime::UnixMillis, "1795357805123"),
    ] {
        let line = RequestLine {
            at: Duration::from_nanos(1_795_357_805_123_456_789),
            ..requests::line("/orders/{id}", "")
        };
        for (profile, start) in [(LogProfile::Obs, "{\"timestamp\":"), (LogProfile::Logfmt, "timestamp=")] {
            let fixture = fixture(profile, time);
            let start_of_request = fixture.logs.begin_request("/orders/7", None, None);
            fixture
                .logs
                .write_request(start_of_request, &known_context(true), &line);
            let expected = if profile == LogProfile::Obs {
                format!("{start}{expected},\"level\":\"info\",\"severity\":\"INFO\",")
            } else {
                format!("{start}{} level=info ", expected.trim_matches('"'))
            };
            let written = fixture.only_line();
            assert!(written.starts_with(&expected), "{written}");
        }
    }
}

#[test]
fn with_another_time_the_line_of_a_request_has_the_same_keys_and_values() {
    let read = |time| {
        let line = request_at(time);
        serde_json::from_str::<BTreeMap<String, Value>>(&line).unwrap()
    };
    let (mut usual, mut other) = (read(LogTime::Rfc3339Micros), read(LogTime::UnixMillis));
    assert!(usual.remove("timestamp") != other.remove("timestamp"));
    assert_eq!(usual, other);
}

fn request_at(time: LogTime) -> String {
    let fixture = fixture(LogProfile::Obs, time);
    let start = fixture
        .logs
        .begin_request("/orders/7", Some(b"curl/8.5"), Some("192.0.2.7".parse().unwrap()));
    let context = known_context(true);
    context.set_field("user_id", "user-456");
    context.set_field("status", "of the application");
    fixture.logs.write_request(start, &context, &failed());
    fixture.only_line()
}

#[test]
fn a_request_that_began_while_its_line_was_off_is_a_valid_line_in_every_profile() {
    for profile in [LogProfile::Ecs, LogProfile::GoogleCloud, LogProfile::Logfmt] {
        let fixture = fixture(profile, LogTime::default());
        fixture.logs.filter().set("off").unwrap();
        let start = fixture.logs.begin_request("/orders/7", None, None);
        fixture.logs.filter().set("info").unwrap();
        fixture.logs.write_request(start, &known_context(true), &failed());
        let line = fixture.only_line();
        assert!(!line.contains("/orders/7") && line.contains("/orders/{id}"), "{line}");
    }
}

#[test]
fn a_long_line_is_cut_and_says_so_in_every_profile() {
    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("on purpose")
        }
    }
    let long = "x\n\"=".repeat(MAX_LINE);
    for profile in [LogProfile::Ecs, LogProfile::GoogleCloud, LogProfile::Logfmt] {
        let fixture = fixture(profile, LogTime::default());
        fixture.run(|| {
            info!(big = %long, "{long}");
        });
        let path = format!("/{long}");
        let start = fixture.logs.begin_request(&path, Some(long.as_bytes()), None);
        let context = known_context(true);
        context.set_field("big", long.clone());
        fixture
            .logs
            .write_request(start, &context, &requests::line(&long, &long));
        let lines = fixture.run(|| info!(bad = ?Panics, "x"));
        assert_eq!(lines.len(), 3);
        for line in &lines[..2] {
            assert!(line.len() < MAX_LINE, "{}", line.len());
            let is_marked = match profile {
                LogProfile::Logfmt => logfmt(line)["truncated"] == "true",
                LogProfile::Ecs => parsed(line)["obs.truncated"] == true,
                _ => parsed(line)["truncated"] == true,
            };
            assert!(is_marked && line.contains("region"), "{profile:?}");
        }
        assert!(lines[2].contains("<panicked while formatting>"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_set_a_line_can_be_read(
        fields in proptest::collection::vec(("(?s).{0,12}|[a-z]{1,5}(\\.[a-z]{1,5}){0,2}|error|service|trace\\.id", "(?s).{0,20}"), 0..6),
        message in "(?s).{0,20}",
    ) {
        for profile in [LogProfile::Ecs, LogProfile::GoogleCloud, LogProfile::Logfmt] {
            let fixture = fixture(profile, LogTime::default());
            let context = known_context(true);
            for (key, value) in &fields {
                context.set_field(key.clone(), value.clone());
            }
            fixture.run(|| context::run_in(context.clone(), || info!("{message}")));
            let start = fixture.logs.begin_request(&message, Some(message.as_bytes()), None);
            fixture.logs.write_request(start, &context, &requests::line(&message, ""));
            let lines = fixture.lines();
            prop_assert_eq!(lines.len(), 2);
            for line in &lines {
                match profile {
                    LogProfile::Logfmt => drop(logfmt(line)),
                    _ => drop(parsed(line)),
                }
            }
        }
    }
}
