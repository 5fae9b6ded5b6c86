//! The layer without axum: around a service of hyper's, and around any tower service.

use std::convert::Infallible;

use axum::extract::ConnectInfo;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use obs_axum::{ObsLayer, RequestView};
use obs_core::request::Outcome::{Aborted, BodyError, Cancelled, ClientError, Ok as Fine, Panic, ServerError};
use obs_tests::{
    apply_settings,
    net::Server,
    scenario::{
        Act::{LeaveAfter, LeaveBeforeHead},
        Adapter,
        Does::{Fail, Hang, Panic as Panics, Read, Tell},
        Expect, Plan, Reply, Scenario, ServiceFailure, Serving, Settings, Stage,
        Step::{self, Send},
        Subscribed, Wire, check_all, get, post, row, shows, status, stream, text,
    },
};
use tower::ServiceExt as _;
use tower_layer::Layer as _;

use crate::adapter::respond;

/// Where the route of each row lies.
const USERS: &str = "/users/";

/// One service for all paths, named by a function.
#[derive(Clone, Copy, Debug)]
struct Hyper;

impl Adapter for Hyper {
    fn name(&self) -> &'static str {
        "hyper"
    }

    fn start(&self, plan: &Plan<'_>) -> Box<dyn Serving> {
        let does = plan.routes[0].does.clone();
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let does = if request.uri().path().starts_with(USERS) {
                does.clone()
            } else {
                Reply::new(404).into()
            };
            async move {
                let body = async {
                    request
                        .into_body()
                        .collect()
                        .await
                        .expect("a whole body")
                        .to_bytes()
                        .to_vec()
                };
                Ok::<_, ServiceFailure>(respond(does.perform(body).await?))
            }
        });
        let service = apply_settings!(ObsLayer::new(), plan).endpoint(endpoint).layer(service);
        let subscriber = plan.subscriber.clone();
        Box::new(Server::start_each(move |peer| {
            Subscribed::new(
                axum::Extension(ConnectInfo(peer)).layer(service.clone()),
                subscriber.clone(),
            )
        }))
    }
}

fn endpoint(request: &RequestView<'_>) -> Option<&'static str> {
    request.uri.path().starts_with(USERS).then_some("/users/{id}")
}

/// Without axum's body type, what a request weighs is what its head says; over HTTP/2 it needn't.
fn weightless(wire: Wire) -> impl Fn(Expect) -> Expect {
    move |expect| {
        if wire == Wire::H2 {
            expect.reads_unknown()
        } else {
            expect
        }
    }
}

#[rustfmt::skip]
fn rows(wire: Wire) -> Vec<Scenario> {
    let seen = weightless(wire);
    let user = || get("/users/7");
    vec![
        row("ok",                         user(),                        "/users/{id}", text("hello"),        seen(shows(Fine, 200).sends(5))),
        row("ids",                        user(),                        "/users/{id}", Tell,                 seen(shows(Fine, 200).sends(4))),
        row("404 unmatched",              get("/x"),                     "/users/{id}", text("hello"),        seen(shows(ClientError, 404).endpoint("unmatched"))),
        row("5xx",                        user(),                        "/users/{id}", status(503),          seen(shows(ServerError, 503).sends(6))),
        row("service error",              user(),                        "/users/{id}", Fail,                 seen(shows(ServerError, 500).sends_no_head().not_whole().error("the service failed on purpose"))),
        row("panic",                      user(),                        "/users/{id}", Panics("on purpose"), seen(shows(Panic, 500).panic("on purpose"))),
        row("client gone before the head", user().then(LeaveBeforeHead), "/users/{id}", Hang,                 seen(shows(Cancelled, 499))),
        row("client gone in the body",    user().then(LeaveAfter(5)),    "/users/{id}", stream([Send("hello"), Step::Hang]), seen(shows(Aborted, 200).sends(5))),
        row("body error",                 user(),                        "/users/{id}", stream([Send("hello"), Step::Fail]), seen(shows(BodyError, 200).sends(5).error("the body failed on purpose"))),
        row("a request with a body",      post("/users/7", "0123456789").header("content-length", "10"), "/users/{id}", Read, shows(Fine, 200).reads(10).sends(2)),
    ]
}

#[test]
fn a_service_of_hyper_over_h1() {
    assert!(check_all(&Hyper, Wire::H1, &rows(Wire::H1), Stage::in_memory) > 0);
}

#[test]
fn a_service_of_hyper_over_h2() {
    assert!(check_all(&Hyper, Wire::H2, &rows(Wire::H2), Stage::in_memory) > 0);
}

/// No server, no body types of anyone's.
#[test]
fn a_plain_tower_service() {
    let stage = Stage::in_memory();
    let settings = Settings::default();
    let layer = ObsLayer::new()
        .obs(stage.obs())
        .namespace(settings.namespace)
        .endpoint(|_| "job");
    let service = layer.layer(tower::service_fn(|request: Request<()>| async move {
        Ok::<_, Infallible>(Response::new(request.uri().path().to_owned()))
    }));
    let request = Request::get("/jobs/7").body(()).expect("a request");
    let response = futures_util::FutureExt::now_or_never(service.oneshot(request))
        .expect("no waiting")
        .expect("an answer");
    let body = futures_util::FutureExt::now_or_never(response.into_body().collect()).expect("no waiting");
    assert_eq!(body.expect("a body").to_bytes(), "/jobs/7");
    stage.flush(1);
    let labels = [
        ("method", "GET"),
        ("endpoint", "job"),
        ("status", "200"),
        ("outcome", "ok"),
    ];
    assert_eq!(stage.page().value("http_requests_total", &labels), Some(1.0));
    assert_eq!((stage.logs().request_lines().len(), stage.spans().len()), (1, 1));
}
