//! The metrics page, wherever it is mounted: it shows the others and leaves itself out.

use axum::{
    Router,
    body::Body,
    extract::Request,
    routing::{MethodRouter, any, post},
};
use obs_axum::ObsLayer;
use obs_core::{health::Health, names::metric};
use obs_tests::{
    DEADLINE,
    net::Response,
    page::Page,
    scenario::{Ask, Plan, Route, Settings, Stage, Wire, ask, ask_all, get, text},
};
use tower_layer::Layer as _;

use crate::adapter::Axum;

fn page(plan: &Plan<'_>) -> Router {
    obs_axum::metrics_for("/metrics", plan.obs.expect("an instance of the test's own"))
}

/// Scrapes several times, with a request between, and looks at the last page and at all signals: one
/// request in each, and `spans` more.
#[track_caller]
fn check(path: &'static str, assemble: fn(Router, ObsLayer, &Plan<'_>) -> Router) {
    for wire in Wire::ALL {
        let (adapter, stage) = (Axum::assembled(assemble), Stage::in_memory());
        let routes = [Route::new("/users/{id}", text("hello"))];
        let server = stage.serve(&adapter, &routes, &Settings::default());
        // One at a time: what is in flight beside a scrape is rightly on its page.
        let answer = |ask| ask_all(wire, server.addr(), &[ask]).remove(0);
        for ask in [get(path), get(path), get("/users/7"), ask("HEAD", path)] {
            assert_eq!(answer(ask).status, 200);
        }
        // The request's end is recorded when its last byte has been handed on, which the client may beat.
        assert!(stage.wait_finished(1));
        check_page(&answer(get(path)), path);
        assert!(server.stop(DEADLINE));
        stage.flush(1);
        assert_eq!(stage.finished().len(), 1, "{:?}", stage.finished());
        assert_eq!(stage.logs().request_lines().len(), 1, "{:?}", stage.lines());
        assert_eq!(
            stage.spans().iter().filter(|span| span.is_server).count(),
            1,
            "{:?}",
            stage.spans()
        );
        assert_eq!(stage.page().sum(&metric::IN_FLIGHT.name("http"), &[]), 0.0);
    }
}

#[track_caller]
fn check_page(answer: &Response, path: &str) {
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let page = Page::parse(answer.text()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(page.sum("http_requests_total", &[]), 1.0);
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
    assert!(
        !answer.text().contains(path),
        "the page speaks of itself:\n{}",
        answer.text()
    );
}

#[test]
fn merged_outside_of_the_layer() {
    check("/metrics", |routes, layer, plan| routes.layer(layer).merge(page(plan)));
}

#[test]
fn merged_inside_of_the_layer() {
    check("/metrics", |routes, layer, plan| routes.merge(page(plan)).layer(layer));
}

#[test]
fn nested_outside_of_the_layer() {
    check("/internal/metrics", |routes, layer, plan| {
        routes.layer(layer).nest("/internal", page(plan))
    });
}

/// That it is the page shows only in its handler, when the span of the request has begun.
#[test]
fn nested_inside_of_the_layer() {
    check("/internal/metrics", |routes, layer, plan| {
        routes.nest("/internal", page(plan)).layer(layer)
    });
}

#[test]
fn as_a_nested_service_inside_of_the_layer() {
    check("/internal/metrics", |routes, layer, plan| {
        routes.nest_service("/internal", page(plan)).layer(layer)
    });
}

// === what else is behind the page's route ===

#[test]
fn behind_a_route_that_answers_everything_it_silences_nothing_else() {
    check("/metrics", |routes, layer, plan| {
        Router::new()
            .route_service("/{*rest}", routes.merge(page(plan)).into_service::<Body>())
            .layer(layer)
    });
}

#[test]
fn within_a_group_of_endpoints_it_silences_nothing_else() {
    check("/metrics", |routes, layer, plan| {
        let inner = routes.merge(page(plan)).into_service::<Body>();
        Router::new().fallback_service(layer.endpoint(|_| "group").layer(inner))
    });
}

#[test]
fn outside_of_routing_it_silences_nothing_else() {
    check("/metrics", |routes, layer, plan| {
        Router::new().fallback_service(layer.layer(routes.merge(page(plan)).into_service::<Body>()))
    });
}

/// Asks the page many times, with requests to `other` between, each of which is to be seen.
#[track_caller]
fn check_beside(stage: &Stage, page: &'static str, other: &Ask, assemble: fn(Router, ObsLayer, &Plan<'_>) -> Router) {
    const ROUNDS: usize = 100;
    let server = stage.serve(&Axum::assembled(assemble), &[], &Settings::default());
    for round in 1..=ROUNDS {
        assert_eq!(ask_all(Wire::H1, server.addr(), &[get(page)])[0].status, 200);
        assert_eq!(
            ask_all(Wire::H1, server.addr(), std::slice::from_ref(other))[0].status,
            200
        );
        assert!(stage.wait_finished(round), "round {round}: {:?}", stage.finished());
    }
    assert!(server.stop(DEADLINE));
    stage.flush(ROUNDS);
    assert_eq!(stage.finished().len(), ROUNDS);
    assert_eq!(stage.logs().request_lines().len(), ROUNDS);
    // The span of one of them may be missing: see `obs_core`'s expected pages.
    let spans = stage.spans().iter().filter(|span| span.is_server).count();
    assert!((ROUNDS - 1..=ROUNDS).contains(&spans), "{spans} spans");
}

fn own_handler() -> MethodRouter {
    any(async || "not the page of obs")
}

#[test]
fn a_route_of_the_application_that_is_called_like_the_page_is_seen() {
    for stage in [Stage::in_memory(), Stage::over_otlp()] {
        check_beside(&stage, "/internal/metrics", &get("/metrics"), |routes, layer, plan| {
            routes
                .route("/metrics", own_handler())
                .nest("/internal", page(plan))
                .layer(layer)
        });
    }
}

#[test]
fn another_method_on_the_path_of_the_page_is_seen() {
    for stage in [Stage::in_memory(), Stage::over_otlp()] {
        check_beside(&stage, "/metrics", &ask("POST", "/metrics"), |routes, layer, plan| {
            routes
                .merge(page(plan))
                .route("/metrics", post(async || "taken"))
                .layer(layer)
        });
    }
}

#[test]
fn a_route_of_the_application_that_is_called_like_a_health_page_is_seen() {
    for stage in [Stage::in_memory(), Stage::over_otlp()] {
        check_beside(&stage, "/internal/health", &get("/health"), |routes, layer, plan| {
            let health = Health::new().obs(plan.obs.expect("an instance of the test's own"));
            let pages = obs_axum::health("/health", &health).merge(obs_axum::ready("/ready", &health));
            routes
                .route("/health", own_handler())
                .nest("/internal", pages)
                .layer(layer)
        });
    }
}

#[test]
fn another_host_on_the_path_of_the_page_is_seen() {
    for stage in [Stage::in_memory(), Stage::over_otlp()] {
        let other = get("/metrics").header("x-tenant", "a");
        check_beside(&stage, "/metrics", &other, |_, layer, plan| {
            let (page, own) = (page(plan), Router::new().route("/metrics", own_handler()));
            let by_tenant = tower::service_fn(move |request: Request| {
                let router = if request.headers().contains_key("x-tenant") {
                    own.clone()
                } else {
                    page.clone()
                };
                tower::ServiceExt::oneshot(router, request)
            });
            Router::new().fallback_service(by_tenant).layer(layer)
        });
    }
}

#[test]
fn in_a_router_that_has_a_layer_of_its_own() {
    check("/metrics", |routes, layer, plan| {
        routes.layer(layer.clone()).merge(page(plan).layer(layer))
    });
}

#[test]
fn it_answers_in_the_format_that_is_asked_for() {
    let stage = Stage::in_memory();
    let settings = Settings {
        metrics_page: Some("/metrics"),
        ..Settings::default()
    };
    let server = stage.serve(&Axum::PLAIN, &[Route::new("/users/{id}", text("hello"))], &settings);
    let open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let asks = [
        get("/users/7"),
        get("/metrics").header("accept", "application/openmetrics-text;version=1.0.0"),
    ];
    assert_eq!(ask_all(Wire::H1, server.addr(), &asks[..1])[0].status, 200);
    assert!(stage.wait_finished(1));
    let answer = &ask_all(Wire::H1, server.addr(), &asks[1..])[0];
    assert_eq!(answer.header("content-type"), Some(open));
    let page = Page::parse(answer.text()).unwrap_or_else(|error| panic!("{error}"));
    let exemplars: Vec<_> = page
        .exemplars()
        .filter_map(|sample| sample.exemplar.as_ref()?.label("trace_id"))
        .collect();
    let spans = stage.spans();
    assert!(
        !exemplars.is_empty() && exemplars.iter().all(|id| *id == spans[0].trace_id),
        "{exemplars:?} of {spans:?}"
    );
}

#[test]
fn it_takes_no_other_method() {
    let stage = Stage::in_memory();
    let settings = Settings {
        metrics_page: Some("/metrics"),
        ..Settings::default()
    };
    let server = stage.serve(&Axum::PLAIN, &[], &settings);
    assert_eq!(
        ask_all(Wire::H1, server.addr(), &[ask("POST", "/metrics")])[0].status,
        405
    );
}
