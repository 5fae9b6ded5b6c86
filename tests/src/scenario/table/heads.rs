//! Answers and requests of every shape: where an answer ends, what a body weighs.

use std::time::Duration;

use obs_core::request::Outcome::{ClientError, Ok};

use crate::scenario::{
    Act::{self, LeaveAfter},
    Does::{File, Read, Upgrade},
    Scenario,
    Step::{Pause, Send, Trailer},
    UPGRADED_FOR, Wire, ask, empty, get, post, row, shows, status, stream, text,
};

/// A file that any checkout has.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// How bodies begin and end.
#[must_use]
#[rustfmt::skip]
pub fn heads() -> Vec<Scenario> {
    let user = || get("/users/7");
    let file_size = std::fs::metadata(FILE).map_or(0, |file| file.len());
    let pause = Pause(Duration::from_millis(20));
    vec![
        row("HEAD",                   ask("HEAD", "/users/7"), "/users/{id}", text("hello"),  shows(Ok, 200).answer_header("content-length", "5")),
        row("HEAD of a stream",       ask("HEAD", "/users/7"), "/users/{id}", stream([Send("hello")]), shows(Ok, 200)),
        row("204",                    user(),                "/users/{id}", empty().status(204), shows(Ok, 204)),
        row("304 with a body",        user(),                "/users/{id}", status(304),      shows(Ok, 304)),
        row("an empty body",          user(),                "/users/{id}", empty(),          shows(Ok, 200)),
        row("an empty stream",        user(),                "/users/{id}", stream([]),       shows(Ok, 200)),
        row("a stream with Content-Length", user(),          "/users/{id}", stream([Send("hello"), pause.clone(), Send("world")]).header("content-length", "10"),
                                                                                              shows(Ok, 200).sends(10).answer_body("helloworld")),
        row("a stream with a Content-Length of 0", user(),   "/users/{id}", stream([]).header("content-length", "0"), shows(Ok, 200)),
        row("a stream left with its last byte", user().then(LeaveAfter(10)), "/users/{id}", stream([Send("hello"), pause, Send("world")]).header("content-length", "10"),
                                                                                              shows(Ok, 200).sends(10).not_whole()),
        row("trailers",               user().header("te", "trailers"), "/users/{id}", stream([Send("hello"), Trailer("x-sum", "5d41")]).header("trailer", "x-sum"),
                                                                                              shows(Ok, 200).sends(5)),
        row("a file",                 get("/file"),          "/file",       File(FILE.into()), shows(Ok, 200).sends(file_size)),
        row("HEAD of a file",         ask("HEAD", "/file"),  "/file",       File(FILE.into()), shows(Ok, 200)),
        row("a part of a file",       get("/file").header("range", "bytes=2-5"), "/file", File(FILE.into()), shows(Ok, 206).sends(4)),
        row("a part that no file has", get("/file").header("range", "bytes=9999999-"), "/file", File(FILE.into()), shows(ClientError, 416)),
        row("upgrade",                get("/upgrade").then(Act::Upgrade), "/upgrade", Upgrade, shows(Ok, 101).upgraded(UPGRADED_FOR))
            .only(Wire::H1, "HTTP/2 has no 101 (RFC 9113, 8.6)"),
        row("an upgrade refused",     get("/upgrade").then(Act::Upgrade), "/upgrade", status(426), shows(ClientError, 426).sends(6))
            .only(Wire::H1, "HTTP/2 has no Upgrade header (RFC 9113, 8.6)"),
        row("a request with a body",  post("/upload", "0123456789"), "/upload", Read,          shows(Ok, 200).reads(10).sends(2).answer_body("10")),
        row("a chunked request",      post("/upload", "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n").header("transfer-encoding", "chunked"), "/upload", Read,
                                                                                              shows(Ok, 200).reads(7).sends(1).answer_body("7"))
            .only(Wire::H1, "HTTP/2 has no chunked coding (RFC 9113, 8.2.2)"),
        row("a large request",        post("/upload", vec![b'x'; 300_000]), "/upload", Read,   shows(Ok, 200).reads(300_000).sends(6).answer_body("300000")),
        row("a request body that nobody reads", get("/users/7").body("0123456789"), "/users/{id}", text("hello"), shows(Ok, 200).sends(5)),
    ]
}
