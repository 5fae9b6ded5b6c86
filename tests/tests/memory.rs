//! What recording leaves behind where nobody scrapes: nothing. A program of its own, since it looks at
//! the memory of the whole process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests: what can't go on fails the test; the figure is told, also where it is good"
)]

use std::{fs, thread};

use metrics::{Key, Level, Metadata, Recorder as _};
use obs_core::{
    Obs, context,
    metrics::{Registry, ValueSnapshot},
};

const RECORDS: u32 = 10_000_000;
const THREADS: u32 = 2;
/// What they may leave behind.
const LIMIT_KIB: u64 = 1_024;

/// The resident memory of this process ([proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)).
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("VmRSS");
    line.split_whitespace()
        .next()
        .and_then(|kib| kib.parse().ok())
        .expect("a number")
}

/// Records from several threads, each inside of a sampled request, so that there are exemplars too.
fn record(obs: &Obs, registry: &Registry, records: u32) {
    let metadata = Metadata::new("test", Level::INFO, None);
    let histogram = registry.register_histogram(&Key::from_name("order_processing_seconds"), &metadata);
    let summary = registry.summary("cart_value", &[]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let (histogram, summary) = (histogram.clone(), summary.clone());
            scope.spawn(move || {
                context::run_in(obs.start_context(), || {
                    for n in 0..records / THREADS {
                        histogram.record(f64::from(n % 1_000) / 90.0);
                        if n % 100 == 0 {
                            summary.record(f64::from(n % 1_000));
                        }
                    }
                });
            });
        }
    });
}

#[test]
fn ten_million_records_without_a_scrape_leave_nothing_behind() {
    let obs = Obs::builder("test")
        .log_writer(std::io::sink())
        .build()
        .expect("valid settings");
    let registry = obs.registry().clone();
    record(&obs, &registry, 100_000);
    let before = resident_kib();
    record(&obs, &registry, RECORDS);
    let grown = resident_kib().saturating_sub(before);
    println!("{RECORDS} records: the process has grown by {grown} KiB");
    assert!(grown < LIMIT_KIB, "grown by {grown} KiB");

    let families = registry.snapshot();
    let family = families
        .iter()
        .find(|family| family.name == "order_processing_seconds")
        .expect("the family");
    let ValueSnapshot::Histogram(histogram) = &family.series[0].value else {
        panic!("{family:?}")
    };
    assert_eq!(histogram.count, u64::from(RECORDS + 100_000), "not one is lost");
}
