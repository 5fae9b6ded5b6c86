//! The listener and its thread.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::{
    runtime,
    sync::{Semaphore, oneshot, watch},
    time::{sleep, timeout},
};

use super::connection;
use crate::{
    names::target,
    obs::{InitError, Obs, ObsBuilder, Shared},
    page::{MetricsPage, PageSettings},
};

/// Connections at a time; more of them wait to be accepted.
const MAX_CONNECTIONS: u32 = 64;
/// How long connections may go on with what they are at when the listener stops.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// Until the next try when the system has no room for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An address that is ours, but where nobody is served yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
}

/// A page that is served, until this is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Serving {
    addr: SocketAddr,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Dropped to stop the thread.
    stop: oneshot::Sender<Infallible>,
    /// Closed when the thread has ended.
    ended: mpsc::Receiver<Infallible>,
}

/// Takes the address that the page is to be served on, if any.
///
/// # Errors
///
/// If it can't be had.
pub(crate) fn bind(settings: &PageSettings) -> Result<Option<Bound>, InitError> {
    let Some(addr) = settings.listen else { return Ok(None) };
    let listen = || {
        let listener = TcpListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        Ok(Bound { addr: listener.local_addr()?, listener })
    };
    listen().map(Some).map_err(|error: io::Error| {
        InitError::failed(format!("listen on {addr}, where serve_metrics wants the metrics page"), error)
    })
}

// === impl Bound ===

impl Bound {
    /// Starts to serve the instance's page.
    ///
    /// # Errors
    ///
    /// If there can be no thread or no runtime for it.
    pub(crate) fn serve(self, shared: Arc<Shared>) -> Result<Serving, InitError> {
        let Self { listener, addr } = self;
        let failed = |error: io::Error| InitError::failed("start the thread that serves the metrics page", error);
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build().map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let (ending, ended) = mpsc::channel();
        let page = MetricsPage::of_shared(shared);
        let run = move || {
            if let Err(error) = runtime.block_on(accept(listener, page, stopped)) {
                tracing::error!(target: target::OBS, %error, %addr, "the metrics page is no longer served");
            }
            drop((runtime, ending));
        };
        thread::Builder::new().name("obs-metrics-http".to_owned()).spawn(run).map_err(failed)?;
        Ok(Serving { addr, running: Mutex::new(Some(Running { stop, ended })) })
    }
}

// === impl Serving ===

impl Serving {
    /// Stops and frees the address; whether that was done within `timeout`.
    pub(crate) fn stop(&self, timeout: Duration) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { stop, ended }) = running else { return true };
        drop(stop);
        matches!(ended.recv_timeout(timeout), Err(mpsc::RecvTimeoutError::Disconnected))
    }
}

/// Accepts connections until `stopped`, then waits for them for a moment.
async fn accept(listener: TcpListener, page: MetricsPage, stopped: oneshot::Receiver<Infallible>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
    let (stop, stopping) = watch::channel(());
    let accepting = async {
        loop {
            // Never closed.
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let served = connection::serve(stream, page.clone(), stopping.clone());
                    tokio::spawn(async move {
                        served.await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::debug!(target: target::OBS, %error, "could not accept a scrape");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    connection::until(accepting, stopped).await;
    drop((listener, stop));
    // Over when all have ended, or when their time is.
    let _ = timeout(GRACE, slots.acquire_many(MAX_CONNECTIONS)).await;
    Ok(())
}

// === impl ObsBuilder ===

impl ObsBuilder {
    /// Serves the metrics page on `/metrics` of this address too, by a thread of its own, from
    /// `init` or `build` until [`Obs::shutdown`] or the drop of the last handle. Port 0 takes a free
    /// one, which [`Obs::metrics_addr`] tells. Defaults to none.
    ///
    /// With it, the page need not be a route of the service, where everybody can see it. An address
    /// that can't be had, because another process listens there, is an [`InitError`].
    ///
    /// ```
    /// let obs = obs_core::Obs::builder("payment-service")
    ///     .serve_metrics(([127, 0, 0, 1], 0).into())
    ///     .log_writer(std::io::sink())
    ///     .build()?;
    /// println!("scrape http://{}/metrics", obs.metrics_addr().expect("an address was asked for"));
    /// # Ok::<(), obs_core::InitError>(())
    /// ```
    pub fn serve_metrics(mut self, addr: SocketAddr) -> Self {
        self.page.listen = Some(addr);
        self
    }
}

// === impl Obs ===

impl Obs {
    /// Where [`serve_metrics`](ObsBuilder::serve_metrics) serves the page; `None` if nowhere.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.serving().map(|serving| serving.addr)
    }
}
