//! Metric types beyond those of the facade, and what a page can have besides.

use super::prelude::*;

#[test]
fn summaries_float_counters_and_info_stand_on_every_page() {
    let registry = Registry::new();
    registry.describe_metric(MetricType::Summary, "wait", Some(Unit::Seconds), "Time to wait.");
    let summary = registry.summary("wait", &[("kind", "a")]);
    summary.record(2.0);
    summary.record(Duration::from_secs(2));
    registry
        .float_counter("order_value", &[("currency", "EUR")])
        .increment(19.99);
    registry
        .float_counter("order_value", &[("currency", "EUR")])
        .increment(0.01);
    registry.set_info("build", &[("version", "1")]);
    registry.set_info("build", &[("version", "2")]);
    let page = checked(&registry);
    let expected = "\
# HELP build_info A metric of the application without a description.
# TYPE build_info gauge
build_info{version=\"2\"} 1
# HELP order_value_total A metric of the application without a description.
# TYPE order_value_total counter
order_value_total{currency=\"EUR\"} 20
# HELP wait_seconds Time to wait.
# TYPE wait_seconds summary
";
    assert!(page.starts_with(expected), "{page}");
    let median = value(&page, "wait_seconds{kind=\"a\",quantile=\"0.5\"}").unwrap();
    assert!((median - 2.0).abs() < 0.04);
    assert_eq!(value(&page, "wait_seconds_sum{kind=\"a\"}"), Some(4.0));
    assert_eq!(value(&page, "wait_seconds_count{kind=\"a\"}"), Some(2.0));
    let families = registry.snapshot();
    let wait = families.iter().find(|family| family.name == "wait_seconds").unwrap();
    assert!(matches!(&wait.series[0].value, ValueSnapshot::Summary(summary) if summary.count == 2));
    assert!(
        registry
            .render(Format::Protobuf)
            .windows(12)
            .any(|bytes| bytes == b"wait_seconds")
    );
}

#[test]
fn a_summary_of_negative_values_stands_on_a_page_that_strict_parsers_take() {
    for values in [
        &[-1.0, -2.0][..],
        &[-5.0, 7.0],
        &[3.0, -1e-9],
        &[f64::MAX, f64::MAX, f64::MIN, f64::MIN],
    ] {
        let registry = Registry::new();
        let summary = registry.summary("s", &[]);
        for value in values {
            summary.record(*value);
        }
        let page = checked(&registry);
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let count = values.len() as f64;
        assert_eq!(value(&page, "s_count"), Some(count), "{page}");
        let open = super::support::page(&registry, Format::OpenMetrics);
        assert!(
            !open.contains("s_sum") && !open.contains("quantile=\"0.5\"} -"),
            "{open}"
        );
    }
}

#[test]
fn a_sum_stays_a_number_whatever_is_added() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        for value in [f64::MAX, f64::MAX, f64::MIN, f64::MIN, f64::MIN, f64::MIN, f64::MAX] {
            histogram!("h").record(value);
            metrics_of_many(&registry, value);
        }
    });
    let page = checked(&registry);
    for name in ["h_sum", "many_sum", "s_sum", "f_total"] {
        assert!(value(&page, name).is_some_and(|sum| !sum.is_nan()), "{name}: {page}");
    }
}

fn metrics_of_many(registry: &Registry, value: f64) {
    with_local_recorder(registry, || histogram!("many").record_many(value, 1_000));
    registry.summary("s", &[]).record(value);
    registry.float_counter("f", &[]).increment(value);
}

#[test]
fn a_counter_can_not_be_whole_and_float_at_once() {
    let registry = Registry::new();
    with_local_recorder(&registry, || counter!("paid").increment(1));
    registry.float_counter("paid_total", &[]).increment(0.5);
    assert_eq!(value(&checked(&registry), "paid_total"), Some(1.0));
}

#[test]
fn timers_and_guards_record_when_the_work_is_done() {
    let registry = Registry::new();
    let elapsed = with_local_recorder(&registry, || {
        let gauge = gauge!("at_work");
        let guards = [GaugeGuard::new(gauge.clone()), GaugeGuard::new(gauge)];
        assert_eq!(value(&text(&registry), "at_work"), Some(2.0));
        drop(guards);
        Timer::start().record(&registry.summary("pause_seconds", &[]));
        Timer::start().record(&histogram!("work_seconds"))
    });
    let page = checked(&registry);
    assert_eq!(value(&page, "at_work"), Some(0.0));
    assert_eq!(value(&page, "work_seconds_sum"), Some(elapsed.as_secs_f64()));
    assert_eq!(value(&page, "pause_seconds_count"), Some(1.0));
}

#[test]
fn created_timestamps_are_written_if_asked_for() {
    let registry = Registry::builder()
        .created_timestamps(true)
        .buckets("h", [1.0])
        .build()
        .unwrap();
    with_local_recorder(&registry, || {
        counter!("c", "a" => "1").increment(1);
        histogram!("h").record(0.5);
    });
    let open = page(&registry, Format::OpenMetrics);
    let created = value(&open, "c_created{a=\"1\"}").unwrap();
    assert!(created > 1.7e9, "{open}");
    assert!(open.contains("h_count 1\nh_created 1"));
    assert!(!text(&registry).contains("_created"));
}

#[test]
fn native_buckets_can_be_left_out() {
    let length = |native| {
        let registry = Registry::builder().native_histograms(native).build().unwrap();
        with_local_recorder(&registry, || histogram!("h").record(0.5));
        registry.render(Format::Protobuf).len()
    };
    assert!(length(false) < length(true));
}

#[test]
fn hooks_run_before_each_page() {
    let registry = Registry::new();
    let inner = registry.clone();
    // The registry keeps the hook, which keeps the registry: fine for one that lives as long as the process.
    registry.before_render(move || with_local_recorder(&inner, || counter!("hooked").increment(1)));
    assert_eq!(value(&text(&registry), "hooked_total"), Some(1.0));
    assert_eq!(value(&text(&registry), "hooked_total"), Some(2.0));
}

#[test]
fn a_hook_that_panics_costs_nothing_but_what_it_records() {
    let registry = Registry::new();
    with_local_recorder(&registry, || counter!("orders").increment(1));
    registry.before_render(|| panic!("on purpose"));
    assert_eq!(value(&text(&registry), "orders_total"), Some(1.0));
    assert!(registry.snapshot().iter().any(|family| family.name == "orders_total"));
}

#[test]
fn a_hook_that_asks_for_the_page_gets_one_and_ends() {
    let registry = Registry::new();
    let inner = registry.clone();
    registry.before_render(move || {
        let asked = !text(&inner).is_empty();
        with_local_recorder(&inner, || counter!("asked").increment(u64::from(asked)));
    });
    with_local_recorder(&registry, || counter!("orders").increment(1));
    assert_eq!(value(&text(&registry), "asked_total"), Some(1.0));
}

#[test]
fn bad_windows_are_refused() {
    assert!(Registry::builder().summary_window(Duration::ZERO).build().is_err());
}

// === idle series ===

/// Looks at all series as a scrape `seconds` after the start of the registry would.
fn sweep(registry: &Registry, seconds: u64) {
    registry.sweep_idle_at(Duration::from_secs(10), Duration::from_secs(seconds));
}

#[test]
fn a_series_is_idle_by_the_time_that_passed_and_not_by_the_time_of_day() {
    // Its stamp is the time of day, which is half a century ahead of the time since the start. A sweep that
    // compared the two would find each series idle, or none ever.
    let registry = Registry::new();
    with_local_recorder(&registry, || counter!("c").increment(1));
    for seconds in [0, 10] {
        sweep(&registry, seconds);
        assert_eq!(value(&text(&registry), "c_total"), Some(1.0), "after {seconds} s");
    }
    sweep(&registry, 11);
    assert_eq!(value(&text(&registry), "c_total"), None);
}

#[test]
fn the_time_limit_of_idle_series_may_be_any() {
    for timeout in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        let registry = Registry::builder().idle_timeout(timeout).build().unwrap();
        with_local_recorder(&registry, || counter!("c").increment(1));
        assert_eq!(value(&text(&registry), "c_total"), Some(1.0), "{timeout:?}");
    }
}

#[test]
fn an_idle_series_that_nobody_holds_makes_room() {
    let registry = Registry::builder().series_cap(1).build().unwrap();
    with_local_recorder(&registry, || counter!("c", "n" => "1").increment(5));
    sweep(&registry, 0);
    sweep(&registry, 11);
    assert!(!text(&registry).contains("c_total"));
    with_local_recorder(&registry, || counter!("c", "n" => "2").increment(1));
    let page = checked(&registry);
    assert_eq!(value(&page, "c_total{n=\"2\"}"), Some(1.0));
    assert!(!page.contains("_overflow"), "{page}");
}

#[test]
fn a_handle_to_an_idle_series_brings_it_back_with_all_it_had() {
    let registry = Registry::new();
    let (counter, gauge) = with_local_recorder(&registry, || (counter!("c"), gauge!("g")));
    counter.increment(5);
    gauge.set(1.0);
    sweep(&registry, 0);
    sweep(&registry, 11);
    assert!(!text(&registry).contains("c_total"));
    counter.increment(1);
    with_local_recorder(&registry, || counter!("c").increment(1));
    sweep(&registry, 12);
    let page = checked(&registry);
    assert_eq!(value(&page, "c_total"), Some(7.0));
    assert!(!page.contains("\ng "));
}

#[test]
fn what_is_in_use_does_not_become_idle() {
    let registry = Registry::new();
    let red = red(&registry);
    request(&red, "GET", "/a", 200);
    registry.set_info("build", &[("version", "1")]);
    let summary = registry.summary("s", &[]);
    for seconds in (0..100).step_by(5) {
        with_local_recorder(&registry, || histogram!("h").record(1.0));
        summary.record(1.0);
        sweep(&registry, seconds);
    }
    let page = checked(&registry);
    for kept in ["h_count 20\n", "s_count 20\n", "build_info{", "http_requests_total{"] {
        assert!(page.contains(kept), "{kept}");
    }
}
