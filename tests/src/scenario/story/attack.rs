//! What an attacker sends to blow the metrics up.

use obs_core::names::{label, metric, value};

use crate::{
    DEADLINE,
    net::Response,
    scenario::{Adapter, Ask, Route, Settings, Stage, Wire, ask, ask_all, get, text},
};

const ROUTES: usize = 300;
const STRANGERS: usize = 10_000;
/// Methods that no route accepts; two of them don't exist.
const OTHER_METHODS: [&str; 8] = ["BREW", "DELETE", "OPTIONS", "PATCH", "POST", "PURGE", "PUT", "TRACE"];
/// More than the page of a service of this size needs, far less than an attack could make of it.
const SMALL_PAGE: usize = 64 * 1_024;

/// 300 GET routes, asked by each of eight other methods before anyone else: the honest requests
/// that follow are counted under their own names, none in the overflow.
#[track_caller]
pub fn many_routes_and_methods(adapter: &dyn Adapter, wire: Wire) {
    let stage = Stage::in_memory();
    let settings = Settings::default();
    let routes: Vec<_> = (0..ROUTES)
        .map(|n| Route::new(format!("/r{n}/{{id}}"), text("hello")))
        .collect();
    let server = stage.serve(adapter, &routes, &settings);
    let refused: Vec<_> = (0..ROUTES)
        .flat_map(|n| {
            OTHER_METHODS
                .into_iter()
                .map(move |method| ask(method, format!("/r{n}/{method}")))
        })
        .collect();
    expect_status(405, &ask_all(wire, server.addr(), &refused));
    let page = stage.page();
    let methods = page.label_values("http_requests_total", label::METHOD);
    assert_eq!(
        methods.into_iter().collect::<Vec<_>>(),
        [value::OTHER],
        "methods of refused requests"
    );
    assert_eq!(page.series_count("http_requests_total"), ROUTES, "one series a route");

    let honest: Vec<_> = (0..2 * ROUTES).map(|n| get(format!("/r{}/7", n % ROUTES))).collect();
    expect_status(200, &ask_all(wire, server.addr(), &honest));
    assert!(stage.wait_finished(refused.len() + honest.len()));
    assert!(server.stop(DEADLINE));
    let page = stage.page();
    for route in &routes {
        let endpoint = route.endpoint();
        let of = |method, status, outcome| {
            let labels = [
                (label::METHOD, method),
                (label::ENDPOINT, &*endpoint),
                (label::STATUS, status),
                (label::OUTCOME, outcome),
            ];
            page.value("http_requests_total", &labels)
        };
        assert_eq!(of("GET", "200", "ok"), Some(2.0), "honest requests of {endpoint}");
        assert_eq!(
            of(value::OTHER, "405", "client_error"),
            Some(8.0),
            "refused requests of {endpoint}"
        );
    }
    assert_eq!(page.series_count("http_requests_total"), 2 * ROUTES);
    assert_eq!(
        page.sum(&metric::SERIES_OVERFLOW.name(""), &[]),
        0.0,
        "series that overflowed"
    );
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
}

/// 10 000 requests, each with a path, a host and a method that nobody has seen: they make no series
/// of their own and no page that grows.
#[track_caller]
pub fn made_up_paths_hosts_and_methods(adapter: &dyn Adapter, wire: Wire) {
    let stage = Stage::in_memory();
    let settings = Settings::default();
    let server = stage.serve(adapter, &[Route::new("/users/{id}", text("hello"))], &settings);
    let strangers: Vec<_> = (0..STRANGERS).map(stranger).collect();
    for answer in ask_all(wire, server.addr(), &strangers) {
        assert!(matches!(answer.status, 200 | 404 | 405), "{answer:?}");
    }
    assert!(stage.wait_finished(STRANGERS));
    assert!(server.stop(DEADLINE));
    stage.flush(0);
    let (text, page) = (stage.page_text(), stage.page());
    assert_eq!(page.sum("http_requests_total", &[]), 10_000.0);
    assert!(text.len() < SMALL_PAGE, "the page has {} bytes", text.len());
    assert!(
        !text.contains("stranger") && !text.contains("BREW"),
        "made-up words are on the page:\n{text}"
    );
    let endpoints: Vec<_> = page
        .label_values("http_requests_total", label::ENDPOINT)
        .into_iter()
        .collect();
    assert_eq!(endpoints, ["/users/{id}", value::UNMATCHED]);
    let methods: Vec<_> = page
        .label_values("http_requests_total", label::METHOD)
        .into_iter()
        .collect();
    assert_eq!(methods, ["GET", value::OTHER]);
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
    #[expect(clippy::cast_precision_loss, reason = "small whole numbers")]
    let written = stage.logs().request_lines().len() as f64;
    let dropped = page.sum(&metric::LOG_LINES_DROPPED.name(""), &[]);
    assert_eq!(written + dropped, 10_000.0, "lines written or counted as dropped");
}

/// One of them made up, or all three.
fn stranger(n: usize) -> Ask {
    let path = format!("/stranger/{n}");
    match n % 4 {
        0 => get(path),
        1 => get("/users/7").header("host", format!("stranger-{n}.example")),
        2 => ask(format!("BREW{n}"), "/users/7"),
        _ => ask(format!("BREW{n}"), path).header("host", format!("stranger-{n}.example")),
    }
}

#[track_caller]
fn expect_status(status: u16, answers: &[Response]) {
    for answer in answers {
        assert_eq!(answer.status, status, "{answer:?}");
    }
}
