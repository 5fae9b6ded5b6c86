use std::{fmt::Write as _, time::Duration};

use metrics::{Key, Label, Level, Metadata, Recorder as _};
use obs_core::{metrics::Registry, names::label};
use proptest::prelude::*;

use super::*;
use crate::{
    Naming, Scope, Sli, Slo,
    evaluate::Resolved,
    promql::{Selector, Window},
    time::Moment,
};

const MINUTE: i64 = 60_000;
const METADATA: Metadata<'static> = Metadata::new("test", Level::INFO, None);

fn count(registry: &Registry, name: &'static str, labels: &[(&'static str, String)], by: u64) {
    let labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| Label::new(*key, value.clone()))
        .collect();
    registry
        .register_counter(&Key::from_parts(name, labels), &METADATA)
        .increment(by);
}

fn kind(value: &str) -> Vec<(&'static str, String)> {
    vec![("kind", value.to_owned())]
}

fn growth_of(selector: Selector) -> Aggregate {
    Aggregate::Growth(vec![selector])
}

#[test]
fn growth_is_summed_over_the_series_that_a_selector_takes() {
    let (registry, mut history) = (Registry::new(), History::default());
    let all = history.keep(growth_of(Selector::new("jobs_total")), MINUTE).unwrap();
    let a = history
        .keep(growth_of(Selector::new("jobs_total").with("kind", "a")), MINUTE)
        .unwrap();
    let b = history
        .keep(growth_of(Selector::new("jobs_total").matching("kind", "[bc]")), MINUTE)
        .unwrap();
    history.observe(&registry.snapshot(), 0);
    assert_eq!(history.growth(all, MINUTE, 0), None, "no series");
    count(&registry, "jobs_total", &kind("a"), 5);
    count(&registry, "jobs_total", &kind("b"), 7);
    history.observe(&registry.snapshot(), 10_000);
    assert_eq!(
        [all, a, b].map(|id| history.growth(id, MINUTE, 0)),
        [Some(12.0), Some(5.0), Some(7.0)]
    );
}

#[test]
fn what_was_counted_before_the_first_look_has_not_grown() {
    let (registry, mut history) = (Registry::new(), History::default());
    count(&registry, "jobs_total", &kind("a"), 1_000);
    let all = history.keep(growth_of(Selector::new("jobs_total")), MINUTE).unwrap();
    history.observe(&registry.snapshot(), 0);
    assert_eq!(history.growth(all, MINUTE, 0), None, "one look tells no growth");
    count(&registry, "jobs_total", &kind("a"), 1);
    count(&registry, "jobs_total", &kind("b"), 2);
    history.observe(&registry.snapshot(), 10_000);
    assert_eq!(
        history.growth(all, MINUTE, 0),
        Some(3.0),
        "a series that appears has grown from zero"
    );
}

#[test]
fn an_aggregate_that_is_asked_for_later_starts_at_its_first_look() {
    let (registry, mut history) = (Registry::new(), History::default());
    history.observe(&registry.snapshot(), 0);
    count(&registry, "jobs_total", &kind("a"), 1_000);
    history.observe(&registry.snapshot(), 10_000);
    let all = history.keep(growth_of(Selector::new("jobs_total")), MINUTE).unwrap();
    history.observe(&registry.snapshot(), 20_000);
    count(&registry, "jobs_total", &kind("a"), 1);
    history.observe(&registry.snapshot(), 30_000);
    assert_eq!(history.growth(all, MINUTE, 0), Some(1.0));
}

#[test]
fn a_reset_counter_has_grown_by_what_it_stands_at() {
    let mut history = History::default();
    let all = history
        .keep(growth_of(Selector::new("jobs_total")), 10 * MINUTE)
        .unwrap();
    let mut now = 0;
    for life in [[0, 10, 20], [3, 5, 9]] {
        let registry = Registry::new();
        let mut stands = 0;
        for value in life {
            count(&registry, "jobs_total", &kind("a"), value - stands);
            stands = value;
            history.observe(&registry.snapshot(), now);
            now += 10_000;
        }
    }
    assert_eq!(history.growth(all, 10 * MINUTE, 0), Some(29.0));
}

#[test]
fn windows_end_where_they_should_in_every_ring() {
    let (registry, mut history) = (Registry::new(), History::default());
    let all = history
        .keep(growth_of(Selector::new("jobs_total")), 30 * 24 * 60 * MINUTE)
        .unwrap();
    // One a minute for 31 days, seen every 5 minutes.
    for step in 0..=31 * 24 * 12 {
        count(&registry, "jobs_total", &kind("a"), 5);
        history.observe(&registry.snapshot(), step * 5 * MINUTE);
    }
    for minutes in [
        1,
        5,
        30,
        59,
        60,
        61,
        120,
        360,
        24 * 60,
        72 * 60,
        73 * 60,
        7 * 24 * 60,
        30 * 24 * 60,
    ] {
        let grown = history.growth(all, minutes * MINUTE, 0).unwrap();
        assert!(
            (grown - f64::from(i32::try_from(minutes).unwrap())).abs() < 1e-6,
            "{minutes} minutes: {grown}"
        );
    }
    assert_eq!(
        history.growth(all, 5 * MINUTE, 60 * MINUTE).map(f64::round),
        Some(5.0),
        "an hour ago"
    );
}

#[test]
fn a_histogram_is_asked_by_its_sample_names() {
    let (registry, mut history) = (Registry::new(), History::default());
    let aggregate = |selector| growth_of(selector);
    let count = history
        .keep(aggregate(Selector::new("d_seconds_count")), MINUTE)
        .unwrap();
    let sum = history.keep(aggregate(Selector::new("d_seconds_sum")), MINUTE).unwrap();
    let quick = history
        .keep(
            aggregate(Selector::new("d_seconds_bucket").with(label::LE, "0.25")),
            MINUTE,
        )
        .unwrap();
    let buckets = history
        .keep(Aggregate::Buckets(Selector::new("d_seconds_bucket")), MINUTE)
        .unwrap();
    history.observe(&registry.snapshot(), 0);
    metrics::with_local_recorder(&registry, || {
        let duration = metrics::histogram!("d_seconds");
        for seconds in [0.2, 0.2, 0.4, 0.4] {
            duration.record(seconds);
        }
    });
    history.observe(&registry.snapshot(), 10_000);
    assert_eq!(
        [count, quick].map(|id| history.growth(id, MINUTE, 0)),
        [Some(4.0), Some(2.0)]
    );
    assert!((history.growth(sum, MINUTE, 0).unwrap() - 1.2).abs() < 1e-9);
    assert_eq!(history.quantile(buckets, 0.5, MINUTE), Some(0.25));
    assert_eq!(history.quantile(buckets, 0.75, MINUTE), Some(0.375));
}

#[test]
fn gauges_are_read_as_they_stand_and_forgotten_when_they_are_gone() {
    let (registry, mut history) = (Registry::new(), History::default());
    let gauges = history.keep(Aggregate::Now(Selector::new("connections")), 0).unwrap();
    metrics::with_local_recorder(&registry, || metrics::gauge!("connections", "pool" => "a").set(7.0));
    history.observe(&registry.snapshot(), 0);
    let found: Vec<_> = history
        .series(gauges)
        .iter()
        .map(|now| (now.labels[0].1.clone(), now.value))
        .collect();
    assert_eq!(found, [("a".to_owned(), 7.0)]);
    history.observe(&Registry::new().snapshot(), 10_000);
    assert!(history.series(gauges).is_empty());
}

#[test]
fn what_nobody_asks_for_any_more_is_dropped() {
    let (registry, mut history) = (Registry::new(), History::default());
    let empty = history.bytes();
    let first = history.keep(growth_of(Selector::new("jobs_total")), MINUTE).unwrap();
    let second = history
        .keep(growth_of(Selector::new("jobs_total")), 60 * MINUTE)
        .unwrap();
    assert_eq!(first, second, "equal ones are shared");
    count(&registry, "jobs_total", &kind("a"), 1);
    history.observe(&registry.snapshot(), 0);
    history.release(first);
    assert_eq!(history.series(first).len(), 0);
    assert!(history.bytes() > empty + 360 * 4);
    history.release(second);
    history.observe(&registry.snapshot(), 10_000);
    assert!(history.bytes() < empty + 1_000, "{}", history.bytes());
}

/// 1 000 routes with three series each, and for each an availability SLO with its four burn rates.
#[test]
fn a_thousand_routes_stay_within_their_bound() {
    const BOUND: usize = 24 * 1024 * 1024;
    let (registry, mut history, naming) = (
        Registry::builder().series_cap(10_000).build().unwrap(),
        History::default(),
        Naming::default(),
    );
    let month = Window::minutes(30 * 24 * 60);
    let route = |number: usize| {
        let mut route = "/routes/".to_owned();
        let _ = write!(route, "{number}/{{id}}");
        route
    };
    for number in 0..1_000 {
        let slo = Slo::new("route", 0.999, month, Sli::Availability).scope(Scope::service().endpoint(route(number)));
        for minutes in [5, 30, 60, 120, 360, 1_440, 4_320, 43_200] {
            Resolved::new(&slo.error_ratio(&naming, Window::minutes(minutes)), &mut history).unwrap();
        }
    }
    // All rings full and still going round.
    for tick in 0..2 {
        for number in 0..1_000 {
            for outcome in ["ok", "client_error", "server_error"] {
                let labels = [("endpoint", route(number)), ("outcome", outcome.to_owned())];
                count(&registry, "http_requests_total", &labels, 1_000);
            }
        }
        history.observe(&registry.snapshot(), tick * 10_000);
    }
    for hour in 1..=30 * 24 + 2 {
        history.observe(&[], hour * 60 * MINUTE);
    }
    for step in 1..=870 {
        history.observe(&[], (31 * 24 * 60 + step * 5) * MINUTE);
    }
    for step in 1..=370 {
        history.observe(&[], 40 * 24 * 60 * MINUTE + step * 10_000);
    }
    history.observe(&registry.snapshot(), 41 * 24 * 60 * MINUTE);
    let bytes = history.bytes();
    assert!(bytes <= BOUND, "{bytes} bytes");
    assert!(bytes > BOUND / 2, "{bytes} bytes: the rings are not full");
}

#[test]
fn a_history_goes_on_after_a_restart() {
    let at = |seconds: u64| {
        Moment::new(
            Duration::from_secs(seconds),
            Duration::from_secs(1_700_000_000 + seconds),
        )
    };
    let (first, aggregate) = (Registry::new(), growth_of(Selector::new("jobs_total")));
    let mut history = History::default();
    history.keep(aggregate.clone(), 60 * MINUTE).unwrap();
    for seconds in (0..600).step_by(10) {
        count(&first, "jobs_total", &kind("a"), 10);
        history.observe(&first.snapshot(), at(seconds).ticks());
    }
    let saved = serde_json::to_string(&history.save(at(600))).unwrap();
    for (name, stands, expected) in [
        ("a registry that began again", 7, 597.0),
        ("the same registry", 603, 593.0),
    ] {
        let (second, mut restored) = (Registry::new(), History::default());
        // A new process has a monotonic clock of its own.
        let now = Moment::new(Duration::from_secs(1), Duration::from_secs(1_700_000_610));
        restored.restore(serde_json::from_str(&saved).unwrap(), now);
        let id = restored.keep(aggregate.clone(), 60 * MINUTE).unwrap();
        count(&second, "jobs_total", &kind("a"), stands);
        restored.observe(&second.snapshot(), now.ticks());
        assert_eq!(restored.growth(id, 60 * MINUTE, 0), Some(expected), "{name}");
    }
}

#[test]
fn the_counters_of_another_process_have_begun_at_zero() {
    let aggregate = growth_of(Selector::new("jobs_total"));
    let (first, mut history) = (Registry::new(), History::default());
    history.keep(aggregate.clone(), MINUTE).unwrap();
    history.observe(&first.snapshot(), 0);
    count(&first, "jobs_total", &kind("a"), 5);
    let start = Moment::new(Duration::ZERO, Duration::from_secs(1_700_000_000));
    history.observe(&first.snapshot(), 10_000);
    let mut saved = serde_json::to_value(history.save(start.after(Duration::from_secs(10)))).unwrap();
    saved["process"] = 1.into();
    let (second, mut restored) = (Registry::new(), History::default());
    let now = start.after(Duration::from_secs(20));
    restored.restore(serde_json::from_value(saved).unwrap(), now);
    let id = restored.keep(aggregate, MINUTE).unwrap();
    count(&second, "jobs_total", &kind("a"), 8);
    restored.observe(&second.snapshot(), now.ticks());
    assert_eq!(restored.growth(id, MINUTE, 0), Some(13.0));
}

proptest! {
    /// Growth over all of the history is what all lives of a counter have counted.
    #[test]
    fn growth_is_the_sum_of_all_lives(lives in prop::collection::vec(prop::collection::vec(0_u64..1_000, 1..6), 1..5)) {
        let mut history = History::default();
        let all = history.keep(growth_of(Selector::new("jobs_total")), 60 * MINUTE).unwrap();
        history.observe(&Registry::new().snapshot(), 0);
        let (mut now, mut expected, mut stood) = (10_000, 0, 0);
        for life in lives {
            let registry = Registry::new();
            let mut stands = 0;
            for by in life {
                count(&registry, "jobs_total", &kind("a"), by);
                stands += by;
                // A life that begins above where the one before ended can't be told from its going on.
                expected += if stands < stood { stands } else { stands - stood };
                stood = stands;
                history.observe(&registry.snapshot(), now);
                now += 10_000;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousands")]
        let expected = expected as f64;
        prop_assert_eq!(history.growth(all, 60 * MINUTE, 0), Some(expected));
    }
}
