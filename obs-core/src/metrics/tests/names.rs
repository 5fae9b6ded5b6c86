//! Names, labels, buckets and values that the registry repairs or refuses.

use super::prelude::*;

#[test]
fn names_that_clash_are_refused_or_merged_and_the_page_stays_valid() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        counter!("dup.name", "x" => "1").increment(10);
        counter!("dup_name", "x" => "1").increment(20);
        counter!("dup_name_total", "x" => "1").increment(5);
        gauge!("kind").set(1.0);
        counter!("kind").increment(2);
        histogram!("kind").record(2.0);
        histogram!("foo").record(1.0);
        counter!("foo_count").increment(7);
        gauge!("foo_bucket").set(7.0);
        counter!("labels", "a.b" => "1", "a_b" => "2", "__name__" => "evil", "le" => "5").increment(1);
        counter!("").increment(1);
    });
    let page = checked(&registry);
    assert_eq!(value(&page, "dup_name_total{x=\"1\"}"), Some(35.0));
    assert_eq!(value(&page, "kind"), Some(1.0));
    for refused in ["\nkind_total ", "\nkind_bucket", "\nfoo_bucket "] {
        assert!(!page.contains(refused), "{refused}");
    }
    let labels = "labels_total{a_b=\"1;2\",exported___name__=\"evil\",exported_le=\"5\"}";
    assert_eq!(value(&page, labels), Some(1.0));
    assert_eq!(value(&page, "__total"), Some(1.0));
    for (metric, times) in [
        ("dup_name_total", 2.0),
        ("kind_total", 1.0),
        ("kind", 1.0),
        ("labels", 1.0),
    ] {
        assert_eq!(
            value(&page, &format!("obs_metric_clashes_total{{metric=\"{metric}\"}}")),
            Some(times),
            "{page}"
        );
    }
}

#[test]
fn a_clash_is_warned_about_once() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        gauge!("kind").set(1.0);
        for value in ["a", "b", "a"] {
            counter!("kind", "l" => value).increment(2);
        }
    });
    assert_eq!(
        value(&text(&registry), "obs_metric_clashes_total{metric=\"kind_total\"}"),
        Some(1.0)
    );
}

#[test]
fn a_refused_metric_still_works_for_whoever_holds_it() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        gauge!("kind").set(1.0);
        let refused = counter!("kind");
        refused.increment(5);
        refused.absolute(9);
        counter!("kind").increment(1);
    });
    assert_eq!(value(&checked(&registry), "kind"), Some(1.0));
}

#[test]
fn a_metric_of_the_layer_takes_its_name_from_the_application() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        counter!("http_requests_total", "path" => "/made/up").increment(1);
    });
    let red = red(&registry);
    request(&red, "GET", "/a", 200);
    with_local_recorder(&registry, || {
        counter!("http_requests_total", "path" => "/made/up").increment(1);
        gauge!("http_requests").set(1.0);
    });
    let page = checked(&registry);
    assert!(!page.contains("/made/up"));
    assert!(page.contains("http_requests_total{method=\"GET\",endpoint=\"/a\",status=\"200\",outcome=\"ok\"} 1\n"));
    assert_eq!(
        value(&page, "obs_metric_clashes_total{metric=\"http_requests_total\"}"),
        Some(1.0)
    );
}

#[test]
fn a_description_that_comes_late_still_counts() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        counter!("sent").increment(1);
        describe_counter!("sent", Unit::Bytes, "Bytes sent.");
        gauge!("taken_bytes").set(1.0);
        gauge!("taken").set(2.0);
        describe_gauge!("taken", Unit::Bytes, "Would take the other's name.");
    });
    let page = checked(&registry);
    assert!(
        page.contains("# HELP sent_bytes_total Bytes sent.\n# TYPE sent_bytes_total counter\nsent_bytes_total 1\n")
    );
    assert!(page.contains("# HELP taken Would take the other's name.\n# TYPE taken gauge\ntaken 2\n"));
    assert_eq!(value(&page, "taken_bytes"), Some(1.0));
}

#[test]
fn labels_in_any_order_and_with_empty_values_are_one_series() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        counter!("c", "a" => "1", "b" => "2").increment(1);
        counter!("c", "b" => "2", "a" => "1").increment(1);
        counter!("c", "b" => "2", "a" => "1", "z" => "").increment(1);
    });
    assert_eq!(value(&checked(&registry), "c_total{a=\"1\",b=\"2\"}"), Some(3.0));
}

#[test]
fn histograms_get_the_buckets_of_their_unit() {
    let registry = Registry::builder()
        .buckets("order_value_eur", [1.0, 10.0])
        .build()
        .unwrap();
    with_local_recorder(&registry, || {
        histogram!("size_bytes").record(1.0);
        describe_histogram!("lag", Unit::Milliseconds, "");
        histogram!("lag").record(6.0);
        histogram!("order_value_eur").record(5.0);
        histogram!("temperature").record(-5.0);
    });
    let page = checked(&registry);
    assert_eq!(value(&page, "size_bytes_bucket{le=\"100.0\"}"), Some(1.0));
    assert_eq!(value(&page, "lag_milliseconds_bucket{le=\"10.0\"}"), Some(1.0));
    assert_eq!(value(&page, "order_value_eur_bucket{le=\"10.0\"}"), Some(1.0));
    assert_eq!(value(&page, "temperature_sum"), Some(-5.0));
}

#[test]
fn bad_settings_are_refused() {
    let cap = Registry::builder().series_cap(0).build().unwrap_err().to_string();
    assert!(cap.contains("at least 1"), "{cap}");
    assert!(Registry::builder().series_cap_for("a", 0).build().is_err());
    let bounds = Registry::builder()
        .buckets("a", [2.0, 1.0])
        .build()
        .unwrap_err()
        .to_string();
    assert!(bounds.contains("ascending"), "{bounds}");
    let options = RedOptions {
        duration_buckets: vec![f64::NAN],
        ..RedOptions::default()
    };
    assert!(options.validate().is_err());
}

#[test]
fn values_that_are_not_numbers_are_ignored() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        histogram!("h").record(0.5);
        histogram!("h").record(f64::NAN);
        histogram!("h").record_many(f64::NAN, 10);
        gauge!("g").set(3.0);
        gauge!("g").increment(f64::NAN);
    });
    let page = checked(&registry);
    assert_eq!((value(&page, "h_count"), value(&page, "h_sum")), (Some(1.0), Some(0.5)));
    assert_eq!(value(&page, "g"), Some(3.0));
}
