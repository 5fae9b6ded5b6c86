//! Ways in which a request can end.

use std::time::Duration;

use obs_core::request::Outcome::{Aborted, BodyError, Cancelled, ClientError, Ok, Panic, ServerError};
use tracing::Level;

use crate::scenario::{
    Act::{LeaveAfter, LeaveBeforeHead},
    Does::{Fail, Hang, Panic as Panics},
    Expect, REPLACED, Scenario,
    Step::{self, Fail as FailNow, Hang as HangOn, Pause, Send},
    Wire, ask, get, row, shows, status, stream, text,
};

/// Why the text of an error differs.
const WRAPS: &str = "actix-web wraps the errors of bodies";
const MS_100: Duration = Duration::from_millis(100);
const MS_200: Duration = Duration::from_millis(200);

/// Success, failure, flight: what ends a request, and when.
#[must_use]
#[rustfmt::skip]
pub fn endings() -> Vec<Scenario> {
    let user = || get("/users/7");
    let wrapped = |expect: Expect| expect.error("response body write error: the body failed on purpose").error_chain("the body failed on purpose");
    let breaks = || shows(BodyError, 200).error("the body failed on purpose");
    let hello = || text("hello");
    vec![
        row("ok",                     user(),                "/users/{id}", hello(),       shows(Ok, 200).sends(5).answer_body("hello")),
        row("redirect",               user(),                "/users/{id}", status(302),   shows(Ok, 302).sends(6)),
        row("4xx",                    user(),                "/users/{id}", status(422),   shows(ClientError, 422).sends(6)),
        row("4xx as a warning",       user(),                "/users/{id}", status(409),   shows(ClientError, 409).sends(6).level(Level::WARN))
            .with(|layer| layer.warn_client_errors = true),
        row("404 by the handler",     user(),                "/users/{id}", status(404),   shows(ClientError, 404).sends(6)),
        row("404 unmatched",          get("/wp-login.php"),  "/users/{id}", hello(),       shows(ClientError, 404).endpoint("unmatched")),
        row("method not allowed",     ask("PUT", "/users/7"),  "/users/{id}", hello(),     shows(ClientError, 405).method("_OTHER")),
        row("unknown method",         ask("BREW", "/users/7"), "/users/{id}", hello(),     shows(ClientError, 405).method("_OTHER")),
        row("unknown method, unmatched", ask("BREW", "/pot"), "/users/{id}", hello(),      shows(ClientError, 404).endpoint("unmatched")),
        row("5xx",                    user(),                "/users/{id}", status(503),   shows(ServerError, 503).sends(6)),
        row("5xx with a word",        user(),                "/users/{id}", status(502).header("x-declined", "1"),
                                                                                           shows(ServerError, 502).sends(6).error_type("classified"))
            .with(|layer| layer.classify = Some("x-declined")),
        row("panic",                  user(),                "/users/{id}", Panics("on purpose"), shows(Panic, 500).panic("on purpose")),
        row("panic in the body",      user(),                "/users/{id}", stream([Send("hello"), Step::Panic("in the body")]),
                                                                                           shows(Panic, 200).sends(5).panic("in the body")),
        row("service error",          user(),                "/users/{id}", Fail,          shows(ServerError, 500).sends_no_head().answers(502).error("the service failed on purpose")),
        row("slow",                   user(),                "/users/{id}", hello().after(MS_100), shows(Ok, 200).sends(5).lasts(MS_100)),
        row("client gone before the head", user().then(LeaveBeforeHead), "/users/{id}", Hang, shows(Cancelled, 499))
            .resets_a_waiting_stream(),
        row("client gone in the body",     user().then(LeaveAfter(5)),   "/users/{id}", stream([Send("hello"), HangOn]),
                                                                                           shows(Aborted, 200).sends(5))
            .resets_a_waiting_stream(),
        row("client gone in a failed answer", user().then(LeaveAfter(5)), "/users/{id}", status(500).steps([Send("hello"), HangOn]),
                                                                                           shows(ServerError, 500).sends(5).not_whole())
            .resets_a_waiting_stream(),
        row("body error in a failed answer", user(),         "/users/{id}", status(503).steps([Send("hello"), Pause(MS_100), FailNow]),
                                                                                           shows(ServerError, 503).sends(5).not_whole()),
        row("a body that ends before its Content-Length", user(), "/users/{id}", stream([Send("hello"), Pause(MS_100)]).header("content-length", "10"),
                                                                                           shows(BodyError, 200).sends(5).error_type("incomplete_body")),
        row("a body without a byte of its Content-Length", user(), "/users/{id}", stream([]).header("content-length", "10"),
                                                                                           shows(BodyError, 200).error_type("incomplete_body")),
        row("a failed answer that ends before its Content-Length", user(), "/users/{id}", status(503).steps([Send("hello")]).header("content-length", "10"),
                                                                                           shows(ServerError, 503).sends(5).not_whole()),
        row("a body beyond its Content-Length over HTTP/1", user(), "/users/{id}", stream([Send("helloworld")]).header("content-length", "5"),
                                                                                           shows(BodyError, 200).sends(10).error_type("oversized_body").answers(200).answer_body("hello"))
            .only(Wire::H1, "the client reads what was announced, and nothing tells it of the rest"),
        row("a body beyond its Content-Length over HTTP/2", user(), "/users/{id}", stream([Send("helloworld")]).header("content-length", "5"),
                                                                                           shows(BodyError, 200).sends(10).error_type("oversized_body"))
            .only(Wire::H2, "the client resets the stream (RFC 9113, 8.1.1)"),
        row("a body that is replaced",    user(),            "/users/{id}", stream([Send("hello")]), shows(Ok, 200).answer_body(REPLACED))
            .with(|layer| layer.replaces_bodies = true),
        row("a replaced body of known size", user(),         "/users/{id}", hello(),       shows(Ok, 200).answer_body(REPLACED))
            .with(|layer| layer.replaces_bodies = true),
        row("a replaced 4xx",             user(),            "/users/{id}", status(422),   shows(ClientError, 422).answer_body(REPLACED))
            .with(|layer| layer.replaces_bodies = true),
        row("a replaced 5xx",             user(),            "/users/{id}", status(503),   shows(ServerError, 503).answer_body(REPLACED))
            .with(|layer| layer.replaces_bodies = true),
        row("body error",             user(),                "/users/{id}", stream([Send("hello"), Pause(MS_100), FailNow]),
                                                                                           breaks().sends(5).lasts(MS_100))
            .differs("actix", WRAPS, Some(wrapped(breaks().sends(5).lasts(MS_100)))),
        row("body error at once",     user(),                "/users/{id}", stream([FailNow]), breaks())
            .differs("actix", WRAPS, Some(wrapped(breaks()))),
        row("streamed for 200 ms",    user(),                "/users/{id}", stream([Send("one"), Pause(MS_200), Send("two")]),
                                                                                           shows(Ok, 200).sends(6).lasts(MS_200)),
        row("events",                 get("/events"),        "/events",
            stream([Send("data: 1\n\n"), Pause(MS_200), Send("data: 2\n\n")]).header("content-type", "text/event-stream; charset=utf-8"),
                                                                                           shows(Ok, 200).sends(18).streams(MS_200)),
        row("events left by the client", get("/events").then(LeaveAfter(18)), "/events",
            stream([Send("data: 1\n\n"), Pause(MS_100), Send("data: 2\n\n"), HangOn]).header("content-type", "text/event-stream"),
                                                                                           shows(Ok, 200).sends(18).streams(MS_100).not_whole())
            .resets_a_waiting_stream(),
        row("events that fail",       get("/events"),        "/events",
            status(503).steps([Send("data: 1\n\n"), Pause(MS_100)]).header("content-type", "text/event-stream"),
                                                                                           shows(ServerError, 503).sends(9).streams(MS_100)),
        row("a stream by configuration", get("/feed"),       "/feed",  stream([Send("one"), Pause(MS_200), Send("two")]),
                                                                                           shows(Ok, 200).sends(6).streams(MS_200))
            .with(|layer| layer.streaming.push("/feed")),
    ]
}
