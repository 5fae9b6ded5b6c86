//! The flight recorder at its bound: the memory of the process stays flat. A program of its own, since it looks at the
//! memory of the whole process. `bench/recorder` does the same with as many requests as one likes.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests: what can't go on fails the test; the figure is told, also where it is good"
)]

use std::{fs, io, thread};

use obs_core::{Obs, context, recorder::Filter, trace};
use tracing::{Level, debug};
use tracing_subscriber::layer::SubscriberExt as _;

const JOBS: u32 = 60_000;
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

/// A job with a span and held lines, one in fifty of which fails, each time at another place of a hundred.
fn job(obs: &Obs, number: u32) {
    context::run_in(obs.start_context(), || {
        trace::in_span_blocking("load", || {
            (0..number % 5).for_each(|line| debug!(line, number, "looking"));
        });
        if number.is_multiple_of(50) {
            let place = char::from_u32(0x4e00 + number % 5_000).unwrap_or('x');
            trace::record_error(&io::Error::other(format!("no order at {place}")));
        }
    });
}

fn jobs(obs: &Obs) {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
                tracing::subscriber::with_default(subscriber, || (0..JOBS / THREADS).for_each(|n| job(obs, n)));
            });
        }
    });
}

#[test]
fn jobs_at_the_bound_leave_nothing_behind() {
    let obs = Obs::builder("memory")
        .log_writer(io::sink())
        .log_filter("info")
        .lines_of_failures(Level::DEBUG)
        .build()
        .expect("valid settings");
    let recorder = obs.recorder();
    // Until the recorder is full.
    jobs(&obs);
    let held = recorder.held_bytes();
    assert!(held > recorder.limit_bytes() / 4 * 3, "only {held} bytes are held");
    let before = resident_kib();
    jobs(&obs);
    let grown = resident_kib().saturating_sub(before);
    println!("{JOBS} jobs left {grown} KiB behind, at most {LIMIT_KIB}");
    assert!(grown <= LIMIT_KIB, "{JOBS} jobs left {grown} KiB behind");
    assert!(recorder.held_bytes() <= recorder.limit_bytes() && recorder.running().is_empty());
    assert_eq!(recorder.recent(&Filter::new().errors().limit(10)).len(), 10);
}
