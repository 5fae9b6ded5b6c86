//! Whole pages.

use obs_actix::ObsMiddleware;
use obs_axum::ObsLayer;
use obs_core::metrics::Convention;
use obs_tests::page::Page;

use crate::{
    actix, axum,
    served::{ASKS, instance, red_page},
    with_tiers,
};

/// Both frameworks leave this page behind.
#[track_caller]
fn check(convention: Convention, expected: &str) {
    let obs = instance();
    let app = axum::app(with_tiers!(ObsLayer::new(), &obs).convention(convention));
    assert_eq!(axum::ask(&app, &ASKS), [200, 200, 500, 404]);
    assert_eq!(red_page(&obs), expected, "axum");

    let obs = instance();
    let middleware = with_tiers!(ObsMiddleware::new(), &obs).convention(convention);
    assert_eq!(actix::ask(middleware, &ASKS), [200, 200, 500, 404]);
    assert_eq!(red_page(&obs), expected, "actix-web");
    Page::parse(&expected.replace(" T\n", " 1\n")).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_page_of_the_guide_is_complete_on_both_frameworks() {
    check(Convention::Prometheus, include_str!("prometheus.txt"));
}

#[test]
fn the_page_of_open_telemetry_is_complete_on_both_frameworks() {
    check(Convention::OpenTelemetry, include_str!("opentelemetry.txt"));
}

#[test]
fn the_scheme_is_that_of_the_request() {
    let obs = instance();
    let app = axum::app(with_tiers!(ObsLayer::new(), &obs).convention(Convention::OpenTelemetry));
    let asks = [crate::served::get("https://shop.example/users/7")];
    assert_eq!(axum::ask(&app, &asks), [200]);
    let page = Page::parse(&red_page(&obs).replace(" T\n", " 1\n")).unwrap_or_else(|error| panic!("{error}"));
    let labels = [
        ("url_scheme", "https"),
        ("network_protocol_version", "1.1"),
        ("http_route", "/users/{id}"),
    ];
    assert_eq!(
        page.value("http_server_request_duration_seconds_count", &labels),
        Some(1.0)
    );
}

/// The conventions know no namespace, so layers that differ in it have the same series.
#[test]
fn a_namespace_does_not_tell_layers_under_open_telemetry_apart() {
    let obs = instance();
    for namespace in ["http", "payment"] {
        let layer = with_tiers!(ObsLayer::new(), &obs)
            .convention(Convention::OpenTelemetry)
            .namespace(namespace);
        axum::ask(&axum::app(layer), &ASKS[..1]);
    }
    let page = Page::parse(&red_page(&obs).replace(" T\n", " 1\n")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(page.value("http_server_request_duration_seconds_count", &[]), Some(2.0));
}
