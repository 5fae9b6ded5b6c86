//! Layers of tower-http, inside and outside of ours.

use std::time::Duration;

use ::tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{Any, CorsLayer},
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
};
use axum::{
    Router,
    http::{HeaderName, Request, StatusCode},
};
use obs_axum::ObsLayer;
use obs_core::request::Outcome::{Cancelled, ClientError, Ok, Panic, ServerError};
use obs_tests::scenario::{
    Does::{Hang, Panic as Panics, Tell},
    Expect, Plan, Scenario, Stage, Wire, ask, check_all, get, row, shows, text,
};

use crate::adapter::Axum;

const TIMEOUT: Duration = Duration::from_millis(50);
/// 200 bytes that can be compressed.
const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
    0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

#[track_caller]
fn check(assemble: fn(Router, ObsLayer, &Plan<'_>) -> Router, rows: &[Scenario]) {
    for wire in Wire::ALL {
        assert_eq!(
            check_all(&Axum::assembled(assemble), wire, rows, Stage::in_memory),
            rows.len()
        );
    }
}

fn timeout() -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT)
}

fn preflight() -> obs_tests::scenario::Ask {
    ask("OPTIONS", "/users/7")
        .header("origin", "http://shop.example")
        .header("access-control-request-method", "GET")
}

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods(Any)
}

/// An id in a form that no client has sent.
#[derive(Clone, Copy)]
struct Fixed;

impl MakeRequestId for Fixed {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        Some(RequestId::new("made-by-tower-http".parse().ok()?))
    }
}

const ID: HeaderName = HeaderName::from_static("x-request-id");

#[test]
fn a_timeout_inside_is_an_answer() {
    let rows = [
        row(
            "in time",
            get("/users/7"),
            "/users/{id}",
            text("hello"),
            shows(Ok, 200).sends(5),
        ),
        row(
            "too late",
            get("/users/7"),
            "/users/{id}",
            Hang,
            shows(ServerError, 504).lasts(TIMEOUT),
        ),
    ];
    check(|routes, layer, _| routes.layer(timeout()).layer(layer), &rows);
}

/// Its time has begun to run a little before ours.
#[test]
fn a_timeout_outside_cancels() {
    let nearly = TIMEOUT / 2;
    let rows = [
        row(
            "in time",
            get("/users/7"),
            "/users/{id}",
            text("hello"),
            shows(Ok, 200).sends(5),
        ),
        row(
            "too late",
            get("/users/7"),
            "/users/{id}",
            Hang,
            shows(Cancelled, 499).answers(504).lasts(nearly),
        ),
    ];
    check(|routes, layer, _| routes.layer(layer).layer(timeout()), &rows);
}

#[test]
fn a_panic_caught_inside_is_an_answer() {
    let expect = shows(ServerError, 500)
        .sends(16)
        .answer_body("Service panicked")
        .panic("on purpose");
    let rows = [row(
        "panic",
        get("/users/7"),
        "/users/{id}",
        Panics("on purpose"),
        expect,
    )];
    check(
        |routes, layer, _| routes.layer(CatchPanicLayer::new()).layer(layer),
        &rows,
    );
}

#[test]
fn a_panic_caught_outside_is_a_panic() {
    let expect = shows(Panic, 500)
        .panic("on purpose")
        .answers(500)
        .answer_body("Service panicked");
    let rows = [row(
        "panic",
        get("/users/7"),
        "/users/{id}",
        Panics("on purpose"),
        expect,
    )];
    check(
        |routes, layer, _| routes.layer(layer).layer(CatchPanicLayer::new()),
        &rows,
    );
}

#[test]
fn what_is_compressed_inside_is_counted_as_it_is_sent() {
    let ask = || get("/users/7").header("accept-encoding", "gzip");
    let gzip = |expect: Expect| expect.answer_header("content-encoding", "gzip");
    let rows = [row(
        "long",
        ask(),
        "/users/{id}",
        text(LONG),
        gzip(shows(Ok, 200)).sends(gzipped(LONG)),
    )];
    check(
        |routes, layer, _| routes.layer(CompressionLayer::new()).layer(layer),
        &rows,
    );
}

#[test]
fn what_is_compressed_outside_is_counted_as_it_is_made() {
    let ask = || get("/users/7").header("accept-encoding", "gzip");
    let gzip = |expect: Expect| expect.answer_header("content-encoding", "gzip");
    let rows = [
        row(
            "long",
            ask(),
            "/users/{id}",
            text(LONG),
            gzip(shows(Ok, 200)).sends(200),
        ),
        row(
            "HEAD",
            ask().method("HEAD"),
            "/users/{id}",
            text(LONG),
            gzip(shows(Ok, 200)),
        ),
    ];
    check(
        |routes, layer, _| routes.layer(layer).layer(CompressionLayer::new()),
        &rows,
    );
}

#[test]
fn a_preflight_answered_inside_is_recorded() {
    let rows = [
        row("preflight", preflight(), "/users/{id}", text("hello"), shows(Ok, 200)),
        row(
            "request",
            get("/users/7"),
            "/users/{id}",
            text("hello"),
            shows(Ok, 200).sends(5),
        ),
    ];
    check(|routes, layer, _| routes.layer(cors()).layer(layer), &rows);
}

#[test]
fn a_preflight_answered_outside_is_not_seen() {
    let rows = [
        row(
            "preflight",
            preflight(),
            "/users/{id}",
            text("hello"),
            Expect::nothing(200),
        ),
        row(
            "request",
            get("/users/7"),
            "/users/{id}",
            text("hello"),
            shows(Ok, 200).sends(5),
        ),
    ];
    check(|routes, layer, _| routes.layer(layer).layer(cors()), &rows);
}

#[test]
fn a_request_id_set_outside_is_honoured() {
    let tells = || shows(Ok, 200).sends(4);
    let rows = [
        row(
            "made",
            get("/users/7"),
            "/users/{id}",
            Tell,
            tells().request_id("made-by-tower-http"),
        ),
        row(
            "sent",
            get("/users/7").header("x-request-id", "a-1"),
            "/users/{id}",
            Tell,
            tells().request_id("a-1"),
        ),
        row(
            "refused",
            get("/users/7").header("x-request-id", "a b"),
            "/users/{id}",
            Tell,
            tells().nowhere("a b"),
        ),
        row(
            "unmatched",
            get("/x"),
            "/users/{id}",
            Tell,
            shows(ClientError, 404)
                .endpoint("unmatched")
                .request_id("made-by-tower-http"),
        ),
    ];
    check(
        |routes, layer, _| routes.layer(layer).layer(SetRequestIdLayer::new(ID, Fixed)),
        &rows,
    );
}

#[test]
fn a_request_id_propagated_beside_ours_stands_once_in_the_answer() {
    let tells = || shows(Ok, 200).sends(4).request_id("made-by-tower-http");
    let rows = [row("made", get("/users/7"), "/users/{id}", Tell, tells())];
    check(
        |routes, layer, _| {
            routes
                .layer(PropagateRequestIdLayer::new(ID))
                .layer(layer)
                .layer(SetRequestIdLayer::new(ID, Fixed))
        },
        &rows,
    );
    check(
        |routes, layer, _| {
            routes
                .layer(layer)
                .layer(PropagateRequestIdLayer::new(ID))
                .layer(SetRequestIdLayer::new(ID, Fixed))
        },
        &rows,
    );
}

/// How long the layer's gzip stream is for this text: what came over the wire is compared with what
/// was counted, so any other way to know would do.
fn gzipped(text: &'static str) -> u64 {
    let stage = Stage::in_memory();
    let adapter = Axum::assembled(|routes, layer, _| routes.layer(layer).layer(CompressionLayer::new()));
    let routes = [obs_tests::scenario::Route::new("/", obs_tests::scenario::text(text))];
    let server = stage.serve(&adapter, &routes, &obs_tests::scenario::Settings::default());
    let ask = get("/").header("accept-encoding", "gzip");
    obs_tests::scenario::ask_all(Wire::H1, server.addr(), &[ask])[0]
        .body
        .len() as u64
}
