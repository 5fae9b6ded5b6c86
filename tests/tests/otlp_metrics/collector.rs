//! Collectors that misbehave.

use std::time::{Duration, Instant};

use obs_axum::ObsLayer;
use obs_core::{Obs, metrics::Registry};
use obs_tests::{
    DEADLINE,
    otlp::{Answer, Receiver},
    page::Page,
    until,
};

use crate::service::{app, ask, builder, last_push, named};

/// Pushes that failed for this reason.
fn failed(registry: &Registry, reason: &str) -> f64 {
    let text = obs_tests::page::text_of(registry);
    let page = Page::parse(&text).unwrap();
    page.value("obs_metric_pushes_failed_total", &[("reason", reason)])
        .unwrap_or_default()
}

#[test]
fn an_endpoint_alone_pushes_nothing() {
    let receiver = Receiver::start();
    let obs = Obs::builder("shop")
        .log_writer(std::io::sink())
        .otlp_endpoint(receiver.endpoint())
        .build()
        .unwrap();
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    obs.shutdown(DEADLINE).unwrap();
    assert!(receiver.metrics().is_empty() && receiver.spans().len() == 1);
}

#[test]
fn dropping_the_handle_pushes_once_more() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    let app = app(ObsLayer::new().obs(&obs));
    ask(&app, "GET", "/users/7");
    drop(obs);
    let push = last_push(&receiver);
    assert_eq!(
        named(&push, "http.server.request.duration").unwrap().histograms()[0].count,
        1
    );
}

#[test]
fn what_was_pushed_at_the_shutdown_is_not_asked_for_again() {
    let receiver = Receiver::start();
    let obs = builder(&receiver).build().unwrap();
    let registry = obs.registry().clone();
    obs.shutdown(DEADLINE).unwrap();
    drop(obs);
    assert_eq!(receiver.metrics().len(), 1);
    assert!(failed(&registry, "shutdown").abs() < f64::EPSILON);
}

#[test]
fn a_collector_that_never_answers_costs_the_time_of_the_shutdown_only() {
    const PATIENCE: Duration = Duration::from_millis(500);
    let receiver = Receiver::start();
    receiver.answer(Answer::Hang);
    let obs = builder(&receiver)
        .sample_ratio(0.0)
        .otlp_metrics_interval(Duration::from_millis(10))
        .build()
        .unwrap();
    let app = app(ObsLayer::new().obs(&obs));
    receiver.wait_for_requests(DEADLINE, |requests| !requests.is_empty());
    for _ in 0..100 {
        ask(&app, "GET", "/users/7");
    }
    let began = Instant::now();
    let unfinished = obs.shutdown(PATIENCE).unwrap_err().unfinished;
    assert!(
        began.elapsed() < PATIENCE + Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(unfinished, ["metrics export"]);
    // The one in flight, and the last one.
    until(DEADLINE, || failed(obs.registry(), "shutdown") >= 2.0);
    assert!(receiver.metrics().is_empty() && receiver.requests().len() == 1);
}

#[test]
fn a_collector_that_is_not_there_is_counted_and_the_service_goes_on() {
    let obs = Obs::builder("shop")
        .log_writer(std::io::sink())
        .otlp_endpoint("http://127.0.0.1:1")
        .otlp_metrics(true)
        .build()
        .unwrap();
    let app = app(ObsLayer::new().obs(&obs));
    ask(&app, "GET", "/users/7");
    let began = Instant::now();
    let unfinished = obs.shutdown(Duration::from_millis(700)).unwrap_err().unfinished;
    assert!(unfinished.contains(&"metrics export"), "{unfinished:?}");
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    until(DEADLINE, || {
        failed(obs.registry(), "shutdown") + failed(obs.registry(), "export_failed") >= 1.0
    });
    ask(&app, "GET", "/users/7");
}

#[test]
fn a_push_that_comes_at_a_bad_time_is_tried_again() {
    let receiver = Receiver::start();
    receiver.answer_next([Answer::Status(503)]);
    let obs = builder(&receiver).sample_ratio(0.0).build().unwrap();
    ask(&app(ObsLayer::new().obs(&obs)), "GET", "/users/7");
    obs.shutdown(DEADLINE).unwrap();
    assert_eq!((receiver.requests().len(), receiver.metrics().len()), (2, 1));
    assert!(failed(obs.registry(), "export_failed").abs() < f64::EPSILON);
}

#[test]
fn what_is_refused_for_good_is_not_tried_again() {
    for answer in [Answer::Status(400), Answer::Partial(3)] {
        let receiver = Receiver::start();
        receiver.answer(answer);
        let obs = builder(&receiver).sample_ratio(0.0).build().unwrap();
        let unfinished = obs.shutdown(DEADLINE).unwrap_err().unfinished;
        assert_eq!(unfinished, ["metrics export"]);
        assert_eq!(receiver.requests().len(), 1, "{answer:?}");
        assert!((failed(obs.registry(), "export_failed") - 1.0).abs() < f64::EPSILON);
    }
}

#[test]
fn the_thread_ends_with_the_last_of_those_who_record() {
    let receiver = Receiver::start();
    let obs = builder(&receiver)
        .otlp_metrics_interval(Duration::from_millis(10))
        .build()
        .unwrap();
    let app = app(ObsLayer::new().obs(&obs));
    ask(&app, "GET", "/users/7");
    drop(obs);
    let before = receiver.metrics().len();
    receiver.wait_for_metrics(DEADLINE, |pushes| pushes.len() > before);
    drop(app);
    // A push that was in flight may still come; then there are no more.
    let mut last = usize::MAX;
    until(DEADLINE, || {
        std::thread::sleep(Duration::from_millis(100));
        let now = receiver.metrics().len();
        std::mem::replace(&mut last, now) == now
    });
}

#[test]
fn a_push_that_is_too_large_for_the_collector_goes_in_parts() {
    const SERIES: usize = 1_500;
    let receiver = Receiver::start();
    receiver.answer(Answer::AtMost(30_000));
    let obs = builder(&receiver).build().unwrap();
    metrics::with_local_recorder(obs.registry(), || {
        for n in 0..SERIES {
            metrics::counter!("parts", "number" => n.to_string()).increment(1);
        }
    });
    obs.shutdown(DEADLINE).unwrap();
    let pushes = receiver.metrics();
    let parts: Vec<_> = pushes
        .iter()
        .flatten()
        .filter(|metric| metric.name() == "parts_total")
        .collect();
    let mut numbers: Vec<_> = parts.iter().flat_map(|part| part.attributes()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let points: usize = parts.iter().map(|part| part.numbers().len()).sum();
    assert_eq!(
        (numbers.len(), points),
        (SERIES, SERIES),
        "each once, in {} parts",
        parts.len()
    );
    assert!(parts.len() > 3 && parts.iter().all(|part| part.kind() == parts[0].kind()));
    assert!(failed(obs.registry(), "too_large").abs() < f64::EPSILON);
}
