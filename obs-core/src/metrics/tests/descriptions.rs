//! Which description belongs to which metric.

use super::prelude::*;

/// A type, the name of a series, the name and unit that are described, and what the page calls it.
type Case = (MetricType, &'static str, &'static str, Option<Unit>, &'static str);

const CASES: [Case; 15] = [
    (MetricType::Counter, "orders", "orders_total", None, "orders_total"),
    (MetricType::Counter, "orders_total", "orders", None, "orders_total"),
    (
        MetricType::Counter,
        "shop.orders",
        "shop_orders_total",
        None,
        "shop_orders_total",
    ),
    (
        MetricType::Counter,
        "shop_orders_total",
        "shop.orders",
        None,
        "shop_orders_total",
    ),
    (
        MetricType::Counter,
        "sent",
        "sent_total",
        Some(Unit::Bytes),
        "sent_bytes_total",
    ),
    (
        MetricType::Counter,
        "sent_bytes_total",
        "sent",
        Some(Unit::Bytes),
        "sent_bytes_total",
    ),
    (
        MetricType::Counter,
        "sent",
        "sent_bytes_total",
        Some(Unit::Bytes),
        "sent_bytes_total",
    ),
    (
        MetricType::Counter,
        "sent.bytes",
        "sent_total",
        Some(Unit::Bytes),
        "sent_bytes_total",
    ),
    (MetricType::Gauge, "pool.size", "pool_size", None, "pool_size"),
    (MetricType::Gauge, "heap", "heap_bytes", Some(Unit::Bytes), "heap_bytes"),
    (MetricType::Gauge, "heap_bytes", "heap", Some(Unit::Bytes), "heap_bytes"),
    (
        MetricType::Gauge,
        "load",
        "load_bits_per_second",
        Some(Unit::BitsPerSecond),
        "load_bits_per_second",
    ),
    (
        MetricType::Histogram,
        "latency",
        "latency_seconds",
        Some(Unit::Seconds),
        "latency_seconds",
    ),
    (
        MetricType::Histogram,
        "latency_seconds",
        "latency",
        Some(Unit::Seconds),
        "latency_seconds",
    ),
    (
        MetricType::Histogram,
        "a:b.c",
        "a:b_c_milliseconds",
        Some(Unit::Milliseconds),
        "a:b_c_milliseconds",
    ),
];

fn record(metric_type: MetricType, name: &'static str) {
    match metric_type {
        MetricType::Counter => counter!(name).increment(1),
        MetricType::Gauge => gauge!(name).set(1.0),
        _ => histogram!(name).record(1.0),
    }
}

#[track_caller]
fn check(registry: &Registry, page_name: &str, unit: Option<Unit>, case: &str) {
    let page = checked(registry);
    assert!(
        page.contains(&format!("# HELP {page_name} What it is.\n")),
        "{case}:\n{page}"
    );
    let family = registry
        .snapshot()
        .into_iter()
        .find(|family| family.name == page_name)
        .unwrap();
    let word = unit.map(|unit| match unit {
        Unit::BitsPerSecond => "bits_per_second",
        other => other.as_str(),
    });
    assert_eq!(
        (&*family.unit, family.series.len()),
        (word.unwrap_or_default(), 1),
        "{case}"
    );
}

#[test]
fn a_description_is_found_under_each_spelling_of_the_name_in_either_order() {
    for (metric_type, series, described, unit, page_name) in CASES {
        for is_described_first in [true, false] {
            let registry = Registry::new();
            let describe = || registry.describe_metric(metric_type, described, unit, "What it is.");
            if is_described_first {
                describe();
            }
            with_local_recorder(&registry, || record(metric_type, series));
            if !is_described_first {
                describe();
            }
            with_local_recorder(&registry, || record(metric_type, series));
            check(
                &registry,
                page_name,
                unit,
                &format!("{series} as {described}, first: {is_described_first}"),
            );
        }
    }
}

#[test]
fn summaries_and_float_counters_find_their_descriptions_too() {
    let registry = Registry::new();
    registry.summary("wait", &[]).record(1.0);
    registry.describe_metric(MetricType::Summary, "wait_seconds", Some(Unit::Seconds), "What it is.");
    registry.float_counter("paid", &[]).increment(1.0);
    registry.describe_metric(MetricType::Counter, "paid_total", None, "What it is.");
    check(&registry, "wait_seconds", Some(Unit::Seconds), "summary");
    check(&registry, "paid_total", None, "float counter");
}

#[test]
fn a_metric_that_is_called_as_described_has_the_description_for_itself() {
    for is_last in [true, false] {
        let registry = Registry::new();
        with_local_recorder(&registry, || {
            describe_gauge!("memory_bytes", Unit::Bytes, "What it is.");
            let name = |is: bool| if is { "memory" } else { "memory_bytes" };
            gauge!(name(is_last)).set(if is_last { 1.0 } else { 2.0 });
            gauge!(name(!is_last)).set(if is_last { 2.0 } else { 1.0 });
        });
        let page = checked(&registry);
        assert_eq!(
            (value(&page, "memory"), value(&page, "memory_bytes")),
            (Some(1.0), Some(2.0)),
            "{page}"
        );
        assert!(page.contains("# HELP memory_bytes What it is.\n"), "{page}");
        assert!(!page.contains("obs_metric_clashes_total"), "{page}");
    }
}

#[test]
fn a_description_that_is_replaced_leaves_nothing_behind() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        gauge!("heap").set(1.0);
        describe_gauge!("heap_bytes", Unit::Bytes, "In bytes.");
        describe_gauge!("heap_bytes", "Without a unit.");
    });
    let page = checked(&registry);
    assert_eq!(
        (value(&page, "heap"), page.contains("In bytes.")),
        (Some(1.0), false),
        "{page}"
    );
}
