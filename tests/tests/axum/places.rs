//! Where the layer can stand in a router, and what it sees from there.

use axum::{
    Extension, Router,
    response::{IntoResponse, Response},
};
use obs_axum::{Endpoint, ObsLayer, RequestView};
use obs_core::request::Outcome::{ClientError, Ok};
use obs_tests::scenario::{Expect, Plan, Scenario, Stage, Wire, check_all, get, row, shows, text};
use tower_layer::Layer as _;

use crate::adapter::Axum;

#[track_caller]
fn check(assemble: fn(Router, ObsLayer, &Plan<'_>) -> Router, rows: &[Scenario]) {
    for wire in Wire::ALL {
        assert_eq!(
            check_all(&Axum::assembled(assemble), wire, rows, Stage::in_memory),
            rows.len()
        );
    }
}

fn user(name: &'static str, path: &'static str, expect: Expect) -> Scenario {
    row(name, get(path), "/users/{id}", text("hello"), expect)
}

fn ok() -> Expect {
    shows(Ok, 200).sends(5)
}

fn by_path(request: &RequestView<'_>) -> Option<&'static str> {
    match request.uri.path() {
        path if path.starts_with("/api/users/") => Some("/api/users/{id}"),
        path if path.starts_with("/users/") => Some("/users/{id}"),
        _ => None,
    }
}

#[test]
fn inside_a_nested_service_it_sees_the_whole_template() {
    let rows = [
        user("matched", "/api/users/7", ok().endpoint("/api/users/{id}")),
        user(
            "unmatched inside",
            "/api/else",
            shows(ClientError, 404).endpoint("unmatched"),
        ),
        user("unmatched outside", "/else", Expect::nothing(404)),
    ];
    check(
        |routes, layer, _| Router::new().nest_service("/api", routes.layer(layer)),
        &rows,
    );
}

#[test]
fn outside_a_nested_service_it_sees_no_template() {
    let rows = [user("matched", "/api/users/7", ok().endpoint("unmatched"))];
    check(
        |routes, layer, _| Router::new().nest_service("/api", routes).layer(layer),
        &rows,
    );
}

#[test]
fn outside_a_nested_service_it_can_be_told_the_template() {
    let rows = [
        user("matched", "/api/users/7", ok().endpoint("/api/users/{id}")),
        user("unmatched", "/api/else", shows(ClientError, 404).endpoint("unmatched")),
    ];
    check(
        |routes, layer, _| {
            Router::new()
                .nest_service("/api", routes)
                .layer(layer.endpoint(by_path))
        },
        &rows,
    );
}

#[test]
fn the_matched_template_beats_the_one_that_is_told() {
    let rows = [user("matched", "/users/7", ok())];
    check(|routes, layer, _| routes.layer(layer.endpoint(|_| "/told")), &rows);
}

#[test]
fn around_a_whole_router_it_is_told_the_template() {
    let rows = [
        user("matched", "/users/7", ok()),
        user("unmatched", "/x", shows(ClientError, 404).endpoint("unmatched")),
    ];
    check(
        |routes, layer, _| Router::new().fallback_service(layer.endpoint(by_path).layer(routes)),
        &rows,
    );
}

#[test]
fn an_answer_can_tell_the_template() {
    async fn name(response: Response) -> Response {
        (Extension(Endpoint::new("/legacy/{page}")), response).into_response()
    }
    let rows = [user("named", "/users/7", ok().endpoint("/legacy/{page}"))];
    check(
        |routes, layer, _| {
            Router::new()
                .fallback_service(routes.layer(axum::middleware::map_response(name)))
                .layer(layer)
        },
        &rows,
    );
}

#[test]
fn as_a_route_layer_it_sees_matched_requests_only() {
    let rows = [
        user("matched", "/users/7", ok()),
        user("unmatched", "/x", Expect::nothing(404)),
    ];
    check(|routes, layer, _| routes.route_layer(layer), &rows);
}

#[test]
fn added_to_a_router_that_is_merged_it_sees_that_one_only() {
    let rows = [
        user("matched", "/users/7", ok()),
        user("another's", "/other", Expect::nothing(200)),
    ];
    check(
        |routes, layer, _| {
            let other = Router::new().route("/other", axum::routing::get(|| async {}));
            routes.route_layer(layer).merge(other)
        },
        &rows,
    );
}
