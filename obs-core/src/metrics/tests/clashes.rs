//! What clashes cost, however many there are.

use std::time::Instant;

use super::{prelude::*, warnings::warnings};

/// Names that a program makes up.
const MADE_UP: usize = 30_000;

#[test]
fn clashes_of_thirty_thousand_names_stay_bounded_on_the_page_and_in_the_log() {
    let registry = Registry::new();
    let told = warnings(&registry, || {
        for n in 0..MADE_UP {
            counter!(format!("made_up_{n}")).increment(1);
            counter!(format!("made.up_{n}")).increment(1);
        }
    });
    let page = checked(&registry);
    let series = page.matches("\nobs_metric_clashes_total{").count();
    assert!((2..=2_001).contains(&series), "{series}");
    assert!(total(&page, "obs_metric_clashes_total") >= 20_000.0);
    assert!((2..=102).contains(&told), "{told} warnings");
}

#[test]
fn a_clash_that_comes_again_and_again_is_warned_about_once() {
    let registry = Registry::new();
    let told = warnings(&registry, || {
        gauge!("taken_bytes").set(1.0);
        gauge!("taken").set(1.0);
        for _ in 0..50 {
            describe_gauge!("taken", Unit::Bytes, "Would take the other's name.");
        }
    });
    assert_eq!(told, 1);
    assert_eq!(
        value(&text(&registry), "obs_metric_clashes_total{metric=\"taken\"}"),
        Some(50.0)
    );
}

#[test]
fn metrics_beyond_the_limit_take_no_memory_each() {
    let registry = Registry::new();
    with_local_recorder(&registry, || {
        for n in 0..MADE_UP {
            histogram!(format!("made_up_{n}"), "n" => n.to_string()).record(1.0);
        }
    });
    assert!(
        registry.tables().histograms.len() <= 10_000,
        "{}",
        registry.tables().histograms.len()
    );
}

#[test]
fn names_help_and_labels_of_any_length_take_bounded_room() {
    let registry = Registry::new();
    let long = |n: usize| format!("{n}{}", "long ".repeat(100_000));
    with_local_recorder(&registry, || {
        for n in 0..20 {
            describe_counter!(long(n), long(n));
            counter!(long(n), long(1) => long(n), long(2) => long(n)).increment(1);
            counter!("c", "n" => long(n)).increment(1);
        }
    });
    for page in [checked(&registry), page(&registry, Format::OpenMetrics)] {
        assert!(page.len() < 400_000, "{}", page.len());
        assert_eq!(page.matches("c_total{n=\"").count(), 20);
    }
    assert_eq!(registry.tables().counters.len(), 0);
}

/// The least time that it takes to register so many metrics, and then to describe them.
fn time_to_register(count: usize) -> Duration {
    let once = || {
        let registry = Registry::new();
        let names: Vec<_> = (0..count)
            .map(|n| format!("requests_of_a_name_that_differs_at_its_end_{n}"))
            .collect();
        let start = Instant::now();
        for name in &names {
            registry.describe_metric(MetricType::Gauge, name, Some(Unit::Bytes), "Described early.");
            registry
                .register_gauge(&Key::from_name(name.clone()), &cap::METADATA)
                .set(1.0);
        }
        for name in &names {
            registry.describe_metric(MetricType::Gauge, name, Some(Unit::Seconds), "Described late.");
        }
        start.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn ten_times_the_names_take_ten_times_as_long() {
    let (few, many) = (time_to_register(800), time_to_register(8_000));
    // A search through all would take a hundred times as long; a busy machine spoils a closer look.
    assert!(many < few * 50, "{few:?} for 800, {many:?} for 8 000");
}
