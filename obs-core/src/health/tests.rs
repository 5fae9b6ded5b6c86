//! What probes are told, whatever checks do. Time stands still unless a test moves it.

use std::{
    error::Error,
    fmt, io,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    time::{Instant, advance, sleep},
};
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::{Obs, metrics::Format};

/// Counts how often it is asked, and waits for a permit each time.
#[derive(Clone)]
struct Gate {
    asked: Arc<AtomicUsize>,
    permits: Arc<Semaphore>,
}

/// An error with a source, both of which know too much.
#[derive(Debug)]
struct Leaky(io::Error);

// === impl Gate ===

impl Gate {
    fn new(permits: usize) -> Self {
        Self {
            asked: Arc::default(),
            permits: Arc::new(Semaphore::new(permits)),
        }
    }

    fn check(&self, name: &str) -> Check {
        let gate = self.clone();
        Check::new(name, move || {
            let gate = gate.clone();
            async move {
                gate.asked.fetch_add(1, Ordering::SeqCst);
                gate.permits.acquire().await.map(tokio::sync::SemaphorePermit::forget)
            }
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

// === impl Leaky ===

impl Leaky {
    fn new() -> Self {
        Self(io::Error::other("password hunter2 refused"))
    }
}

impl fmt::Display for Leaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("can't reach postgres://admin@10.0.0.7")
    }
}

impl Error for Leaky {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn passing(name: &str) -> Check {
    Check::new(name, || async { Ok::<_, &str>(()) })
}

fn failing(name: &str) -> Check {
    Check::new(name, || async { Err("replica lags") })
}

fn hanging(name: &str) -> Check {
    Check::new(name, std::future::pending::<Result<(), &str>>)
}

async fn body(health: &Health) -> Value {
    serde_json::from_str(&health.readiness().await.to_json()).unwrap()
}

async fn reason(health: &Health) -> String {
    body(health).await["checks"][0]["reason"]
        .as_str()
        .unwrap_or("none")
        .to_owned()
}

fn instance() -> Obs {
    Obs::builder("test").log_writer(io::sink()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_checks_a_service_is_alive_and_ready() {
    let health = Health::new();
    assert_eq!(
        (health.liveness().http_status(), health.liveness().to_json()),
        (200, r#"{"status":"pass"}"#.to_owned())
    );
    assert_eq!(health.readiness().await.to_json(), r#"{"status":"pass"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_required_check_that_fails_makes_the_service_unready_and_leaves_it_alive() {
    let health = Health::new().check(passing("cache")).check(failing("database"));
    let report = health.readiness().await;
    assert_eq!((report.http_status(), report.status()), (503, Status::Fail));
    let expected = r#"{"status":"fail","checks":[{"name":"cache","status":"pass","duration_ms":0.000},{"name":"database","status":"fail","duration_ms":0.000,"reason":"replica lags"}]}"#;
    assert_eq!(report.to_json(), expected);
    assert_eq!(health.liveness().http_status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_optional_check_that_fails_is_a_warning() {
    let report = Health::new()
        .check(failing("cache").optional())
        .check(passing("database"))
        .readiness()
        .await;
    assert_eq!((report.http_status(), report.status()), (200, Status::Warn));
    assert_eq!(report.checks()[0].status(), Status::Warn);
}

#[tokio::test(start_paused = true)]
async fn the_text_of_an_error_stays_out_of_the_body() {
    let check = || Check::new("database", || async { Err(Leaky::new()) });
    assert_eq!(reason(&Health::new().check(check())).await, "failed");
    let shown = reason(&Health::new().check(check().show_errors(true))).await;
    assert_eq!(
        shown,
        "can't reach postgres://REDACTED@10.0.0.7: password hunter2 refused"
    );
}

#[tokio::test(start_paused = true)]
async fn owned_text_counts_as_an_error_that_may_know_too_much() {
    let check = Check::new("database", || async { Err(String::from("password hunter2 refused")) });
    assert_eq!(reason(&Health::new().check(check)).await, "failed");
}

#[tokio::test(start_paused = true)]
async fn checks_that_hang_are_reported_after_the_longest_of_their_timeouts() {
    let long = Duration::from_millis(1500);
    let health = Health::new()
        .check(hanging("a"))
        .check(hanging("b").timeout(long))
        .check(passing("c"));
    let started = Instant::now();
    let report = health.readiness().await;
    // Tokio's timers are exact to a millisecond.
    assert!((started.elapsed().as_millis()).abs_diff(long.as_millis()) <= 2);
    let reasons: Vec<_> = report.checks().iter().map(CheckReport::reason).collect();
    assert_eq!(
        reasons,
        [Some("no answer within 800ms"), Some("no answer within 1.5s"), None]
    );
}

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_fails_alone() {
    let panics = Check::new("a", || async { panic!("on purpose") as Result<(), &str> });
    let panics_early = Check::new("b", || -> std::future::Ready<Result<(), &str>> { panic!("on purpose") });
    let report = Health::new()
        .check(panics)
        .check(panics_early)
        .check(passing("c"))
        .readiness()
        .await;
    let reasons: Vec<_> = report.checks().iter().map(CheckReport::reason).collect();
    assert_eq!(reasons, [Some("panicked"), Some("panicked"), None]);
}

#[tokio::test(start_paused = true)]
async fn a_result_good_or_bad_is_given_again_until_it_is_too_old() {
    let gate = Gate::new(1);
    let health = Health::new().check(gate.check("database").cache(Duration::from_secs(5)));
    for _ in 0..10 {
        assert_eq!(health.readiness().await.http_status(), 200);
    }
    assert_eq!(gate.asked(), 1);
    advance(Duration::from_secs(5)).await;
    for _ in 0..10 {
        // There is no second permit.
        assert_eq!(health.readiness().await.http_status(), 503);
    }
    assert_eq!(gate.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn probes_that_come_together_share_one_run() {
    let gate = Gate::new(0);
    let health = Health::new().check(gate.check("database").cache(Duration::ZERO));
    let probes: Vec<_> = (0..100)
        .map(|_| {
            let health = health.clone();
            tokio::spawn(async move { health.readiness().await.http_status() })
        })
        .collect();
    sleep(Duration::from_millis(100)).await;
    gate.permits.add_permits(1);
    for probe in probes {
        assert_eq!(probe.await.unwrap(), 200);
    }
    assert_eq!(gate.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_when_the_probe_that_began_it_is_gone() {
    let gate = Gate::new(0);
    let health = Health::new().check(gate.check("database"));
    tokio::time::timeout(Duration::from_millis(100), health.readiness())
        .await
        .unwrap_err();
    gate.permits.add_permits(1);
    assert_eq!(health.readiness().await.http_status(), 200);
    assert_eq!(gate.asked(), 1);
}

// Threads don't know of paused time: these run in real time.

#[tokio::test]
async fn a_thread_that_panics_fails() {
    let check = Check::blocking("disk", || -> Result<(), &str> { panic!("on purpose") });
    assert_eq!(
        reason(&Health::new().check(check.timeout(Duration::from_secs(600)))).await,
        "panicked"
    );
}

#[tokio::test]
async fn a_thread_that_hangs_is_not_joined_by_another() {
    let (release, check, asked) = held();
    let health = Health::new().check(check.timeout(Duration::from_millis(5)));
    for _ in 0..20 {
        assert_eq!(reason(&health).await, "no answer within 5ms");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    drop(release);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_does_not_pass() {
    let (release, check, asked) = held();
    // Kept for the whole test.
    let health = Health::new().check(check.timeout(Duration::from_millis(5)).cache(Duration::from_secs(3600)));
    assert_eq!(reason(&health).await, "no answer within 5ms");
    release.send(()).unwrap();
    let late = loop {
        match reason(&health).await {
            text if text == "no answer within 5ms" => {}
            text => break text,
        }
    };
    assert_eq!((&*late, asked.load(Ordering::SeqCst)), ("took longer than 5ms", 1));
}

/// A blocking check that waits until it is let go, and how often it was asked.
fn held() -> (mpsc::Sender<()>, Check, Arc<AtomicUsize>) {
    let (release, held) = mpsc::channel();
    let held = Mutex::new(held);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let check = Check::blocking("disk", move || {
        count.fetch_add(1, Ordering::SeqCst);
        held.lock().unwrap().recv().map_err(|_| "disk gone")
    });
    (release, check, asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_blocks_its_thread_does_not_block_the_probe() {
    let (release, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let check = Check::new("rude", move || {
        let held = Arc::clone(&held);
        async move { held.lock().unwrap().recv().map_err(|_| "gone") }
    });
    let health = Health::new().check(check.timeout(Duration::from_millis(20)));
    let report = tokio::spawn(async move { health.readiness().await }).await.unwrap();
    assert_eq!(report.checks()[0].reason(), Some("no answer within 20ms"));
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn a_draining_service_is_not_ready_and_asks_nobody() {
    let gate = Gate::new(1);
    let health = Health::new().check(gate.check("database"));
    let told = tokio::spawn(health.draining());
    health.set_draining(true);
    told.await.unwrap();
    let report = health.readiness().await;
    assert_eq!(
        (report.http_status(), report.to_json()),
        (503, r#"{"status":"fail","reason":"draining"}"#.to_owned())
    );
    assert_eq!(health.liveness().http_status(), 200);
    assert_eq!(gate.asked(), 0);
    health.set_draining(false);
    assert_eq!(health.readiness().await.http_status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_declared_dead_is_neither_alive_nor_ready() {
    let health = Health::new();
    health.declare_dead("worker lost");
    health.declare_dead("another reason");
    let expected = r#"{"status":"fail","reason":"worker lost"}"#;
    assert_eq!(
        (health.liveness().http_status(), health.liveness().to_json()),
        (503, expected.to_owned())
    );
    assert_eq!(health.readiness().await.to_json(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_check_takes_the_place_of_the_one_with_its_name() {
    let health = Health::new().check(failing("database")).check(passing("cache"));
    assert_eq!(health.readiness().await.http_status(), 503);
    health.clone().add(passing("database"));
    let report = health.readiness().await;
    assert_eq!(
        report.checks().iter().map(CheckReport::name).collect::<Vec<_>>(),
        ["database", "cache"]
    );
    assert_eq!(report.http_status(), 200);
}

#[test]
fn without_a_runtime_checks_fail() {
    let health = Health::new().check(passing("database"));
    let report = match pin!(health.readiness()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(report) => report,
        Poll::Pending => panic!("nobody would wake it"),
    };
    assert_eq!(report.checks()[0].reason(), Some("there is no tokio runtime"));
}

#[test]
fn a_run_whose_runtime_ends_fails() {
    let health = Health::new().check(hanging("database"));
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    runtime().block_on(async {
        tokio::time::timeout(Duration::from_millis(1), health.readiness())
            .await
            .unwrap_err()
    });
    assert_eq!(runtime().block_on(reason(&health)), "could not run");
}

#[tokio::test(start_paused = true)]
async fn the_gauge_follows_the_last_run() {
    let obs = instance();
    let gate = Gate::new(1);
    let health = Health::new()
        .obs(&obs)
        .check(gate.check("database"))
        .check(failing("cache").optional());
    let page = || String::from_utf8(obs.registry().render(Format::Text)).unwrap();
    assert!(!page().contains("obs_health_check_up"));
    health.readiness().await;
    let of_health = |line: &&str| line.contains("obs_health_check_up");
    assert_eq!(
        page().lines().filter(of_health).collect::<Vec<_>>(),
        [
            "# HELP obs_health_check_up Whether a health check passed when it ran last: 1 or 0.",
            "# TYPE obs_health_check_up gauge",
            "obs_health_check_up{check=\"cache\"} 0",
            "obs_health_check_up{check=\"database\"} 1",
        ]
    );
    advance(Duration::from_secs(2)).await;
    health.readiness().await;
    assert!(page().contains("obs_health_check_up{check=\"database\"} 0\n"));
}

#[test]
fn only_changes_are_logged_with_the_text_of_the_error() {
    let lines = Lines::default();
    let obs = Obs::builder("test")
        .log_writer(lines.clone())
        .log_format(crate::logs::LogFormat::Json)
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    let well = Arc::new(Semaphore::new(0));
    let state = Arc::clone(&well);
    let check = Check::new("database", move || {
        let well = state.available_permits() > 0;
        async move { if well { Ok(()) } else { Err(Leaky::new()) } }
    });
    let health = Health::new().obs(&obs).check(check.cache(Duration::ZERO));
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            for permits in [0, 0, 1, 0] {
                well.add_permits(permits);
                health.readiness().await;
            }
        });
    });
    obs.shutdown(Duration::from_secs(10)).unwrap();
    let lines: Vec<Value> = lines
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| json!([line["level"], line["message"], line["error"]]))
        .collect();
    let chain = "can't reach postgres://REDACTED@10.0.0.7: password hunter2 refused";
    let expected = [
        json!(["warn", "health check fails", chain]),
        json!(["info", "health check passes again", null]),
    ];
    assert_eq!(told, expected);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #[test]
    fn whatever_names_and_reasons_are_the_body_is_one_json_object(name: String, reason: String, micros: u64) {
        let duration = Duration::from_micros(micros);
        let check = CheckReport::new(name.clone().into(), Status::Fail, duration, Some(reason.clone().into()));
        let text = HealthReport::of(vec![check]).to_json();
        let body: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&body["checks"][0]["name"], &Value::from(name));
        prop_assert_eq!(&body["checks"][0]["reason"], &Value::from(reason));
        prop_assert!(!text.contains('\n'));
    }
}
