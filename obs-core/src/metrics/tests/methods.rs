//! Methods that have to prove themselves, and gauges that go down where they went up.

use super::prelude::*;

const METHODS: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
];

#[test]
fn methods_that_no_route_has_make_no_series() {
    let registry = Registry::new();
    let red = red(&registry);
    let endpoints: Vec<String> = (0..300).map(|n| format!("/route/{n}")).collect();
    for endpoint in &endpoints {
        for method in METHODS.into_iter().skip(1) {
            request(&red, method, endpoint, 405);
        }
    }
    let page = checked(&registry);
    assert_eq!(page.matches("\nhttp_requests_total{").count(), 300);
    assert_eq!(
        total(
            &page,
            "http_requests_total{method=\"_OTHER\",endpoint=\"/route/0\",status=\"405\",outcome=\"client_error\"}"
        ),
        9.0
    );
    for endpoint in &endpoints {
        request(&red, "GET", endpoint, 200);
        request(&red, "GET", endpoint, 405);
    }
    let page = checked(&registry);
    for endpoint in &endpoints {
        let series = |status, outcome| {
            let labels = format!("method=\"GET\",endpoint=\"{endpoint}\",status=\"{status}\",outcome=\"{outcome}\"");
            value(&page, &format!("http_requests_total{{{labels}}}"))
        };
        assert_eq!((series(200, "ok"), series(405, "client_error")), (Some(1.0), Some(1.0)));
    }
    assert_eq!(total(&page, "http_requests_total"), 3_300.0);
    assert!(!page.contains("_overflow"));
}

#[test]
fn a_gauge_goes_down_where_it_went_up() {
    let registry = Registry::new();
    let red = red(&registry);
    let provisional = red.arrive("POST", "/a");
    let page = text(&registry);
    assert_eq!(
        value(&page, "http_requests_in_flight{method=\"_OTHER\",endpoint=\"/a\"}"),
        Some(1.0)
    );
    request(&red, "POST", "/a", 201);
    let confirmed = red.arrive("POST", "/a");
    provisional.record(&red, &measured(405, Outcome::ClientError));
    drop(provisional);
    let page = text(&registry);
    assert_eq!(
        value(&page, "http_requests_in_flight{method=\"_OTHER\",endpoint=\"/a\"}"),
        Some(0.0)
    );
    assert_eq!(
        value(&page, "http_requests_in_flight{method=\"POST\",endpoint=\"/a\"}"),
        Some(1.0)
    );
    drop(confirmed);
    assert_eq!(total(&checked(&registry), "http_requests_in_flight"), 0.0);
}

#[test]
fn a_confirmed_pair_leaves_no_trace_of_its_provisional_one() {
    let registry = Registry::new();
    let red = red(&registry);
    request(&red, "GET", "/a", 200);
    request(&red, "DELETE", "unmatched", 404);
    let page = checked(&registry);
    assert!(!page.contains("_OTHER"), "{page}");
    assert!(page.contains("http_requests_in_flight{method=\"GET\",endpoint=\"/a\"} 0\n"));
}

#[test]
fn an_unknown_method_stays_other() {
    let registry = Registry::new();
    let red = red(&registry);
    let flight = red.arrive("_OTHER", "/a");
    flight.record(&red, &measured(200, Outcome::Ok));
    let page = checked(&registry);
    assert!(page.contains("http_requests_total{method=\"_OTHER\",endpoint=\"/a\",status=\"200\",outcome=\"ok\"} 1\n"));
}

#[test]
fn a_renamed_request_counts_under_its_new_route_and_leaves_the_old_gauge() {
    let registry = Registry::new();
    let red = red(&registry);
    let mut flight = red.arrive("GET", "/early");
    flight.rename(&red, "/late");
    assert_eq!(flight.endpoint(), "/late");
    flight.record(&red, &measured(200, Outcome::Ok));
    assert_eq!(
        value(
            &text(&registry),
            "http_requests_in_flight{method=\"_OTHER\",endpoint=\"/early\"}"
        ),
        Some(1.0)
    );
    drop(flight);
    let page = checked(&registry);
    assert_eq!(total(&page, "http_requests_in_flight"), 0.0);
    assert!(page.contains("http_requests_total{method=\"GET\",endpoint=\"/late\",status=\"200\",outcome=\"ok\"} 1\n"));
}
