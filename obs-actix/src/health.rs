//! The pages for liveness and readiness probes.

use std::future::ready as ready_with;

use actix_web::{
    HttpResponse,
    dev::HttpServiceFactory,
    http::{StatusCode, header},
};
use obs_core::health::{Health, HealthReport};

use crate::page::{page, unobserved};

/// A resource with the liveness page at `path`, usually `/health`: 200 as long as the process
/// responds and [`Health::declare_dead`] was not called. It runs no checks: see
/// [`ready`](fn@ready).
///
/// Both pages answer `GET` and `HEAD` with the JSON described in [`obs_core::health`]. No
/// middleware records them, in whatever scope they are mounted.
///
/// ```
/// use actix_web::App;
/// use obs_actix::obs_core::health::{Check, Health};
///
/// let health = Health::new().check(Check::new("database", || async { Err("no route to host") }));
/// let app = App::new()
///     .wrap(obs_actix::ObsMiddleware::new())
///     .service(obs_actix::health("/health", &health)) // 200
///     .service(obs_actix::ready("/ready", &health)); // 503
/// ```
#[must_use = "the page is served once the application has it as a service"]
pub fn health(path: &str, health: &Health) -> impl HttpServiceFactory + use<> {
    let handle = health.clone();
    page(path, health.owner(), move || ready_with(answer(&handle.liveness())))
}

/// A resource with the readiness page at `path`, usually `/ready`: 200 while all required checks
/// pass, 503 when one fails or the service is draining.
///
/// See [`health`](fn@health) for what both pages have in common.
#[must_use = "the page is served once the application has it as a service"]
pub fn ready(path: &str, health: &Health) -> impl HttpServiceFactory + use<> {
    let handle = health.clone();
    page(path, health.owner(), move || {
        let handle = handle.clone();
        async move { answer(&handle.readiness().await) }
    })
}

fn answer(report: &HealthReport) -> HttpResponse {
    let status = StatusCode::from_u16(report.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let response = HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, HealthReport::CONTENT_TYPE))
        .insert_header((header::CACHE_CONTROL, HealthReport::CACHE_CONTROL))
        .body(report.to_json());
    unobserved(response)
}
