//! What evaluating rules costs: 10 000 rules over 1 000 series, and what requests notice of it.
//!
//! ```text
//! cargo run --release -p obs-alert --example evaluation_cost
//! ```
//!
//! November 2026, 2 cores that others use too: an evaluation takes 12.3 ms in the median and 35.8 ms in the
//! slowest hundredth; recording a request takes 21.0 ns with and without it; the history holds 3.3 MiB.
#![expect(clippy::print_stdout, reason = "it prints what it has measured")]

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder as _};
use obs_alert::{AlertManager, AlertRule, Clock as _, Condition, ManualClock, Scope, Severity, promql::Window};
use obs_core::metrics::Registry;

const RULES: usize = 10_000;
const ENDPOINTS: usize = 250;
const OUTCOMES: [&str; 3] = ["ok", "client_error", "server_error"];
const TICK: Duration = Duration::from_secs(10);
const METADATA: Metadata<'static> = Metadata::new("example", Level::INFO, None);

fn main() -> Result<(), Box<dyn Error>> {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let (counters, histograms) = (counters(&registry), histograms(&registry));
    let started = Instant::now();
    let manager = AlertManager::builder()
        .registry(&registry)
        .clock(clock.clone())
        .rules(rules())
        .build()?;
    println!(
        "{RULES} rules, {} series; built in {:.1?}",
        counters.len() + histograms.len(),
        started.elapsed()
    );

    let alone = request_latency(&counters, &histograms, Duration::from_secs(2));
    let stop = Arc::new(AtomicBool::new(false));
    let (evaluating, ticking, told) = (manager.clone(), clock.clone(), Arc::clone(&stop));
    let evaluator = thread::spawn(move || {
        let mut times = Vec::new();
        while !told.load(Ordering::Relaxed) {
            ticking.advance(TICK);
            let started = Instant::now();
            evaluating.evaluate(ticking.now());
            times.push(started.elapsed());
        }
        times
    });
    let beside = request_latency(&counters, &histograms, Duration::from_secs(5));
    stop.store(true, Ordering::Relaxed);
    let mut times = evaluator.join().map_err(|_| "the evaluation panicked")?;
    let first = times.remove(0);
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    println!(
        "evaluation: first {first:.1?}, median {:.1?}, p99 {:.1?}, of {}",
        at(50),
        at(99),
        times.len()
    );
    println!("recording a request: alone {alone:.1?}, while rules are evaluated without a pause {beside:.1?}");
    println!("history: {} KiB", manager.history_bytes() / 1024);
    Ok(())
}

fn counters(registry: &Registry) -> Vec<Counter> {
    let endpoints = (0..ENDPOINTS).flat_map(|number| OUTCOMES.map(|outcome| (number, outcome)));
    let counter = |(number, outcome): (usize, &'static str)| {
        let labels = vec![
            Label::new("method", "GET"),
            Label::new("endpoint", format!("/routes/{number}/{{id}}")),
            Label::new("status", "200"),
            Label::new("outcome", outcome),
        ];
        registry.register_counter(&Key::from_parts("http_requests_total", labels), &METADATA)
    };
    endpoints.map(counter).collect()
}

fn histograms(registry: &Registry) -> Vec<Histogram> {
    let histogram = |number: usize| {
        let labels = vec![
            Label::new("method", "GET"),
            Label::new("endpoint", format!("/routes/{number}/{{id}}")),
            Label::new("status", "200"),
        ];
        registry.register_histogram(&Key::from_parts("http_request_duration_seconds", labels), &METADATA)
    };
    (0..ENDPOINTS).map(histogram).collect()
}

/// Half of them about the whole service, half about an endpoint; every third about its latency; windows
/// and thresholds differ.
fn rules() -> impl Iterator<Item = AlertRule> {
    (0..RULES).map(|number| {
        let minutes = [1, 5, 10, 30, 60][number % 5];
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let above = 0.3 + (number % 100) as f64 / 1_000.0;
        let scope = match number % 2 {
            0 => Scope::service(),
            _ => Scope::service().endpoint(format!("/routes/{}/{{id}}", number / 2 % ENDPOINTS)),
        };
        let window = Window::minutes(minutes);
        let condition = match number % 3 {
            0 => Condition::Latency {
                scope,
                window,
                quantile: 0.99,
                above: Duration::from_secs_f64(above),
            },
            _ => Condition::ErrorRatio { scope, window, above },
        };
        AlertRule::new(format!("Rule{number}"), condition, Severity::Warning, "too many errors")
    })
}

/// The median time to record 100 requests, one by one, divided by 100.
fn request_latency(counters: &[Counter], histograms: &[Histogram], span: Duration) -> Duration {
    let (mut times, until) = (Vec::new(), Instant::now() + span);
    while Instant::now() < until {
        let started = Instant::now();
        for (counter, histogram) in counters.iter().step_by(3).zip(histograms).take(100) {
            counter.increment(1);
            histogram.record(0.02);
        }
        times.push(started.elapsed());
        thread::sleep(Duration::from_micros(50));
    }
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default() / 100
}
