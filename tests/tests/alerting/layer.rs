//! Alerts about real requests through the layer, and what the pages show of them.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::get};
use obs_alert::{AlertManager, AlertRule, Channel, Condition, Severity, promql::Window};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, health::Health},
};
use obs_tests::{
    DEADLINE,
    net::{self, Server},
    until,
};

use crate::hook::Hook;

#[test]
fn failures_of_a_service_fire_an_alert_that_its_own_pages_show() {
    let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
    let hook = Hook::start();
    let condition = Condition::error_ratio(Window::minutes(5), 0.05);
    let manager = AlertManager::builder()
        .obs(&obs)
        .rule(AlertRule::new(
            "HighErrorRate",
            condition,
            Severity::Critical,
            "Error rate exceeds 5%",
        ))
        .channel(Channel::webhook(hook.url()))
        .interval(Duration::from_millis(100))
        .start()
        .unwrap();
    let health = Health::new()
        .obs(&obs)
        .check(manager.health_check().cache(Duration::ZERO));
    let service = Router::new()
        .route("/fails", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .layer(ObsLayer::new().obs(&obs))
        .merge(obs_axum::metrics_for("/metrics", &obs))
        .merge(obs_axum::ready("/ready", &health));
    let server = Server::start(service);
    until(DEADLINE, || {
        net::get(server.addr(), "/metrics")
            .text()
            .contains("obs_alert_history_bytes")
    });
    assert_eq!(net::get(server.addr(), "/ready").status, 200);
    assert_eq!(net::get(server.addr(), "/fails").status, 500);
    until(DEADLINE, || {
        hook.bodies()
            .iter()
            .any(|body| body["alerts"][0]["labels"]["alertname"] == "HighErrorRate")
    });
    let page = net::get(server.addr(), "/metrics");
    let line = "obs_alerts{alertname=\"HighErrorRate\",severity=\"critical\",state=\"firing\"} 1\n";
    assert!(page.text().contains(line), "{}", page.text());
    assert_eq!(net::get(server.addr(), "/ready").status, 503);
    assert!(manager.shutdown(DEADLINE));
}
