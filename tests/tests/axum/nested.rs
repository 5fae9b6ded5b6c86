//! Layers within layers, and routers that a handler asks itself.

use axum::{Router, body::Body, routing::get as get_route};
use http::Request;
use obs_axum::ObsLayer;
use obs_core::{names::log, request::Outcome::Ok};
use obs_tests::{
    DEADLINE,
    scenario::{
        Expect, PARENT, Plan, Route, Scenario, Settings, Stage, Wire, ask_all, check_all, get, row, shows, text,
    },
};
use tower::ServiceExt as _;

use crate::adapter::Axum;

fn ok() -> Expect {
    shows(Ok, 200).sends(5)
}

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

#[test]
fn a_layer_on_a_nested_router_and_one_around_it_count_a_request_once() {
    let rows = [user("nested", "/api/users/7", ok().endpoint("/api/users/{id}"))];
    check(
        |routes, layer, _| Router::new().nest("/api", routes.layer(layer.clone())).layer(layer),
        &rows,
    );
}

#[test]
fn the_template_of_the_innermost_layer_is_recorded() {
    let rows = [user("nested", "/api/users/7", ok().endpoint("/api/users/{id}"))];
    check(
        |routes, layer, _| {
            Router::new()
                .nest_service("/api", routes.layer(layer.clone()))
                .layer(layer)
        },
        &rows,
    );
    let rows = [user("within a fallback", "/users/7", ok())];
    check(
        |routes, layer, _| Router::new().fallback_service(routes.layer(layer.clone())).layer(layer),
        &rows,
    );
}

#[test]
fn of_three_layers_one_counts() {
    let rows = [user("three", "/users/7", ok())];
    check(
        |routes, layer, _| routes.layer(layer.clone()).layer(layer.clone()).layer(layer),
        &rows,
    );
}

#[test]
fn a_handler_that_takes_its_time_before_the_inner_layer_changes_nothing() {
    async fn later(request: axum::extract::Request, next: axum::middleware::Next) -> axum::response::Response {
        tokio::task::yield_now().await;
        next.run(request).await
    }
    let rows = [user("later", "/users/7", ok())];
    check(
        |routes, layer, _| {
            routes
                .layer(layer.clone())
                .layer(axum::middleware::from_fn(later))
                .layer(layer)
        },
        &rows,
    );
}

#[test]
fn a_request_to_a_router_of_ones_own_is_a_second_one_and_a_child_of_the_first() {
    let gateway = Axum::assembled(|_, layer, _| {
        let inner = Router::new()
            .route("/inner/{id}", get_route(async || "inner"))
            .layer(layer.clone());
        let ask = move || async move {
            inner
                .oneshot(Request::get("/inner/7").body(Body::empty()).unwrap())
                .await
        };
        Router::new().route("/gateway", get_route(ask)).layer(layer)
    });
    for wire in Wire::ALL {
        let stage = Stage::in_memory();
        let routes: [Route; 0] = [];
        let server = stage.serve(&gateway, &routes, &Settings::default());
        let answers = ask_all(wire, server.addr(), &[get("/gateway")]);
        assert!(stage.wait_finished(2));
        assert!(server.stop(DEADLINE));
        stage.flush(2);
        let page = stage.page();
        for endpoint in ["/gateway", "/inner/{id}"] {
            assert_eq!(
                page.sum("http_requests_total", &[("endpoint", endpoint)]),
                1.0,
                "{endpoint}"
            );
        }
        let spans = stage.spans();
        let named = |name: &str| {
            spans
                .iter()
                .find(|span| span.name == name)
                .unwrap_or_else(|| panic!("{spans:#?}"))
        };
        let (outer, inner) = (named("GET /gateway"), named("GET /inner/{id}"));
        assert_eq!(
            (&*inner.trace_id, &*inner.parent_span_id),
            (&PARENT[3..35], &*outer.span_id)
        );
        assert_eq!(outer.parent_span_id, PARENT[36..52]);
        let line = stage
            .lines()
            .into_iter()
            .find(|line| line.get(log::ENDPOINT).is_some_and(|at| at == "/gateway"));
        let echoed = answers[0].header("x-request-id").expect("an id").to_owned();
        assert_eq!(line.expect("a line").str(log::REQUEST_ID), echoed);
    }
}
