//! The order of a shutdown, with signals from a script. Time stands still unless all wait for it.

use std::{
    future::{pending, ready},
    io,
    sync::Mutex,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep},
};

use tracing_subscriber::layer::SubscriberExt;

use super::{graceful, signals::Signals, *};
use crate::{
    Obs,
    health::Health,
    request::{LayerState, Observation, RequestHead},
};

const PRE_STOP: Duration = Duration::from_secs(5);
const DRAIN: Duration = Duration::from_secs(30);
const LET_GO: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(100);
/// What a server returns that has stopped.
const SERVED: io::Result<()> = Ok(());

struct Script(UnboundedReceiver<&'static str>);

impl Signals for Script {
    async fn next(&mut self) -> &'static str {
        match self.0.recv().await {
            Some(signal) => signal,
            None => pending().await,
        }
    }
}

/// A log target that hangs until it is let go.
struct Stuck(Mutex<Receiver<()>>);

impl io::Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Its other end is dropped to let go.
        let _ = self.0.lock().unwrap().recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A log target that sends what it is given.
struct Sent(mpsc::Sender<String>);

impl io::Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn instance() -> Obs {
    Obs::builder("test").log_writer(io::sink()).build().unwrap()
}

fn log_a_line(obs: &Obs) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    tracing::subscriber::with_default(subscriber, || tracing::info!("stuck"));
}

fn script() -> (UnboundedSender<&'static str>, Script) {
    let (sender, receiver) = unbounded_channel();
    (sender, Script(receiver))
}

fn graceful(obs: &Obs) -> Graceful {
    Graceful::new(obs).pre_stop(PRE_STOP).drain(DRAIN)
}

/// Whether `times` are what was expected, give or take the precision of tokio's timers.
#[track_caller]
fn assert_close(time: Duration, expected: Duration) {
    assert!(
        time.abs_diff(expected) <= Duration::from_millis(20),
        "{time:?} instead of {expected:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_by_itself_is_not_waited_for() {
    let (_signals, script) = script();
    let failed = |_| ready(Err(io::Error::other("address in use")));
    let result = graceful(&instance()).run_with(script, failed).await;
    assert_eq!(result.unwrap_err().to_string(), "address in use");
}

/// tonic's, for one, is no `io::Error`.
#[tokio::test(start_paused = true)]
async fn the_error_of_the_server_has_any_type() {
    #[derive(Debug, PartialEq)]
    struct Refused(u16);

    let (_signals, script) = script();
    let result = graceful(&instance()).run_with(script, |_| ready(Err(Refused(7)))).await;
    assert_eq!(result, Err(Refused(7)));
    let result = graceful(&instance())
        .run_with(None::<Script>, |_| ready(Err("in use")))
        .await;
    assert_eq!(result, Err("in use"));
}

#[tokio::test(start_paused = true)]
async fn the_first_signal_drains_then_stops_then_waits_for_what_is_under_way() {
    let (signals, script) = script();
    let health = Health::new();
    let started = Instant::now();
    let server = |stop: Stop| {
        let health = health.clone();
        async move {
            assert!(!health.is_draining());
            signals.send("SIGTERM").unwrap();
            health.draining().await;
            assert_close(started.elapsed(), Duration::ZERO);
            stop.requested().await;
            assert_close(started.elapsed(), PRE_STOP);
            sleep(Duration::from_secs(3)).await;
            SERVED
        }
    };
    graceful(&instance())
        .health(&health)
        .run_with(script, server)
        .await
        .unwrap();
    assert_close(started.elapsed(), PRE_STOP + Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_given_up_at_the_deadline() {
    let (signals, script) = script();
    signals.send("SIGTERM").unwrap();
    let started = Instant::now();
    let server = |stop: Stop| async move {
        stop.overdue().await;
        SERVED
    };
    graceful(&instance()).run_with(script, server).await.unwrap();
    assert_close(started.elapsed(), PRE_STOP + DRAIN);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_lets_go_of_on_threads_of_its_own_is_waited_for_without_metrics() {
    let (signals, script) = script();
    signals.send("SIGTERM").unwrap();
    let obs = instance();
    let layer = LayerState::default().with(|options| {
        options.common.record_into(&obs);
        options.common.metrics = false;
    });
    let started = Instant::now();
    let server = |stop: Stop| async move {
        let head = RequestHead {
            method: "GET",
            ..RequestHead::default()
        };
        let request = Observation::start(layer.instrument(), &head, &());
        stop.overdue().await;
        tokio::spawn(async move {
            sleep(LET_GO).await;
            drop(request);
        });
        SERVED
    };
    graceful(&obs).close(LONG).run_with(script, server).await.unwrap();
    assert_close(started.elapsed(), PRE_STOP + DRAIN + LET_GO);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hears_nothing_is_left_behind() {
    let (signals, script) = script();
    signals.send("SIGINT").unwrap();
    let started = Instant::now();
    graceful(&instance())
        .run_with(script, |_| pending::<io::Result<()>>())
        .await
        .unwrap();
    assert_close(started.elapsed(), PRE_STOP + DRAIN + Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_skips_what_is_left_of_either_wait() {
    for after in [Duration::from_secs(2), PRE_STOP + Duration::from_secs(2)] {
        let (signals, script) = script();
        let started = Instant::now();
        let server = |stop: Stop| async move {
            signals.send("SIGINT").unwrap();
            sleep(after).await;
            signals.send("SIGINT").unwrap();
            stop.overdue().await;
            SERVED
        };
        graceful(&instance()).run_with(script, server).await.unwrap();
        assert_close(started.elapsed(), after);
    }
}

#[tokio::test]
async fn flushing_ends_at_its_deadline_and_is_no_error() {
    let (let_go, held) = mpsc::channel();
    let obs = Obs::builder("test")
        .log_writer(Stuck(Mutex::new(held)))
        .build()
        .unwrap();
    log_a_line(&obs);
    let (_signals, script) = script();
    let started = std::time::Instant::now();
    let flush = Duration::from_millis(50);
    graceful(&obs)
        .flush(flush)
        .run_with(script, |_| ready(SERVED))
        .await
        .unwrap();
    assert!(started.elapsed() >= flush, "{:?}", started.elapsed());
    drop(let_go);
}

#[tokio::test]
async fn a_flush_whose_thread_dies_is_told_as_lost() {
    let (_signals, mut script) = script();
    let lost = graceful::flush(&mut script, || std::panic::resume_unwind(Box::new("on purpose"))).await;
    assert_eq!(lost.unwrap_err(), "the thread that flushes has panicked");
    assert_eq!(graceful::flush(&mut script, || Ok(())).await, Ok(()));
}

#[tokio::test]
async fn a_flush_that_may_take_as_long_as_it_takes_writes_the_lines() {
    let (written, lines) = mpsc::channel();
    let obs = Obs::builder("test").log_writer(Sent(written)).build().unwrap();
    log_a_line(&obs);
    let (_signals, script) = script();
    graceful(&obs)
        .flush(Duration::MAX)
        .run_with(script, |_| ready(SERVED))
        .await
        .unwrap();
    drop(obs);
    assert!(lines.try_iter().any(|line| line.contains("stuck")));
}

#[tokio::test(start_paused = true)]
async fn waits_without_an_end_are_ended_by_what_they_wait_for() {
    let (signals, script) = script();
    signals.send("SIGTERM").unwrap();
    let server = |stop: Stop| async move {
        stop.requested().await;
        SERVED
    };
    let second = async {
        sleep(LONG).await;
        signals.send("SIGTERM").unwrap();
    };
    let obs = instance();
    let endless = Graceful::new(&obs)
        .pre_stop(Duration::MAX)
        .drain(Duration::MAX)
        .close(Duration::MAX);
    let (served, ()) = tokio::join!(
        endless.run_with(script, |stop| async move {
            stop.overdue().await;
            SERVED
        }),
        second
    );
    served.unwrap();
    let (signals, script) = self::script();
    signals.send("SIGTERM").unwrap();
    graceful(&obs)
        .drain(Duration::MAX)
        .run_with(script, server)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_second_signal_ends_the_flushing() {
    let (let_go, held) = mpsc::channel();
    let obs = Obs::builder("test")
        .log_writer(Stuck(Mutex::new(held)))
        .build()
        .unwrap();
    log_a_line(&obs);
    let (signals, script) = script();
    let server = |_| {
        signals.send("SIGTERM").unwrap();
        ready(SERVED)
    };
    let started = std::time::Instant::now();
    // The server ends first: the signal is still there when the flushing begins.
    graceful(&obs).flush(LONG).run_with(script, server).await.unwrap();
    assert!(started.elapsed() < LONG);
    drop(let_go);
}
