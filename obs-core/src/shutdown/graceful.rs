//! The steps of a shutdown, one after the other.

use std::{
    future::{Future, IntoFuture},
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
/// The default of [`Graceful::close`].
const CLOSE: Duration = Duration::from_millis(500);
/// The interval at which the number of requests in flight is checked.
const SETTLE: Duration = Duration::from_millis(5);
/// The timeout of the flush after a second signal.
const FORCED_FLUSH: Duration = Duration::from_millis(500);

/// Runs a server until the process gets a signal to stop, and then shuts it down step by step.
///
/// The [module](super) describes the steps. A shutdown takes at most the sum of [`pre_stop`](Self::pre_stop),
/// [`drain`](Self::drain), [`close`](Self::close) and [`flush`](Self::flush), 8.5 s by default. Keep it below the grace
/// period of the orchestrator, such as Kubernetes' 30 s, after which the process is killed.
#[derive(Clone, Debug)]
#[must_use = "a server has to be run"]
pub struct Graceful {
    obs: Obs,
    health: Option<Health>,
    pre_stop: Duration,
    drain: Duration,
    close: Duration,
    flush: Duration,
}

/// The end of a wait.
enum Waited<T> {
    /// The event has come.
    Done(T),
    /// The time has passed first.
    TimeOver,
    /// A second signal has come first.
    Forced,
}

// === impl Graceful ===

impl Graceful {
    /// A graceful shutdown that flushes this instance at its end, with the default times.
    pub fn new(obs: &Obs) -> Self {
        Self {
            obs: obs.clone(),
            health: None,
            pre_stop: PRE_STOP,
            drain: DRAIN,
            close: CLOSE,
            flush: FLUSH,
        }
    }

    /// Makes the readiness probe of these checks answer 503 from the first signal on. Defaults to none.
    pub fn health(mut self, health: &Health) -> Self {
        self.health = Some(health.clone());
        self
    }

    /// The time for which new requests are still accepted after the first signal, until load balancers have seen that
    /// `/ready` answers 503. Defaults to one second; behind Kubernetes, 5 to 15 seconds are usual.
    pub fn pre_stop(mut self, delay: Duration) -> Self {
        self.pre_stop = delay;
        self
    }

    /// The time that requests in flight have to finish, once no new ones are accepted. Defaults to five seconds.
    ///
    /// Requests that take longer are cancelled, and recorded as such.
    pub fn drain(mut self, deadline: Duration) -> Self {
        self.drain = deadline;
        self
    }

    /// The time that the server has to close the connections of requests that have exceeded [`drain`](Self::drain).
    /// Defaults to half a second.
    ///
    /// It depends on the server: actix-web needs a little more than a second (`obs_actix::serve` sets that), others a
    /// few milliseconds. A server that has not ended by then is dropped.
    pub fn close(mut self, time: Duration) -> Self {
        self.close = time;
        self
    }

    /// The timeout of the final [shutdown](Obs::shutdown) of logs, metrics and traces. Defaults to two seconds; half a
    /// second after a second signal.
    pub fn flush(mut self, timeout: Duration) -> Self {
        self.flush = timeout;
        self
    }

    /// Runs the server that `serve` returns until the process gets a signal to stop, then shuts it down and flushes.
    ///
    /// The server has to stop at [`Stop::requested`] and should close its connections at [`Stop::overdue`]. It can be
    /// any future of a result, whatever its error: `axum::serve(…).with_graceful_shutdown(…)`, tonic's
    /// `serve_with_shutdown(…)`, or an `async` block around hyper.
    ///
    /// Signals are handled from the first poll on; before that, they end the process as usual. If the system refuses to
    /// deliver them, that is logged as an error, and the server runs until it ends by itself.
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
    /// The error of the server. Cancelled requests and an incomplete flush are logged, and are not errors.
    ///
    /// # Panics
    ///
    /// If it is polled outside of a tokio runtime with `enable_all`.
    pub async fn run<F, E>(self, serve: impl FnOnce(Stop) -> F) -> Result<(), E>
    where
        F: IntoFuture<Output = Result<(), E>>,
    {
        let signals = OsSignals::listen()
            .inspect_err(|error| {
                tracing::error!(target: target::OBS, %error, "signals can't be received: the process ends without a graceful shutdown");
            })
            .ok();
        self.run_with(signals, serve).await
    }

    pub(super) async fn run_with<F, E>(self, mut signals: impl Signals, serve: impl FnOnce(Stop) -> F) -> Result<(), E>
    where
        F: IntoFuture<Output = Result<(), E>>,
    {
        let (phase, phases) = watch::channel(Phase::Serving);
        let (served, forced) = {
            let mut server = pin!(serve(Stop::new(phases)).into_future());
            self.conduct(&mut signals, &phase, server.as_mut()).await
        };
        self.flush_all(&mut signals, forced).await;
        served
    }

    /// Runs the steps from the first signal to the last response. Returns the server's result, and whether a second
    /// signal has ended the waiting.
    async fn conduct<E>(
        &self,
        signals: &mut impl Signals,
        phase: &watch::Sender<Phase>,
        mut server: Pin<&mut impl Future<Output = Result<(), E>>>,
    ) -> (Result<(), E>, bool) {
        let signal = tokio::select! {
            biased;
            served = &mut server => return (served, false),
            signal = signals.next() => signal,
        };
        self.announce(signal);
        let mut waited = wait(server.as_mut(), self.pre_stop, signals).await;
        if matches!(waited, Waited::TimeOver) {
            self.obs.pipeline().routes.set_stopping();
            phase.send_replace(Phase::Stopping);
            waited = wait(server.as_mut(), self.drain, signals).await;
        }
        let forced = match waited {
            Waited::Done(served) => return (served, false),
            Waited::TimeOver => false,
            Waited::Forced => true,
        };
        let requests = self.obs.pipeline().routes.in_flight_count.count();
        tracing::warn!(target: target::OBS, requests, forced, "requests in flight have exceeded the deadline and are cancelled");
        phase.send_replace(Phase::Overdue);
        let closed = timeout(self.close, async {
            let served = server.await;
            self.settle().await;
            served
        });
        (closed.await.unwrap_or(Ok(())), forced)
    }

    /// Waits until cancelled requests are recorded: servers may drop it on threads of their own.
    async fn settle(&self) {
        while self.obs.pipeline().routes.in_flight_count.count() > 0 {
            sleep(SETTLE).await;
        }
    }

    fn announce(&self, signal: &'static str) {
        let Self {
            health,
            pre_stop,
            drain,
            ..
        } = self;
        tracing::info!(target: target::OBS, signal, ?pre_stop, ?drain, "shutting down");
        if let Some(health) = health {
            health.set_draining(true);
        }
    }

    async fn flush_all(&self, signals: &mut impl Signals, forced: bool) {
        let time = if forced {
            self.flush.min(FORCED_FLUSH)
        } else {
            self.flush
        };
        let obs = self.obs.clone();
        if let Err(lost) = flush(signals, move || obs.shutdown(time)).await {
            tracing::warn!(target: target::OBS, error = lost, "telemetry was lost at shutdown");
        }
    }
}

/// Runs `work` on a thread of its own, so that the runtime goes on and receives a second signal. A blocking task of the
/// runtime would delay the end of the runtime.
///
/// # Errors
///
/// If the flush has failed or was interrupted; the text says why.
pub(super) async fn flush(
    signals: &mut impl Signals,
    work: impl FnOnce() -> Result<(), ShutdownError> + Clone + Send + 'static,
) -> Result<(), String> {
    let (done, flushed) = oneshot::channel();
    let on_this_thread = work.clone();
    let thread = thread::Builder::new().name("obs-flush".to_owned()).spawn(move || {
        // Fails after a second signal, when nothing waits for the result.
        let _ = done.send(work());
    });
    let flushed = match thread {
        Ok(_) => tokio::select! {
            flushed = flushed => flushed.map_err(|_| "the thread that flushes has panicked".to_owned())?,
            signal = signals.next() => return Err(format!("not flushed: forced by {signal}")),
        },
        Err(_) => on_this_thread(),
    };
    flushed.map_err(|error| error.to_string())
}

/// Waits until the server ends, for `time` at most, or until a second signal.
async fn wait<T>(server: Pin<&mut impl Future<Output = T>>, time: Duration, signals: &mut impl Signals) -> Waited<T> {
    tokio::select! {
        biased;
        served = server => Waited::Done(served),
        _ = signals.next() => Waited::Forced,
        () = sleep(time) => Waited::TimeOver,
    }
}
