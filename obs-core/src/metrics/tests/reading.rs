//! Reading while others write, and the rest.

use super::prelude::*;

#[test]
fn statuses_beyond_the_first_chunk_are_found_again() {
    let registry = Registry::new();
    let red = red(&registry);
    for _ in 0..2 {
        (200..240).for_each(|status| request(&red, "GET", "/a", status));
    }
    let page = checked(&registry);
    assert_eq!(page.matches("\nhttp_requests_total{").count(), 40);
    assert_eq!(total(&page, "http_requests_total"), 80.0);
}

#[test]
fn no_request_is_lost_while_the_page_is_read() {
    let registry = Registry::new();
    let red = red(&registry);
    thread::scope(|scope| {
        let (red, registry) = (&red, &registry);
        let writers: Vec<_> = (0..3)
            .map(|n| {
                scope.spawn(move || {
                    for i in 0..20_000_u16 {
                        request(red, "GET", ["/a", "/b", "/c"][usize::from(i) % 3], 200 + n);
                        with_local_recorder(registry, || histogram!("app_seconds", "n" => n.to_string()).record(0.5));
                    }
                })
            })
            .collect();
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            parser::parse(&String::from_utf8(registry.render(Format::OpenMetrics)).unwrap(), true).unwrap();
            assert!(!registry.render(Format::Protobuf).is_empty());
        }
    });
    let page = checked(&registry);
    assert_eq!(total(&page, "http_requests_total"), 60_000.0);
    assert_eq!(total(&page, "http_request_duration_seconds_count"), 60_000.0);
    assert_eq!(total(&page, "app_seconds_count"), 60_000.0);
}

#[test]
fn a_snapshot_holds_what_the_page_shows() {
    let registry = Registry::new();
    registry.set_build_info("shop", "1.2.3", "abc");
    let red = red(&registry);
    request(&red, "GET", "/a", 200);
    let families = registry.snapshot();
    let family = |name: &str| families.iter().find(|family| family.name == name).unwrap();
    let ValueSnapshot::Histogram(histogram) = &family("http_request_duration_seconds").series[0].value else {
        panic!()
    };
    assert_eq!((histogram.count, histogram.buckets.len()), (1, 15));
    assert!(histogram.quantile(0.5).is_some_and(|q| (0.01..=0.025).contains(&q)));
    let build = family("obs_build_info");
    assert_eq!(
        build
            .with_labels(&[("service", "shop"), ("version", "1.2.3"), ("revision", "abc")])
            .count(),
        1
    );
    assert_eq!(build.series[0].value, ValueSnapshot::Gauge(1.0));
    assert_eq!(family("http_requests_total").series[0].label("outcome"), Some("ok"));
}

#[test]
fn the_constant_metrics_can_be_set_again() {
    let registry = Registry::new();
    for version in ["1", "2"] {
        registry.set_build_info("shop", version, "");
        registry.set_target_info(&[("service.version".to_owned(), version.to_owned())]);
    }
    let page = checked(&registry);
    assert!(page.contains("obs_build_info{service=\"shop\",version=\"2\",revision=\"\"} 1\n"));
    assert!(page.contains("target_info{service_version=\"2\"} 1\n"));
    assert!(!page.contains("\"1\""));
}

#[test]
fn a_key_is_found_again_however_it_was_made() {
    let registry = Registry::new();
    let key = Key::from_parts("c", vec![Label::new("a", "1")]);
    let same = Key::from_parts(String::from("c"), vec![Label::new("a".to_owned(), "1".to_owned())]);
    registry.register_counter(&key, &cap::METADATA).increment(1);
    registry.register_counter(&same, &cap::METADATA).increment(1);
    assert_eq!(value(&text(&registry), "c_total{a=\"1\"}"), Some(2.0));
}

#[test]
fn handles_are_send_and_sync() {
    const fn check<T: Send + Sync + std::fmt::Debug>() {}
    check::<Registry>();
    check::<RegistryBuilder>();
    check::<ServerRed>();
    check::<InFlight>();
    check::<Target>();
    check::<FamilySnapshot>();
}
