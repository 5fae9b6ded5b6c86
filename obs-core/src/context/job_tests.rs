//! How jobs, streams and upgraded connections end in the flight recorder.

use std::{
    future::pending,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use obs_conventions::Outcome;

use super::{RequestContext, in_current, run_in, scope};
use crate::{
    Obs, StreamGuard,
    recorder::{Filter, Kind, Record},
    request::{BodySize, LayerState, Observation, RequestHead, ResponseHead},
    trace::record_error,
};

fn started() -> Obs {
    Obs::builder("test").log_writer(io::sink()).build().unwrap()
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// An error whose text has a secret.
fn fail() {
    record_error(&io::Error::other("refused: password=hunter2"));
}

/// A piece of work in a context, and how it ends: outcome, type of the error, its text.
type Case = (&'static str, fn(RequestContext), (Outcome, &'static str, &'static str));

const FAILED: (Outcome, &str, &str) = (
    Outcome::ServerError,
    "std::io::error::Error",
    "refused: password=REDACTED",
);
const OK: (Outcome, &str, &str) = (Outcome::Ok, "", "");
const CANCELLED: (Outcome, &str, &str) = (Outcome::Cancelled, "", "");
const PANIC: (Outcome, &str, &str) = (Outcome::Panic, "panic", "on purpose");

const CASES: [Case; 12] = [
    ("never run", drop, OK),
    ("run", |job| run_in(job, || ()), OK),
    ("run twice", |job| (0..2).for_each(|_| run_in(job.clone(), || ())), OK),
    ("failed", |job| run_in(job, fail), FAILED),
    (
        "panicked",
        |job| drop(catch_unwind(AssertUnwindSafe(|| run_in(job, || panic!("on purpose"))))),
        PANIC,
    ),
    (
        "panicked in a part that was caught",
        |job| {
            let caught = || run_in(job.clone(), || panic!("in a part"));
            assert!(catch_unwind(AssertUnwindSafe(caught)).is_err());
            run_in(job, || ());
        },
        OK,
    ),
    (
        "a future that ends",
        |job| assert!(poll_once(scope(job, async {})).is_ready()),
        OK,
    ),
    (
        "a future that fails",
        |job| assert!(poll_once(scope(job, async { fail() })).is_ready()),
        FAILED,
    ),
    (
        "a future that is dropped unpolled",
        |job| drop(scope(job, async {})),
        CANCELLED,
    ),
    (
        "a future that is dropped half way",
        |job| {
            let work = async {
                fail();
                pending::<()>().await;
            };
            assert!(poll_once(scope(job, work)).is_pending());
        },
        CANCELLED,
    ),
    (
        "a future that panics, whose executor catches that",
        |job| {
            let mut future = Box::pin(scope(job, async { panic!("on purpose") }));
            let poll = || future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(catch_unwind(AssertUnwindSafe(poll)).is_err());
            drop(future);
        },
        PANIC,
    ),
    (
        "a task of it that is dropped",
        |job| {
            run_in(job, || drop(in_current(pending::<()>())));
        },
        OK,
    ),
];

#[test]
fn each_job_leaves_one_record_with_its_outcome_and_error() {
    let obs = started();
    for (name, work, expected) in CASES {
        work(obs.start_context());
        assert!(obs.recorder().running().is_empty(), "{name} still runs");
        let jobs = obs.recorder().recent(&Filter::new().kind(Kind::Job));
        let told: Vec<_> = jobs.iter().map(told).collect();
        assert_eq!(told.first(), Some(&expected), "{name}");
        assert_eq!(
            (&*jobs[0].endpoint, jobs[0].fingerprint != 0),
            ("", !expected.1.is_empty()),
            "{name}"
        );
    }
    assert_eq!(obs.recorder().recent(&Filter::new()).len(), CASES.len());
    let panicked = obs.recorder().recent(&Filter::new().outcome(Outcome::Panic)).remove(0);
    assert!(
        panicked.error_source.contains("job_tests.rs:"),
        "{}",
        panicked.error_source
    );
}

fn told(record: &Record) -> (Outcome, &str, &str) {
    (record.outcome, &record.error_type, &record.error)
}

#[test]
fn a_job_counts_the_polls_of_its_own_future() {
    let obs = started();
    let mut future = Box::pin(scope(obs.start_context(), pending::<()>()));
    for polls in 1..=3 {
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let running = obs.recorder().running();
        assert_eq!((running.len(), running[0].polls), (1, polls));
        assert!(running[0].since_poll < running[0].age);
    }
}

fn request(obs: &Obs, handle: impl FnOnce() -> Option<StreamGuard>, status: Option<u16>) -> Option<StreamGuard> {
    let layer = LayerState::default().with(|options| {
        options.common.record_into(obs);
        options.streaming.push("/live".into());
    });
    let head = RequestHead {
        method: "GET",
        endpoint: Some("/live"),
        ..Default::default()
    };
    let mut observation = Observation::start(layer.instrument(), &head, &());
    let guard = observation.run(handle);
    if let Some(status) = status {
        observation.head(&ResponseHead {
            status,
            headers: &(),
            body: BodySize::Unknown,
            endpoint: None,
        });
        observation.run_body(|| ());
    }
    guard
}

#[test]
fn each_stream_and_each_upgraded_connection_leaves_one_record() {
    let obs = started();
    let records = |kind| obs.recorder().recent(&Filter::new().kind(kind));
    // A client that leaves a stream ends it.
    assert!(request(&obs, || None, Some(200)).is_none());
    assert_eq!(told(&records(Kind::Request)[0]), OK);
    assert!(records(Kind::Upgrade).is_empty());

    let served = request(&obs, || Some(StreamGuard::start()), Some(101));
    assert_eq!(obs.recorder().running().len(), 1);
    drop(served);
    assert_eq!(told(&records(Kind::Upgrade)[0]), OK);

    // Refused: the request was given up before its head.
    drop(request(&obs, || Some(StreamGuard::start()), None));
    let mut panicking = request(&obs, || Some(StreamGuard::start()), Some(101));
    let serve = || {
        let _served = panicking.take();
        panic!("on purpose");
    };
    assert!(catch_unwind(AssertUnwindSafe(|| run_in(obs.start_context(), serve))).is_err());
    let upgrades = records(Kind::Upgrade);
    assert_eq!((upgrades.len(), told(&upgrades[0])), (2, PANIC));
    assert_eq!(records(Kind::Request).len(), 4);
    assert!(obs.recorder().running().is_empty());
}
