use std::time::{Duration, Instant};

use obs_core::metrics::Registry;

use super::store::{FINE_STEP, History};
use crate::query::types::{Time, Window};

const ZERO: Time = Time(Duration::from_secs(1_700_000_000));

fn at(tick: u64) -> Time {
    ZERO.after(super::grid::times(FINE_STEP, tick))
}

fn window(from: u64, to: u64) -> Window {
    Window {
        from: at(from),
        to: at(to),
    }
}

/// What a series was in each of at most so many columns: growth per second, or value.
fn course(history: &History, metric: &str, window: &Window, columns: usize) -> Vec<Option<f64>> {
    let grid = history.grid(window, columns, ZERO);
    let columns = history.read(grid, |key| *key.metric == *metric);
    let Some(reading) = columns.series.first() else {
        return vec![None; grid.columns];
    };
    if reading.growth.is_empty() {
        columns.values(reading)
    } else {
        columns.rates(&reading.growth)
    }
}

fn count(registry: &Registry, number: u64) {
    metrics::with_local_recorder(registry, || metrics::counter!("done_total").increment(number));
}

fn set(registry: &Registry, value: f64) {
    metrics::with_local_recorder(registry, || metrics::gauge!("level").set(value));
}

fn observe(registry: &Registry, value: f64) {
    metrics::with_local_recorder(registry, || metrics::histogram!("took_seconds").record(value));
}

#[test]
fn counters_are_growth_and_gauges_values() {
    let (registry, mut history) = (Registry::new(), History::new(1 << 20));
    count(&registry, 100);
    set(&registry, 1.0);
    history.sample(10, &registry.snapshot());
    for tick in 11..=14 {
        count(&registry, tick - 10);
        if tick == 13 {
            set(&registry, 7.5);
        }
        history.sample(tick, &registry.snapshot());
    }
    let all = window(10, 14);
    assert_eq!(
        course(&history, "done_total", &all, 100),
        [0.5, 1.0, 1.5, 2.0].map(Some)
    );
    assert_eq!(course(&history, "level", &all, 100), [1.0, 1.0, 7.5, 7.5].map(Some));
    // Two ticks a column, aligned to even ones.
    assert_eq!(course(&history, "done_total", &all, 2), [0.75, 1.75].map(Some));
    // Nothing is known of before.
    assert_eq!(
        course(&history, "level", &window(8, 12), 100),
        [None, None, Some(1.0), Some(1.0)]
    );
}

#[test]
fn a_series_that_appears_has_grown_from_zero() {
    let (registry, mut history) = (Registry::new(), History::new(1 << 20));
    history.sample(0, &registry.snapshot());
    count(&registry, 6);
    history.sample(1, &registry.snapshot());
    assert_eq!(course(&history, "done_total", &window(0, 1), 10), [Some(3.0)]);
}

#[test]
fn a_counter_that_begins_again_has_grown_by_what_it_is() {
    let mut history = History::new(1 << 20);
    for (tick, total) in [(0, 50), (1, 60), (2, 4)] {
        let registry = Registry::new();
        count(&registry, total);
        history.sample(tick, &registry.snapshot());
    }
    assert_eq!(
        course(&history, "done_total", &window(0, 2), 10),
        [Some(5.0), Some(2.0)]
    );
}

#[test]
fn a_late_sample_is_spread_over_its_columns() {
    let (registry, mut history) = (Registry::new(), History::new(1 << 20));
    count(&registry, 1);
    history.sample(0, &registry.snapshot());
    count(&registry, 40);
    history.sample(4, &registry.snapshot());
    assert_eq!(course(&history, "done_total", &window(0, 4), 10), [Some(5.0); 4]);
    // A tick that was sampled already, or one before, is left out.
    count(&registry, 1_000);
    history.sample(4, &registry.snapshot());
    history.sample(3, &registry.snapshot());
    assert_eq!(course(&history, "done_total", &window(0, 4), 10), [Some(5.0); 4]);
}

#[test]
fn a_gauge_that_is_gone_has_no_value() {
    let (registry, mut history) = (Registry::new(), History::new(1 << 20));
    set(&registry, 3.0);
    history.sample(0, &registry.snapshot());
    history.sample(1, &registry.snapshot());
    history.sample(2, &[]);
    history.sample(3, &registry.snapshot());
    assert_eq!(
        course(&history, "level", &window(0, 3), 10),
        [Some(3.0), None, Some(3.0)]
    );
}

#[test]
fn distributions_keep_their_buckets() {
    let (registry, mut history) = (Registry::new(), History::new(1 << 20));
    observe(&registry, 0.001);
    history.sample(0, &registry.snapshot());
    for _ in 0..9 {
        observe(&registry, 0.3);
    }
    observe(&registry, 99.0);
    history.sample(1, &registry.snapshot());
    let grid = history.grid(&window(0, 1), 1, ZERO);
    let columns = history.read(grid, |key| *key.metric == *"took_seconds");
    let reading = &columns.series[0];
    let buckets = &reading.buckets[0];
    let all: u64 = buckets.iter().map(|(_, count)| count).sum();
    assert_eq!(
        (all, buckets.len(), reading.growth[0].to_bits()),
        (10, 2, 10.0_f64.to_bits())
    );
    let (last, _) = buckets[1];
    assert!(reading.key.bounds[last as usize].is_infinite());
}

#[test]
fn what_is_old_is_coarse_and_what_is_older_is_gone() {
    let (registry, mut history) = (Registry::new(), History::new(8 << 20));
    history.sample(0, &registry.snapshot());
    let end = 12_000;
    for tick in 1..=end {
        count(&registry, 2);
        set(&registry, f64::from(u32::try_from(tick).unwrap()));
        history.sample(tick, &registry.snapshot());
    }
    let newest = course(&history, "done_total", &window(end - 450, end), 450);
    assert_eq!(newest, [Some(1.0); 450]);
    let hours = window(end - 10_800, end);
    let grid = history.grid(&hours, 10_000, ZERO);
    assert_eq!(grid.step().to_bits(), 30.0_f64.to_bits());
    let values = course(&history, "level", &hours, 10_000);
    assert!(values.iter().skip(1).all(Option::is_some), "{:?}", &values[..5]);
    let begin = history.begin(ZERO).unwrap();
    assert_eq!(begin, at(end - 10_800));
    let before = course(&history, "level", &window(0, 1_000), 100);
    assert!(before.iter().all(Option::is_none));
}

#[test]
fn the_bytes_are_bounded_and_what_has_no_room_is_counted() {
    let (registry, mut history) = (Registry::new(), History::new(200_000));
    for tick in 0..2_000 {
        metrics::with_local_recorder(&registry, || {
            for series in 0..500 {
                metrics::counter!("busy_total", "series" => series.to_string()).increment(1 + tick);
            }
        });
        history.sample(tick, &registry.snapshot());
        assert!(history.bytes() <= 200_000, "{}", history.bytes());
    }
    assert!(history.left_out() > 100, "{}", history.left_out());
    // As far as there is room, the newest is there.
    let newest = course(&history, "busy_total", &window(1_990, 1_999), 10);
    assert!(newest.iter().all(Option::is_some), "{newest:?}");
}

#[test]
fn series_that_come_and_go_leave_nothing() {
    let mut history = History::new(1 << 20);
    let mut most = 0;
    for tick in 0..30_000 {
        if tick % 300 == 0 {
            let registry = Registry::new();
            metrics::with_local_recorder(&registry, || {
                metrics::counter!("passing_total", "id" => tick.to_string()).increment(1);
            });
            history.sample(tick, &registry.snapshot());
        } else {
            history.sample(tick, &[]);
        }
        most = most.max(history.keys().count());
    }
    // One each ten minutes for six hours, and what a registry has of its own.
    assert!(most < 80, "{most}");
}

/// A jump of the wall clock moves the labels, not the values.
#[test]
fn a_clock_that_jumps_changes_the_labels_alone() {
    let (registry, mut history) = (Registry::new(), History::new(1 << 20));
    for tick in 0..=10 {
        count(&registry, 2);
        history.sample(tick, &registry.snapshot());
    }
    for zero in [
        ZERO,
        ZERO.after(Duration::from_secs(86_400)),
        ZERO.before(Duration::from_secs(86_400)),
    ] {
        let to = zero.after(super::grid::times(FINE_STEP, 10));
        let all = Window {
            from: to.before(Duration::from_secs(20)),
            to,
        };
        let grid = history.grid(&all, 100, zero);
        let columns = history.read(grid, |key| *key.metric == *"done_total");
        assert_eq!(columns.rates(&columns.series[0].growth), [Some(1.0); 10]);
        assert_eq!(grid.from, all.from);
    }
}

/// `cargo test -p obs-console --release -- --ignored costs --nocapture`: a sample of 1 000 series, all of which change.
#[test]
#[ignore = "measures"]
fn costs() {
    let (registry, mut history) = (Registry::new(), History::new(4 << 20));
    let record = |tick: u64| {
        metrics::with_local_recorder(&registry, || {
            for series in 0..900 {
                metrics::counter!("busy_total", "series" => series.to_string()).increment(1 + tick % 100);
            }
            for series in 0..100 {
                let took = metrics::histogram!("took_seconds", "series" => series.to_string());
                (0..10_u32).for_each(|at| took.record(f64::from(at) / 20.0));
            }
        });
    };
    let (mut reading, mut sampling) = (Duration::ZERO, Duration::ZERO);
    let samples = 2_000;
    for tick in 0..samples {
        record(tick);
        let begun = Instant::now();
        let families = registry.snapshot();
        reading += begun.elapsed();
        history.sample(tick, &families);
        sampling += begun.elapsed();
    }
    let per = |all: Duration| all.as_secs_f64() * 1e3 / 2_000.0;
    let minutes = |from: Time| at(samples).seconds_since(from) / 60.0;
    println!(
        "{:.2} ms a sample of which {:.2} ms are the snapshot: {:.3} % of a core; {} bytes, {:.0} minutes, {} left out",
        per(sampling),
        per(reading),
        per(sampling) / FINE_STEP.as_secs_f64() / 10.0,
        history.bytes(),
        minutes(history.begin(ZERO).unwrap()),
        history.left_out(),
    );
    let begun = Instant::now();
    let grid = history.grid(&window(samples - 450, samples), 60, ZERO);
    let columns = history.read(grid, |_| true);
    println!("{} series read in {:?}", columns.series.len(), begun.elapsed());
}
