//! What happens when there are too many series.

use super::prelude::*;

#[test]
fn what_overflows_the_cap_keeps_the_totals_right() {
    let registry = Registry::builder()
        .series_cap(10)
        .series_cap_for("views_total", 3)
        .build()
        .unwrap();
    with_local_recorder(&registry, || {
        for _ in 0..2 {
            for n in 0..100 {
                counter!("views", "product" => n.to_string(), "kind" => "x").increment(1);
                histogram!("h", "n" => n.to_string()).record(1.0);
            }
        }
    });
    let page = checked(&registry);
    assert_eq!(total(&page, "views_total"), 200.0);
    assert_eq!(page.matches("\nviews_total{").count(), 4);
    assert_eq!(
        value(&page, "views_total{kind=\"_overflow\",product=\"_overflow\"}"),
        Some(194.0)
    );
    assert_eq!(value(&page, "h_count{n=\"_overflow\"}"), Some(180.0));
    assert_eq!(
        value(&page, "obs_series_overflow_total{metric=\"views_total\"}"),
        Some(194.0)
    );
}

#[test]
fn application_series_do_not_take_the_room_of_the_layer() {
    let registry = Registry::builder().series_cap(5).build().unwrap();
    with_local_recorder(&registry, || {
        (0..100).for_each(|n| counter!("app", "n" => n.to_string()).increment(1));
    });
    let red = red(&registry);
    for endpoint in ["/a", "/b", "/c", "/d", "/e"] {
        request(&red, "GET", endpoint, 200);
    }
    let page = checked(&registry);
    assert_eq!(page.matches("\nhttp_requests_total{method=\"GET\"").count(), 5);
    assert_eq!(total(&page, "http_requests_total"), 5.0);
}

#[test]
fn red_series_overflow_into_one_and_lose_nothing() {
    let registry = Registry::builder().series_cap(10).build().unwrap();
    let red = red(&registry);
    for n in 0..500 {
        let flight = red.arrive("GET", &format!("/made/up/{n}"));
        let failed = Measured {
            error_type: Some("500"),
            response_bytes: Some(5),
            ..measured(500, Outcome::ServerError)
        };
        flight.record(&red, &failed);
        flight.record_stream(&red, Duration::from_secs(1), &measured(500, Outcome::ServerError));
        assert_eq!(&**flight.endpoint(), format!("/made/up/{n}"));
    }
    let page = checked(&registry);
    assert!(page.len() < 64 << 10, "{}", page.len());
    for name in [
        "http_requests_total",
        "http_errors_total",
        "http_request_duration_seconds_count",
    ] {
        assert_eq!(total(&page, name), 500.0, "{name}");
    }
    assert_eq!(total(&page, "http_response_size_bytes_count"), 500.0);
    assert_eq!(total(&page, "http_stream_duration_seconds_count"), 500.0);
    assert_eq!(total(&page, "http_requests_in_flight"), 0.0);
    let overflow =
        "http_requests_total{method=\"_overflow\",endpoint=\"_overflow\",status=\"_overflow\",outcome=\"_overflow\"}";
    assert_eq!(value(&page, overflow), Some(490.0));
    assert!(total(&page, "obs_series_overflow_total") > 0.0);
}

#[test]
fn a_hundred_thousand_made_up_paths_leave_a_small_page_and_exact_counts() {
    let registry = Registry::builder().series_cap(50).build().unwrap();
    let red = red(&registry);
    request(&red, "GET", "/honest", 200);
    for n in 0..20_000 {
        request(&red, "GET", &format!("/{n}"), 404);
    }
    request(&red, "GET", "/honest", 200);
    let page = checked(&registry);
    assert!(page.len() < 128 << 10);
    let honest = "http_requests_total{method=\"GET\",endpoint=\"/honest\",status=\"200\",outcome=\"ok\"}";
    assert_eq!(value(&page, honest), Some(2.0));
    assert_eq!(total(&page, "http_requests_total"), 20_002.0);
}
