//! What the console costs while nobody looks.

use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt as _;
use http::Request;
use obs_axum::{ObsLayer, obs_console::Console};
use obs_core::Obs;
use obs_tests::alloc::count_allocations;
use tower::ServiceExt as _;

const REQUESTS: u64 = 1_000;

/// Allocations of so many requests that are not for the console, once everything is there that is made lazily.
fn allocations(router: &Router) -> u64 {
    let handle = || {
        let request = Request::get("/ping")
            .header("host", "localhost")
            .body(Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).now_or_never().unwrap().unwrap();
        let body = axum::body::to_bytes(response.into_body(), 1 << 10)
            .now_or_never()
            .unwrap()
            .unwrap();
        assert_eq!(body, "pong");
    };
    (0..3_000).for_each(|_| handle());
    let ((), counted) = count_allocations(|| (0..REQUESTS).for_each(|_| handle()));
    counted.count
}

#[test]
fn a_console_at_which_nobody_looks_costs_a_request_no_allocation() {
    let obs = || {
        Obs::builder("shop")
            .flight_recorder(384 << 10)
            .log_writer(std::io::sink())
            .build()
            .unwrap()
    };
    let routes = |obs: &Obs| {
        let ping = Router::new().route("/ping", get(|| async { "pong" }));
        ping.layer(ObsLayer::new().obs(obs))
    };
    let (without, with) = (obs(), obs());
    let console = Console::builder(&with).controls(true).build().unwrap();
    let mounted = routes(&with).merge(obs_axum::console("/obs", &console));
    let (alone, mounted) = (allocations(&routes(&without)), allocations(&mounted));
    // Buffers that grow now and then count.
    assert!(
        mounted <= alone + REQUESTS / 50,
        "{mounted} with the console, {alone} without, for {REQUESTS} requests"
    );
}
