//! Threads that record while the page is read every millisecond: each page agrees with itself, none
//! runs backwards, and in the end not one record is missing.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use axum::{Router, body::Body, http::Request, routing::get};
use http_body_util::BodyExt as _;
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, metrics::Format},
};
use obs_tests::page::Page;
use tower::ServiceExt as _;

const WRITERS: usize = 3;
/// Records between two looks at whether there have been enough pages.
const RECORDS: usize = 1_000;
const REQUESTS: usize = 100;
/// Series that come into being meanwhile, by writer.
const BATCHES: usize = 10;
/// Pages that are written while all writers are at work, each once in text and once in protobuf.
const PAGES: usize = 40;

/// The counts of a page that only grow: counters, buckets, sums of what is positive.
fn growing(page: &Page) -> BTreeMap<String, f64> {
    let samples = page.families.iter().flat_map(|family| &family.samples);
    let grows = |name: &str| {
        ["_total", "_bucket", "_count", "_sum"]
            .iter()
            .any(|suffix| name.ends_with(suffix))
    };
    samples
        .filter(|sample| grows(&sample.name))
        .map(|sample| (sample.series(), sample.value))
        .collect()
}

/// Reads pages, each in all formats.
fn scrape(obs: &Obs) {
    let mut last = BTreeMap::new();
    for number in 0..PAGES {
        let format = [Format::Text, Format::OpenMetrics][number % 2];
        let text = String::from_utf8(obs.registry().render(format)).unwrap();
        // The parser refuses a page whose buckets, counts and exemplars contradict each other.
        let page = Page::parse(&text).unwrap_or_else(|error| panic!("page {number}: {error}\n{text}"));
        let next = growing(&page);
        for (series, before) in &last {
            let now = next.get(series).copied().unwrap_or_default();
            assert!(now >= *before, "{series} fell from {before} to {now}");
        }
        last = next;
        assert!(!obs.registry().render(Format::Protobuf).is_empty());
        thread::sleep(Duration::from_millis(1));
    }
}

/// Records until it `is_over`; says how often.
fn record(obs: &Obs, writer: usize, is_over: &AtomicBool) -> usize {
    metrics::with_local_recorder(obs.registry(), || {
        let kept = metrics::counter!("kept_total");
        let mut rounds = 0;
        while !is_over.load(SeqCst) {
            for n in 0..RECORDS {
                kept.increment(1);
                metrics::counter!("jobs_total", "kind" => ["mail", "sms", "push"][n % 3]).increment(2);
                metrics::histogram!("job_duration_seconds", "writer" => writer.to_string()).record(n as f64 / 1e2);
                metrics::gauge!("queue_length").set(n as f64);
            }
            // At first a series that nobody has seen.
            let batch = rounds.min(BATCHES);
            metrics::histogram!("batches_seconds", "batch" => format!("{writer}-{batch}")).record(1.0);
            rounds += 1;
        }
        rounds
    })
}

/// Serves requests until it `is_over`; says how many.
fn serve(obs: &Obs, is_over: &AtomicBool) -> usize {
    let router = Router::new()
        .route("/orders/{id}", get(|| async { "hello" }))
        .layer(ObsLayer::new().obs(obs));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut served = 0;
    while !is_over.load(SeqCst) {
        runtime.block_on(async {
            for n in 0..REQUESTS {
                let request = Request::get(format!("/orders/{n}")).body(Body::empty()).unwrap();
                let response = router.clone().oneshot(request).await.unwrap();
                response.into_body().collect().await.unwrap();
            }
        });
        served += REQUESTS;
    }
    served
}

#[test]
fn no_record_is_lost_and_every_page_agrees_with_itself() {
    let obs = Obs::builder("shop").log_writer(std::io::sink()).build().unwrap();
    let is_over = AtomicBool::new(false);
    let (rounds, requests) = thread::scope(|scope| {
        let (obs, is_over) = (&obs, &is_over);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || record(obs, writer, is_over)))
            .collect();
        let servers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(|| serve(obs, is_over))).collect();
        let scraped = scope.spawn(|| scrape(obs)).join();
        is_over.store(true, SeqCst);
        scraped.unwrap();
        let sum = |threads: Vec<thread::ScopedJoinHandle<'_, usize>>| -> usize {
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        };
        (sum(writers), sum(servers))
    });
    assert!(rounds > 0 && requests > 0);
    let page = Page::parse(&String::from_utf8(obs.registry().render(Format::OpenMetrics)).unwrap()).unwrap();
    let all = (rounds * RECORDS) as f64;
    assert_eq!(page.value("kept_total", &[]), Some(all));
    assert_eq!(page.sum("jobs_total", &[]), 2.0 * all);
    assert_eq!(page.sum("job_duration_seconds_count", &[]), all);
    assert_eq!(page.sum("batches_seconds_count", &[]), rounds as f64);
    let requests = requests as f64;
    assert_eq!(
        page.sum(
            "http_requests_total",
            &[("endpoint", "/orders/{id}"), ("outcome", "ok")]
        ),
        requests
    );
    assert_eq!(page.sum("http_request_duration_seconds_count", &[]), requests);
    assert_eq!(page.sum("http_response_size_bytes_sum", &[]), 5.0 * requests);
    assert_eq!(page.sum("http_requests_in_flight", &[]), 0.0);
}
