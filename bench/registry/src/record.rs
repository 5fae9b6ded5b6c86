//! Records into one histogram.

use std::{
    env, fs,
    hint::black_box,
    process::{Command, ExitCode},
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};

use metrics::{Key, Level, Metadata, Recorder};
use metrics_exporter_prometheus::PrometheusBuilder;
use obs_core::metrics::{DURATION_BUCKETS, Registry};
use prometheus_client::metrics::histogram::Histogram;

use crate::median;

/// Records without a scrape.
const RECORDS: u32 = 10_000_000;
/// Records in a turn.
const TURN: u32 = 100_000;
const ROUNDS: usize = 30;
const SUBJECTS: [&str; 4] = ["obs", "metrics-exporter-prometheus 0.18", "prometheus-client 0.25", "prometheus 0.14"];
const METADATA: Metadata<'static> = Metadata::new("bench", Level::INFO, None);

type Record = Arc<dyn Fn(f64) + Send + Sync>;

/// Prints what a record costs, and what 10 million of them leave behind.
pub(crate) fn compare() {
    let subjects: Vec<(&str, Record)> = SUBJECTS.iter().filter_map(|name| Some((*name, subject(name)?.0))).collect();
    let (mut alone, mut together) = (vec![Vec::new(); SUBJECTS.len()], vec![Vec::new(); SUBJECTS.len()]);
    for _ in 0..ROUNDS {
        for (n, (_, record)) in subjects.iter().enumerate() {
            alone[n].push(turn(record, 1));
            together[n].push(turn(record, 2));
        }
    }
    println!("Records into one histogram of 14 bounds, median of {ROUNDS} turns of {TURN}\n");
    println!("| a record | ns | ns, 2 threads at once | KiB after {} million without a scrape |", RECORDS / 1_000_000);
    println!("|---|---:|---:|---:|");
    for (n, (name, _)) in subjects.iter().enumerate() {
        let (alone, together) = (median(alone[n].clone()), median(together[n].clone()));
        println!("| {name} | {alone:.1} | {together:.1} | {} |", growth_in_child(name));
    }
}

/// Nanoseconds of a record.
fn turn(record: &Record, threads: usize) -> f64 {
    let barrier = Arc::new(Barrier::new(threads));
    let work = |record: Record, barrier: Arc<Barrier>| {
        barrier.wait();
        let started = Instant::now();
        (0..TURN).for_each(|n| record(value(n)));
        started.elapsed().as_nanos() as f64 / f64::from(TURN)
    };
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let (record, barrier) = (Arc::clone(record), Arc::clone(&barrier));
            thread::spawn(move || work(record, barrier))
        })
        .collect();
    median(workers.into_iter().map(|worker| worker.join().unwrap_or_default()).collect())
}

/// All buckets in turn.
fn value(n: u32) -> f64 {
    black_box(f64::from(n % 1_000) / 90.0)
}

fn growth_in_child(name: &str) -> String {
    let program = env::current_exe().expect("this program");
    let output = Command::new(program).arg(name).output().expect("this program can be started");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Records and prints by how many KiB the process has grown.
pub(crate) fn grow(name: &str) -> ExitCode {
    let Some((record, _alive)) = subject(name) else {
        eprintln!("unknown: {name}; one of {SUBJECTS:?}");
        return ExitCode::FAILURE;
    };
    (0..10_000).for_each(|n| record(value(n)));
    let before = resident();
    (0..RECORDS).for_each(|n| record(value(n)));
    println!("{}", resident().saturating_sub(before));
    ExitCode::SUCCESS
}

/// KiB of memory that the process has, as Linux tells.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// A way to record, and what keeps its registry alive.
fn subject(name: &str) -> Option<(Record, Box<dyn std::any::Any>)> {
    let key = Key::from_name("request_duration_seconds");
    let at = SUBJECTS.iter().position(|known| *known == name)?;
    Some(match at {
        0 => {
            let registry = Registry::new();
            let histogram = registry.register_histogram(&key, &METADATA);
            (Arc::new(move |value| histogram.record(value)), Box::new(registry))
        }
        1 => {
            let recorder = PrometheusBuilder::new().set_buckets(&DURATION_BUCKETS).expect("bounds").build_recorder();
            let histogram = recorder.register_histogram(&key, &METADATA);
            (Arc::new(move |value| histogram.record(value)), Box::new(recorder))
        }
        2 => {
            let histogram = Histogram::new(DURATION_BUCKETS);
            (Arc::new(move |value| histogram.observe(value)), Box::new(()))
        }
        _ => {
            let options = prometheus::HistogramOpts::new("request_duration_seconds", "Time.");
            let histogram = prometheus::Histogram::with_opts(options.buckets(DURATION_BUCKETS.to_vec()));
            let histogram = histogram.expect("a histogram");
            (Arc::new(move |value| histogram.observe(value)), Box::new(()))
        }
    })
}
