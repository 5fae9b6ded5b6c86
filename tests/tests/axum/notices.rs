//! That the table notices what is wrong: a check that can't fail proves nothing.

use std::net::SocketAddr;

use axum::{
    Router,
    extract::{ConnectInfo, MatchedPath, Request},
    middleware::map_request,
};
use obs_axum::ObsLayer;
use obs_core::request::Outcome::{ClientError, Ok};
use obs_tests::scenario::{Expect, Ids, Plan, Scenario, Stage, Wire, get, play, row, shows, text};

use crate::adapter::Axum;

/// What is said of a row that goes well when something else is expected.
fn problems(adapter: Axum, expect: Expect) -> String {
    let row: Scenario = row("ok", get("/users/7"), "/users/{id}", text("hello"), expect);
    let failure = play(&Stage::in_memory(), &adapter, Wire::H1, &row, &row.expect).expect_err("nothing was noticed");
    failure.problems.join("\n")
}

#[track_caller]
fn says(problems: &str, all: &[&str]) {
    for part in all {
        assert!(problems.contains(part), "no {part:?} in:\n{problems}");
    }
}

#[test]
fn another_ending_is_noticed_in_every_signal() {
    let expect = shows(ClientError, 404).sends(5);
    let all = [
        "the change of http_requests_total{",
        "http_request_duration_seconds_count{",
        "outcome of the line",
        "status of the line",
        "the span's status code",
        "the status that the client got",
        "what on_finish was told",
    ];
    says(&problems(Axum::PLAIN, expect), &all);
}

#[test]
fn another_endpoint_is_noticed_in_every_signal() {
    let all = [
        "http_requests_total{endpoint=\"/else\"",
        "endpoint of the line",
        "the span's name",
        "http.route",
    ];
    says(&problems(Axum::PLAIN, shows(Ok, 200).sends(5).endpoint("/else")), &all);
}

#[test]
fn another_size_is_noticed() {
    let all = [
        "http_response_size_bytes_sum",
        "http_request_size_bytes_sum",
        "response_bytes of the line",
        "request_bytes of the line",
    ];
    says(&problems(Axum::PLAIN, shows(Ok, 200).sends(6).reads(1)), &all);
}

#[test]
fn other_ids_are_noticed() {
    let all = ["the number of server spans is 1, expected 0"];
    says(
        &problems(Axum::PLAIN, shows(Ok, 200).sends(5).ids(Ids::Unsampled)),
        &all,
    );
    let all = ["whether the line has the caller's trace", "the span's parent"];
    says(
        &problems(Axum::PLAIN, shows(Ok, 200).sends(5).ids(Ids::Restarted)),
        &all,
    );
    says(
        &problems(Axum::PLAIN, shows(Ok, 200).sends(5).request_id("mine")),
        &["request_id of the line"],
    );
}

#[test]
fn what_is_too_short_is_noticed() {
    let second = std::time::Duration::from_secs(1);
    let all = ["the duration is", "the line says"];
    says(&problems(Axum::PLAIN, shows(Ok, 200).sends(5).lasts(second)), &all);
}

#[test]
fn what_is_recorded_twice_is_noticed_in_every_signal() {
    /// Layers within each other record once; so the request that the inner one meets is made anew.
    async fn anew(mut request: Request) -> Request {
        let extensions = request.extensions_mut();
        let (path, peer) = (
            extensions.remove::<MatchedPath>(),
            extensions.remove::<ConnectInfo<SocketAddr>>(),
        );
        extensions.clear();
        path.map(|path| extensions.insert(path));
        peer.map(|peer| extensions.insert(peer));
        request
    }
    fn twice(routes: Router, layer: ObsLayer, _: &Plan<'_>) -> Router {
        routes.layer(layer.clone()).layer(map_request(anew)).layer(layer)
    }
    let all = [
        "} is 2.0, expected 1.0",
        "the number of canonical lines is 2, expected 1",
        "the number of server spans is 2, expected 1",
        "what on_finish was told",
    ];
    says(&problems(Axum::assembled(twice), shows(Ok, 200).sends(5)), &all);
}
