//! What large requests and a collector that hangs do to the memory of a service: a program of its own, since it looks
//! at the memory of the whole process.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "tests: what can't go on fails the test")]

use std::{env, fs, net::TcpListener, thread, time::Duration};

use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt as _;
use http::Request;
use obs_axum::ObsLayer;
use obs_core::{Obs, trace};
use tower::Service as _;

const REQUESTS: usize = 2_100;
const USER_AGENT: usize = 390_000;
/// What telemetry may hold where nothing else is said, in bytes. Another number can be given to see what becomes of
/// the memory: with 1e12 it is as if there were no limit.
const LIMIT: u64 = 32 << 20;
/// What an allocator makes of it.
const SLACK: u64 = 8 << 20;

/// The resident memory of this process ([proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .expect("VmRSS");
    line.split_whitespace()
        .next()
        .and_then(|kib| kib.parse::<u64>().ok())
        .expect("a number")
        * 1_024
}

/// A collector that takes connections and says nothing.
fn silent_collector() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
    let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
    thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    url
}

#[test]
fn large_requests_and_a_collector_that_hangs_take_no_more_memory_than_is_allowed() {
    let given = env::var("OBS_TEST_QUEUE_BYTES")
        .ok()
        .map(|bytes| bytes.parse::<u64>().expect("a number"));
    let limit = given.unwrap_or(LIMIT);
    let builder = Obs::builder("test")
        .log_writer(std::io::sink())
        .otlp_endpoint(silent_collector())
        .otlp_logs(true);
    let builder = if given.is_some() {
        builder.export_queue_bytes(usize::try_from(limit).expect("64 bits"))
    } else {
        builder
    };
    let obs = builder.build().expect("valid settings");
    // Attributes that are large together, whatever one of them may hold.
    let many = async || (0..100).for_each(|n| trace::set_attribute(format!("part.{n}"), "x".repeat(4_000)));
    let app = Router::new().route("/{id}", get(many)).layer(ObsLayer::new().obs(&obs));
    let mut app = app.into_service::<Body>();
    let user_agent = "x".repeat(USER_AGENT);
    let mut handle = |count: usize| {
        for _ in 0..count {
            let request = Request::get("/1")
                .header("user-agent", &user_agent)
                .body(Body::empty())
                .expect("a request");
            app.call(request)
                .now_or_never()
                .expect("no waiting")
                .expect("an answer");
        }
    };
    handle(1);
    let before = resident();
    handle(REQUESTS);
    let after = resident();
    println!(
        "{REQUESTS} requests with a user agent of {USER_AGENT} bytes: {} MiB before, {} MiB after",
        before >> 20,
        after >> 20
    );
    let page = obs_tests::page::text_of(obs.registry());
    for line in page
        .lines()
        .filter(|line| line.contains("dropped_total{") && !line.ends_with(" 0"))
    {
        println!("{line}");
    }
    assert!(
        page.contains("obs_spans_dropped_total{reason=\"queue_full\"}"),
        "{page}"
    );
    assert!(after - before <= limit + SLACK, "{before} bytes before, {after} after");
    let _ = obs.shutdown(Duration::ZERO);
}
