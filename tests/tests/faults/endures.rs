//! What a collector that misbehaves may not cost.

use std::time::{Duration, Instant};

use crate::{
    alone,
    collector::{Collector, Fault},
    service::{Service, p99},
};

/// More spans than wait at most: the queue is full in the end.
const REQUESTS: usize = 5_000;
/// Requests without and with an exporter take turns, so that both see the same machine.
const TURNS: usize = 10;
/// A machine may be busy with something else once; an exporter that holds up requests does so always.
const TRIES: usize = 3;
const SHUTDOWN: Duration = Duration::from_secs(2);
/// Spans of one message, by default.
const BATCH: u64 = 512;
/// For the thread that waits for the end to be scheduled.
const SLACK: Duration = Duration::from_millis(500);

/// What 99 of 100 requests don't exceed, without and with an exporter.
fn compare(without: &mut Service, with: &mut Service) -> (Duration, Duration) {
    let (mut times, mut baseline) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        baseline.extend(without.handle(REQUESTS / TURNS));
        times.extend(with.handle(REQUESTS / TURNS));
    }
    let longest = times.iter().max().expect("some requests");
    assert!(
        *longest < Duration::from_secs(5),
        "a request has waited for the collector: {longest:?}"
    );
    (p99(baseline), p99(times))
}

#[track_caller]
fn latency_is_unchanged(fault: Fault, service: &mut Service) {
    let mut without = Service::start(None);
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let (baseline, p99) = compare(&mut without, service);
        println!("{fault:?}: p99 {p99:?}, without an exporter {baseline:?}");
        // A span has its price: several times that of a request without one, in a build for tests.
        if p99 <= baseline * 4 + Duration::from_millis(1) {
            return;
        }
        seen.push((baseline, p99));
    }
    panic!("{fault:?}: requests take longer, p99 without and with an exporter: {seen:?}");
}

#[track_caller]
fn shuts_down_in_time(fault: Fault, service: &Service) {
    let began = Instant::now();
    let ended = service.obs.shutdown(SHUTDOWN);
    let took = began.elapsed();
    println!("{fault:?}: shutdown took {took:?}: {ended:?}");
    assert!(took < SHUTDOWN + SLACK, "{fault:?}: shutdown took {took:?}");
    assert!(ended.is_err(), "{fault:?}: spans were lost, which shutdown should tell");
}

#[test]
fn no_collector_holds_up_requests_or_shutdown_and_every_lost_span_is_counted() {
    let _alone = alone();
    for fault in Fault::ALL {
        let collector = Collector::start(fault);
        let mut service = Service::start(Some(collector.endpoint()));
        latency_is_unchanged(fault, &mut service);
        // Something has to be lost at shutdown too.
        service.handle(10);
        shuts_down_in_time(fault, &service);
        let reasons: Vec<_> = ["queue_full", "too_large", "export_failed", "export_timeout", "shutdown"]
            .into_iter()
            .map(|reason| (reason, service.lost(reason)))
            .filter(|(_, lost)| *lost > 0)
            .collect();
        println!(
            "{fault:?}: {reasons:?} of {} spans, {} requests came",
            service.handled,
            collector.requests()
        );
        let taken = service.handled.saturating_sub(service.dropped());
        // Who answers 200 has taken the message, even if the body of the answer never ends. Whether that shows before
        // the shutdown depends on the machine.
        let may_be_taken = if matches!(fault, Fault::Stalls) {
            BATCH * collector.requests() as u64
        } else {
            0
        };
        assert!(
            taken <= may_be_taken,
            "{fault:?}: {taken} of {} are not counted: {reasons:?}",
            service.handled
        );
        assert!(service.dropped() <= service.handled, "{fault:?}: {reasons:?}");
        let expected = match fault {
            Fault::Refuses(401, _) => "export_failed",
            // What may pass is tried again, while more spans come than can wait.
            _ => "queue_full",
        };
        assert!(
            reasons.iter().any(|(reason, _)| *reason == expected),
            "{fault:?}: {reasons:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_collector_that_never_answers_costs_no_memory() {
    let _alone = alone();
    let collector = Collector::start(Fault::Silent);
    let mut service = Service::start(Some(collector.endpoint()));
    // What is bounded is full: queue, batch, buffers.
    service.handle(3 * REQUESTS);
    let before = resident_bytes();
    service.handle(10 * REQUESTS);
    let grown = resident_bytes().saturating_sub(before);
    println!("{grown} bytes more after {} requests", 10 * REQUESTS);
    assert!(grown < 20 << 20, "{grown} bytes more");
    shuts_down_in_time(Fault::Silent, &service);
}

/// Bytes of this process that are in memory.
#[cfg(target_os = "linux")]
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("the line is there");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1_024
}
