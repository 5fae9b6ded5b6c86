//! One service of the shop: its `Obs`, its thread, its end.
//!
//! Three services of a real shop are three programs, and each calls `init()` once. Here all three live in one process,
//! so `Obs::init_several` starts an instance for each (`shop.rs`). What happens in a request belongs to the instance of
//! its service. What happens outside of requests belongs to the instance of the thread, since each service has threads
//! of its own.

use std::{
    env, io,
    net::{SocketAddr, TcpListener},
    panic,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use obs_alert::AlertManager;
use obs_axum::{
    obs_console::{Console, ConsoleBuilder, Intake},
    obs_core::{Obs, ObsBuilder, context, otlp::Otlp},
};
use tokio::sync::watch;

use crate::{alerts, args::Args, definition, logs, report::LogLines};

/// Where the console of each service is.
pub(crate) const CONSOLE: &str = "/obs";
/// The service whose console shows the traces of all.
const REPORTS_AT: &str = "storefront";
/// The key with which the others report there.
const REPORT_KEY: &str = "the-services-of-the-shop";
/// How long requests may take to end when the shop closes.
pub(crate) const GRACE: Duration = Duration::from_secs(1);
/// How long alerts may take to leave when the shop closes, and spans and lines after them, whatever their
/// receivers do.
const FLUSH: Duration = Duration::from_secs(1);
/// What closing may take in all; a service that needs longer is left behind.
const CLOSE: Duration = Duration::from_secs(4);

/// A service that runs.
#[derive(Debug)]
pub(crate) struct Service {
    name: &'static str,
    address: SocketAddr,
    obs: Obs,
    console: String,
    lines: Option<LogLines>,
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<io::Result<()>>,
}

/// What a service is given: where it runs, and until when.
#[derive(Debug)]
pub(crate) struct ServiceSettings {
    pub(crate) obs: Obs,
    pub(crate) console: Console,
    pub(crate) listener: TcpListener,
    pub(crate) stopped: Stopped,
}

/// The telemetry of a service that has not started.
#[derive(Debug)]
pub(crate) struct Telemetry {
    pub(crate) obs: Obs,
    pub(crate) lines: Option<LogLines>,
}

/// Tells when a service shall stop; clones tell the same.
#[derive(Clone, Debug)]
pub(crate) struct Stopped(watch::Receiver<bool>);

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

/// Everything to see of a service, for whoever is on this machine; with `.token(…)` for others too.
fn console_of(name: &str, obs: &Obs, alerts: Option<&AlertManager>) -> io::Result<Console> {
    let console = Console::builder(obs).controls(true);
    let console = if name == REPORTS_AT {
        console.accept_otlp(Intake::new(REPORT_KEY))
    } else {
        console
    };
    let console = alerts.into_iter().fold(console, ConsoleBuilder::alerts);
    console.build().map_err(io::Error::other)
}

// === impl Service ===

impl Service {
    /// The settings of the telemetry of a service, and its lines if they are kept for the report.
    ///
    /// # Errors
    ///
    /// If the definition is wrong.
    pub(crate) fn telemetry(
        name: &'static str,
        storefront: SocketAddr,
        args: &Args,
    ) -> io::Result<(ObsBuilder, Option<LogLines>)> {
        let builder = Obs::builder(name)
            .definition(&definition::of(name)?)
            .version(env!("CARGO_PKG_VERSION"));
        // A collector that the environment names gets the spans; otherwise one console shows whole traces.
        let has_collector = env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some();
        let builder = if name == REPORTS_AT || has_collector || args.requests.is_some() {
            builder
        } else {
            let console = Otlp::new()
                .endpoint(format!("http://{storefront}{CONSOLE}"))
                .header("authorization", format!("Bearer {REPORT_KEY}"));
            builder.otlp(console).otlp_logs(true)
        };
        Ok(logs::configure(builder, name, args))
    }

    /// Starts a service on a thread of its own; `serve` is called there, and returns when the service
    /// has stopped.
    ///
    /// # Errors
    ///
    /// If the settings of the alerts are invalid, or the thread can't be started.
    pub(crate) fn start(
        name: &'static str,
        telemetry: Telemetry,
        listener: TcpListener,
        args: &Args,
        serve: impl FnOnce(ServiceSettings) -> io::Result<()> + Send + 'static,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let Telemetry { obs, lines } = telemetry;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let (end, ended) = mpsc::channel();
        let (begin, begun) = mpsc::channel();
        let own = obs.clone();
        let (defined, args) = (definition::of(name)?, args.clone());
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            own.make_thread_default();
            let alerts = match alerts::watch(&own, &defined, address, &args).map_err(io::Error::other) {
                Ok(alerts) => alerts,
                Err(error) => return drop(begin.send(Err(error))),
            };
            let console = match console_of(name, &own, alerts.as_ref()) {
                Ok(console) => console,
                Err(error) => return drop(begin.send(Err(error))),
            };
            let _ = begin.send(Ok(console.link(format_args!("http://{address}{CONSOLE}"))));
            let served = serve(ServiceSettings {
                obs: own.clone(),
                console,
                listener,
                stopped: Stopped(stopped),
            });
            // Sends what is due; what can't be sent in time is counted.
            let _ = alerts.map(|alerts| alerts.shutdown(FLUSH));
            // What could not be sent in time is counted in `obs_spans_dropped_total`.
            let _ = own.shutdown(FLUSH);
            // The one who waits may have left.
            let _ = end.send(served);
        })?;
        let console = begun.recv()??;
        Ok(Self {
            name,
            address,
            obs,
            console,
            lines,
            stop,
            ended,
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The link to its console.
    pub(crate) fn console(&self) -> &str {
        &self.console
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
        Ok(services.map(|Self { name, obs, lines, .. }| Closed {
            name,
            obs,
            lines: lines.unwrap_or_default(),
        }))
    }
}

// === impl Stopped ===

impl Stopped {
    /// Returns when the service shall stop.
    pub(crate) async fn told(mut self) {
        // An error means that the one who could tell is gone, which tells the same.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}
