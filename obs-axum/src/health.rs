//! The pages for liveness and readiness probes.

use std::future::ready as ready_with;

use axum::{
    Router,
    http::{StatusCode, header},
    response::Response,
};
use obs_core::health::{Health, HealthReport};

use crate::page::{get_only, page, unobserved};

/// A router with the liveness page at `path`, usually `/health`: 200 as long as the process
/// responds and [`Health::declare_dead`] was not called. It runs no checks: see [`ready`].
///
/// Both pages answer `GET` and `HEAD` with the JSON described in [`obs_core::health`]. No layer
/// records them, wherever they are mounted.
///
/// ```
/// use axum::Router;
/// use obs_axum::obs_core::health::{Check, Health};
///
/// let health = Health::new().check(Check::new("database", || async { Err("no route to host") }));
/// let app: Router = Router::new()
///     .layer(obs_axum::ObsLayer::new())
///     .merge(obs_axum::health("/health", &health)) // 200
///     .merge(obs_axum::ready("/ready", &health)); // 503
/// ```
pub fn health<S: Clone + Send + Sync + 'static>(path: &str, health: &Health) -> Router<S> {
    let handle = health.clone();
    let liveness = move || ready_with(answer(&handle.liveness()));
    page(path, health.owner(), &get_only(health.owner(), liveness))
}

/// A router with the readiness page at `path`, usually `/ready`: 200 while all required checks pass,
/// 503 when one fails or the service is draining.
///
/// See [`health`](fn@health) for what both pages have in common.
pub fn ready<S: Clone + Send + Sync + 'static>(path: &str, health: &Health) -> Router<S> {
    let handle = health.clone();
    let readiness = move || {
        let handle = handle.clone();
        async move { answer(&handle.readiness().await) }
    };
    page(path, health.owner(), &get_only(health.owner(), readiness))
}

fn answer(report: &HealthReport) -> Response {
    let status = StatusCode::from_u16(report.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let headers = [
        (header::CONTENT_TYPE, HealthReport::CONTENT_TYPE),
        (header::CACHE_CONTROL, HealthReport::CACHE_CONTROL),
    ];
    unobserved((status, headers, report.to_json()))
}
