//! Input that is broken, forged or far too long: served as ever.

use obs_core::request::Outcome::Ok;

use crate::scenario::{Ask, Does::Tell, Expect, Ids::Restarted, PARENT, Scenario, Wire::H1, get, row, shows};

/// Another valid parent.
const OTHER: &str = "00-11111111111111111111111111111111-2222222222222222-01";

/// Bad headers, one kind a row.
#[must_use]
#[rustfmt::skip]
pub fn bad_input() -> Vec<Scenario> {
    let parent = |value: &[u8]| get("/users/7").traceparent([value]);
    let with = |name, value: &[u8]| get("/users/7").header(name, value);
    let twice = |name, one: &str, two: &str| get("/users/7").header(name, one).header(name, two);
    let state = || tells().no_answer_header("x-sent-tracestate");
    let long = "x".repeat(8_000);
    vec![
        told("traceparent: nonsense",         parent(b"nonsense"),                                                  restarts().nowhere("nonsense")),
        told("traceparent: empty",            parent(b""),                                                          restarts()),
        told("traceparent: upper case",       parent(b"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),    restarts()),
        told("traceparent: no trace id",      parent(b"00-00000000000000000000000000000000-b7ad6b7169203331-01"),    restarts()),
        told("traceparent: no span id",       parent(b"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),    restarts()),
        told("traceparent: forbidden version", parent(b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),   restarts()),
        told("traceparent: too short",        parent(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"),     restarts()),
        told("traceparent: too long",         parent(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-00"), restarts()),
        told("traceparent: oversized",        parent(long.as_bytes()),                                              restarts().nowhere("xxxx")),
        told("traceparent: not ASCII",        parent(b"00-0af7651916cd43dd8448eb211c80319\xe9-b7ad6b7169203331-01"), restarts()),
        told("traceparent: twice",            get("/users/7").traceparent([PARENT, OTHER]),                         restarts().nowhere("1111111111111111")),

        told("tracestate: malformed",         with("tracestate", b"a=1,=,;;"),                                      state()),
        told("tracestate: a key twice",       with("tracestate", b"a=1,a=2"),                                       tells().answer_header("x-sent-tracestate", "a=1")),
        told("tracestate: too many members",  with("tracestate", many_members().as_bytes()),                        state()),
        told("tracestate: oversized",         with("tracestate", format!("a={long}").as_bytes()),                   state()),
        told("tracestate: not ASCII",         with("tracestate", b"a=\xe9"),                                        state()),
        told("tracestate without traceparent", with("tracestate", b"a=1").traceparent([""; 0]),                     restarts().no_answer_header("x-sent-tracestate")),
        told("baggage: oversized",            with("baggage", format!("a={long}{long}").as_bytes()),                tells().no_answer_header("x-sent-baggage")),

        told("x-request-id: empty",           with("x-request-id", b""),                                            tells()),
        told("x-request-id: a forged line",   with("x-request-id", b"a\",\"outcome\":\"ok"),                        tells().nowhere("\"outcome\\\"")),
        told("x-request-id: spaces",          with("x-request-id", b"a b"),                                         tells().nowhere("a b")),
        told("x-request-id: one too long",    with("x-request-id", "y".repeat(129).as_bytes()),                     tells().nowhere("yyyy")),
        told("x-request-id: oversized",       with("x-request-id", long.as_bytes()),                                tells().nowhere("xxxx")),
        told("x-request-id: not ASCII",       with("x-request-id", b"zo\xc3\xab"),                                  tells().nowhere("zo")),
        told("x-request-id: twice",           twice("x-request-id", "first-1", "second-2"),                         tells().request_id("first-1").nowhere("second-2")),

        told("host: made up",                 with("host", b"evil.example"),                                        tells().nowhere("evil")),
        told("host: twice",                   twice("host", "evil.example", "worse.example"),                       tells().nowhere("evil").nowhere("worse"))
            .differs_over(H1, "actix", "actix-http refuses the request before any middleware", Some(Expect::nothing(400))),
        told("host: oversized",               with("host", long.as_bytes()),                                        tells().nowhere("xxxx")),
        told("host: not ASCII",               with("host", b"\xff\xfe\xe9"),                                        tells()),
        told("host: a forged label",          with("host", b"a\"} 1"),                                              tells().nowhere("a\"} 1")),
        told("host: a port that is none",     with("host", b"evil.example:99999"),                                  tells().nowhere("evil")),

        told("user agent",                    with("user-agent", b"curl/8.5"),                                      tells().line_has("\"user_agent\":\"curl/8.5\"")),
        told("user agent: empty",             with("user-agent", b""),                                              tells().line_has("\"user_agent\":\"\"")),
        told("user agent: a forged line",     with("user-agent", b"\"}\\,\"outcome\":\"x"),                         tells().line_has(r#""user_agent":"\"}\\,\"outcome\":\"x""#)),
        told("user agent: a tab",             with("user-agent", b"a\tb"),                                          tells().line_has(r#""user_agent":"a\tb""#)),
        told("user agent: not UTF-8",         with("user-agent", b"caf\xe9"),                                       tells().line_has("\"user_agent\":\"caf\u{fffd}\"")),
        told("user agent: oversized",         with("user-agent", long.as_bytes()),                                  tells().line_has("\"truncated\":true")),
        told("user agent: twice",             twice("user-agent", "one", "two"),                                    tells().line_has("\"user_agent\":\"one\"")),
    ]
}

fn told(name: &'static str, ask: Ask, expect: Expect) -> Scenario {
    row(name, ask, "/users/{id}", Tell, expect)
}

fn tells() -> Expect {
    shows(Ok, 200).sends(4).answer_body("told")
}

fn restarts() -> Expect {
    tells().ids(Restarted)
}

fn many_members() -> String {
    (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",")
}
