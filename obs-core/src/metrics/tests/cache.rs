//! How requests find their series.

use super::prelude::*;

#[test]
fn two_registries_do_not_meet_in_the_cache() {
    let registries = [Registry::new(), Registry::new()];
    let reds = registries.each_ref().map(red);
    let endpoint: Arc<str> = "/same/pointer".into();
    for _ in 0..3 {
        request(&reds[0], "GET", &endpoint, 200);
    }
    request(&reds[1], "GET", &endpoint, 200);
    assert_eq!(
        registries
            .each_ref()
            .map(|registry| total(&text(registry), "http_requests_total")),
        [3.0, 1.0]
    );
}

#[test]
fn an_address_that_comes_back_with_another_text_is_another_route() {
    let registry = Registry::new();
    let red = red(&registry);
    let mut buffer = String::with_capacity(16);
    for n in 0..300 {
        buffer.clear();
        buffer.push_str(["/r/0", "/r/1", "/r/2"][n % 3]);
        request(&red, "GET", &buffer, 200);
    }
    let page = text(&registry);
    for n in 0..3 {
        let series = format!("http_requests_total{{method=\"GET\",endpoint=\"/r/{n}\",status=\"200\",outcome=\"ok\"}}");
        assert_eq!(value(&page, &series), Some(100.0));
    }
}

#[test]
fn more_routes_than_the_cache_holds_are_all_counted() {
    let registry = Registry::new();
    let red = red(&registry);
    let endpoints: Vec<String> = (0..1_000).map(|n| format!("/route/{n}")).collect();
    for _ in 0..3 {
        for endpoint in &endpoints {
            request(&red, "GET", endpoint, 200);
        }
    }
    let page = text(&registry);
    assert_eq!(total(&page, "http_requests_total"), 3_000.0);
    assert!(!page.contains("_overflow"));
}

#[test]
fn layers_on_one_registry_share_series_and_caps() {
    let registry = Registry::builder().series_cap(2).build().unwrap();
    let (first, second) = (red(&registry), red(&registry));
    request(&first, "GET", "/a", 200);
    request(&second, "GET", "/a", 200);
    request(&second, "GET", "/b", 200);
    request(&first, "GET", "/c", 200);
    let page = checked(&registry);
    assert_eq!(
        value(
            &page,
            "http_requests_total{method=\"GET\",endpoint=\"/a\",status=\"200\",outcome=\"ok\"}"
        ),
        Some(2.0)
    );
    assert_eq!(page.matches("endpoint=\"_overflow\",status").count(), 18);
}

#[test]
fn namespaces_stand_side_by_side() {
    let registry = Registry::new();
    for namespace in ["payment", "", "http"] {
        let options = RedOptions {
            namespace: namespace.to_owned(),
            ..RedOptions::default()
        };
        let red = ServerRed::new(&Target::Own(registry.clone()), &options);
        request(&red, "GET", "/a", 200);
    }
    let page = checked(&registry);
    for name in ["payment_requests_total{", "\nrequests_total{", "http_requests_total{"] {
        assert!(page.contains(name), "{name}");
    }
}
