//! One service of the shop: its `Obs`, its layer, its metrics page, its thread.
//!
//! Three services of a real shop are three programs, and each calls `init()` once: the subscriber of
//! `tracing` and the recorder of `metrics` are then the process's. Here all three live in one
//! process and must not meet, so each has an instance from `build()`, which installs nothing, and a
//! thread to itself on which that instance is the default: `tracing` and `metrics` both know
//! defaults of a thread. The runtime of a service never leaves its thread, so whatever its handlers
//! and tasks log or count ends up with their own service. (Threads that they would start themselves,
//! `spawn_blocking` too, would have to be given the same defaults.)

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    panic,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, response::IntoResponse as _};
use obs_axum::{
    ObsLayer,
    obs_core::{Obs, context},
};
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{args::Args, logs, report::LogLines};

/// How long requests may take to end when the shop closes.
const GRACE: Duration = Duration::from_secs(1);
/// How long spans and lines may take to leave when the shop closes, whatever their collector does.
const FLUSH: Duration = Duration::from_secs(2);
/// What closing may take in all; a service that needs longer is left behind.
const CLOSE: Duration = Duration::from_secs(4);

/// A service that runs.
#[derive(Debug)]
pub(crate) struct Service {
    name: &'static str,
    address: SocketAddr,
    obs: Obs,
    lines: Option<LogLines>,
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<io::Result<()>>,
}

/// What is left of a service that has ended: what it says of itself.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) name: &'static str,
    pub(crate) obs: Obs,
    pub(crate) lines: LogLines,
}

/// Keeps panics in handlers off standard error: the line of their request tells their message and
/// place. Panics elsewhere print as ever.
pub(crate) fn print_other_panics_only() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if context::current().is_none() {
            print(info);
        }
    }));
}

/// Everything that it takes to observe an axum service.
fn observed(app: Router, obs: &Obs) -> Router {
    // All three signals. A service on the open internet would add `.trust_incoming(false)`.
    app.layer(ObsLayer::new().obs(obs))
        // Outside of the layer, so that the layer sees the panic as one: the visitor gets a 500.
        .layer(CatchPanicLayer::custom(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .merge(obs_axum::metrics_for("/metrics", obs))
}

// === impl Service ===

impl Service {
    /// Starts a service on a thread of its own; `app` is called there.
    ///
    /// # Errors
    ///
    /// If the telemetry's settings are invalid or the thread can't be started.
    pub(crate) fn start(
        name: &'static str,
        listener: TcpListener,
        args: &Args,
        app: impl FnOnce(&Obs) -> Router + Send + 'static,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let builder = Obs::builder(name).version(env!("CARGO_PKG_VERSION")).environment("demo");
        let (builder, lines) = logs::configure(builder, name, args);
        let obs = builder.build()?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let (end, ended) = mpsc::channel();
        let own = obs.clone();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            let served = on_this_thread(&own, async { serve(listener, observed(app(&own), &own), stopped).await });
            // What could not be sent in time is counted in `obs_spans_dropped_total`.
            let _ = own.shutdown(FLUSH);
            // The one who waits may have left.
            let _ = end.send(served);
        })?;
        Ok(Self { name, address, obs, lines, stop, ended })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets go of all services at once, and waits until they have ended.
    ///
    /// # Errors
    ///
    /// If a service failed.
    pub(crate) fn close<const N: usize>(services: [Self; N]) -> io::Result<[Closed; N]> {
        let deadline = Instant::now() + CLOSE;
        for service in &services {
            service.stop.send_replace(true);
        }
        for service in &services {
            let left = deadline.saturating_duration_since(Instant::now());
            match service.ended.recv_timeout(left) {
                Ok(served) => served?,
                // It is left behind; the end of the process ends it.
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("a service has panicked")),
            }
        }
        Ok(services.map(|Self { name, obs, lines, .. }| Closed { name, obs, lines: lines.unwrap_or_default() }))
    }
}

/// Runs `service` on a runtime that stays on this thread, with `obs` as the thread's default.
fn on_this_thread(obs: &Obs, service: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tracing::subscriber::with_default(subscriber, || {
        metrics::with_local_recorder(obs.registry(), || runtime.block_on(service))
    })
}

/// Serves until it is told to stop, and a little longer for requests that are under way.
async fn serve(listener: TcpListener, app: Router, stopped: watch::Receiver<bool>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(told(stopped.clone()));
    tokio::select! {
        served = server => served,
        () = async { told(stopped).await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

async fn told(mut stopped: watch::Receiver<bool>) {
    // An error means that the one who could tell is gone, which tells the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
