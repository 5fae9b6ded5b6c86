//! The steps of a shutdown, one after the other.

use std::{
    future::{Future, IntoFuture},
    io,
    pin::{Pin, pin},
    thread,
    time::Duration,
};

use tokio::{
    sync::{oneshot, watch},
    time::{sleep, timeout},
};

use super::{
    Stop,
    signals::{OsSignals, Signals},
    stop::Phase,
};
use crate::{Obs, ShutdownError, health::Health, names::target};

const PRE_STOP: Duration = Duration::from_secs(1);
const DRAIN: Duration = Duration::from_secs(5);
const FLUSH: Duration = Duration::from_secs(2);
/// What a server gets to let go of requests that have no time left.
const LET_GO: Duration = Duration::from_millis(500);
/// How often is looked whether requests have been recorded.
const SETTLE: Duration = Duration::from_millis(5);
/// What is left for flushing after a second signal.
const FORCED_FLUSH: Duration = Duration::from_millis(500);

/// Runs a server until the process is told to stop, and then stops it in order.
///
/// See the [module](super) for the order. The sum of `pre_stop`, `drain`, `let_go` and `flush` is the
/// longest that a shutdown takes.
#[derive(Clone, Debug)]
#[must_use = "a server has to be run"]
pub struct Graceful {
    obs: Obs,
    health: Option<Health>,
    pre_stop: Duration,
    drain: Duration,
    let_go: Duration,
    flush: Duration,
}

/// How the waiting for something ended.
enum Waited<T> {
    /// It came.
    Done(T),
    /// The time was over first.
    TimeOver,
    /// Somebody asked again.
    Forced,
}

// === impl Graceful ===

impl Graceful {
    /// Flushes this instance at the end.
    pub fn new(obs: &Obs) -> Self {
        Self { obs: obs.clone(), health: None, pre_stop: PRE_STOP, drain: DRAIN, let_go: LET_GO, flush: FLUSH }
    }

    /// Turns the readiness of these checks to 503 at the first signal. Defaults to none.
    pub fn health(mut self, health: &Health) -> Self {
        self.health = Some(health.clone());
        self
    }

    /// How long requests are still taken after the first signal, until load balancers have seen that
    /// `/ready` answers 503. Defaults to one second; behind Kubernetes 5 to 15 are usual.
    pub fn pre_stop(mut self, delay: Duration) -> Self {
        self.pre_stop = delay;
        self
    }

    /// How long requests that are in flight may take once no new ones are taken. Defaults to five
    /// seconds.
    pub fn drain(mut self, deadline: Duration) -> Self {
        self.drain = deadline;
        self
    }

    /// How long the server may take to let go of requests that have exceeded the deadline. That is the
    /// server's affair: `obs_actix::serve` needs a little more than a second, others next to nothing.
    /// Defaults to half a second.
    pub fn let_go(mut self, time: Duration) -> Self {
        self.let_go = time;
        self
    }

    /// How long spans and log lines may take to leave, whatever their collector does. Defaults to
    /// two seconds.
    pub fn flush(mut self, timeout: Duration) -> Self {
        self.flush = timeout;
        self
    }

    /// Runs what `serve` makes until the process is told to stop, then stops it in order and flushes.
    ///
    /// The server shall listen to [`Stop::requested`] and, if it can, to [`Stop::overdue`]. Signals
    /// are taken over when this is first polled; before, they end the process as ever.
    ///
    /// ```no_run
    /// # async fn example(obs: obs_core::Obs) -> std::io::Result<()> {
    /// # struct Server;
    /// # impl Server {
    /// #     async fn with_graceful_shutdown(self, stop: impl Future<Output = ()>) -> std::io::Result<()> { Ok(stop.await) }
    /// # }
    /// # let server = Server;
    /// obs_core::shutdown::Graceful::new(&obs).run(|stop| server.with_graceful_shutdown(stop.requested())).await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What the server returns, and if signals can't be received. That requests had to be given up,
    /// or that not everything could be flushed, is no error: it is logged.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with `enable_all`.
    pub async fn run<F>(self, serve: impl FnOnce(Stop) -> F) -> io::Result<()>
    where
        F: IntoFuture<Output = io::Result<()>>,
    {
        self.run_with(OsSignals::listen()?, serve).await
    }

    pub(super) async fn run_with<F>(self, mut signals: impl Signals, serve: impl FnOnce(Stop) -> F) -> io::Result<()>
    where
        F: IntoFuture<Output = io::Result<()>>,
    {
        let (phase, told) = watch::channel(Phase::Serving);
        let (served, forced) = {
            let mut server = pin!(serve(Stop::new(told)).into_future());
            self.conduct(&mut signals, &phase, server.as_mut()).await
        };
        self.flush_all(&mut signals, forced).await;
        served
    }

    /// From the first signal to the last answer. Tells what the server returned, and whether there
    /// is no time for anything any more.
    async fn conduct(
        &self,
        signals: &mut impl Signals,
        phase: &watch::Sender<Phase>,
        mut server: Pin<&mut impl Future<Output = io::Result<()>>>,
    ) -> (io::Result<()>, bool) {
        let signal = tokio::select! {
            biased;
            served = &mut server => return (served, false),
            signal = signals.next() => signal,
        };
        self.announce(signal);
        let mut waited = wait(server.as_mut(), self.pre_stop, signals).await;
        if matches!(waited, Waited::TimeOver) {
            phase.send_replace(Phase::Stopping);
            waited = wait(server.as_mut(), self.drain, signals).await;
        }
        let forced = match waited {
            Waited::Done(served) => return (served, false),
            Waited::TimeOver => false,
            Waited::Forced => true,
        };
        let requests = self.obs.pipeline().routes.in_flight_count.count();
        tracing::warn!(target: target::OBS, requests, forced, "requests in flight are given up");
        phase.send_replace(Phase::Overdue);
        let given_up = timeout(self.let_go, async {
            let served = server.await;
            self.settle().await;
            served
        });
        (given_up.await.unwrap_or(Ok(())), forced)
    }

    /// Waits until what was given up is recorded: servers may drop it on threads of their own.
    async fn settle(&self) {
        while self.obs.pipeline().routes.in_flight_count.count() > 0 {
            sleep(SETTLE).await;
        }
    }

    fn announce(&self, signal: &'static str) {
        let Self { health, pre_stop, drain, .. } = self;
        tracing::info!(target: target::OBS, signal, ?pre_stop, ?drain, "shutting down");
        if let Some(health) = health {
            health.set_draining(true);
        }
    }

    async fn flush_all(&self, signals: &mut impl Signals, forced: bool) {
        let time = if forced { self.flush.min(FORCED_FLUSH) } else { self.flush };
        let obs = self.obs.clone();
        if let Err(lost) = flush(signals, move || obs.shutdown(time)).await {
            tracing::warn!(target: target::OBS, error = lost, "telemetry was lost at shutdown");
        }
    }
}

/// Runs `work` on a thread of its own, so that the runtime goes on and a second signal is heard. Not a
/// blocking task of the runtime: its end would wait for it.
///
/// # Errors
///
/// Why something was lost.
pub(super) async fn flush(
    signals: &mut impl Signals,
    work: impl FnOnce() -> Result<(), ShutdownError> + Clone + Send + 'static,
) -> Result<(), String> {
    let (done, flushed) = oneshot::channel();
    let here = work.clone();
    let thread = thread::Builder::new().name("obs-flush".to_owned()).spawn(move || {
        // Where nobody waits any more, nobody cares.
        let _ = done.send(work());
    });
    let flushed = match thread {
        Ok(_) => tokio::select! {
            flushed = flushed => flushed.map_err(|_| "the thread that flushes has panicked".to_owned())?,
            signal = signals.next() => return Err(format!("not flushed: forced by {signal}")),
        },
        Err(_) => here(),
    };
    flushed.map_err(|error| error.to_string())
}

/// Waits for the server to end, for some time, unless somebody asks again.
async fn wait<T>(server: Pin<&mut impl Future<Output = T>>, time: Duration, signals: &mut impl Signals) -> Waited<T> {
    tokio::select! {
        biased;
        served = server => Waited::Done(served),
        _ = signals.next() => Waited::Forced,
        () = sleep(time) => Waited::TimeOver,
    }
}
