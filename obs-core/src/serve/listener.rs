//! The listener of the metrics page, on an address and a thread of its own.

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use obs_base::{InitError, oneshot};
use tokio::{
    runtime,
    sync::{oneshot as async_oneshot, watch},
    task::yield_now,
    time::{sleep, timeout},
};

use super::{connection, connections::Connections};
use crate::{
    exposition::PageSettings,
    names::target,
    page::MetricsPage,
    pipeline::{Listener, Obs, Pipeline},
};

/// Open connections at a time; further ones wait.
const MAX_CONNECTIONS: usize = 64;
/// The time that open connections have to finish their response when the listener stops.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// The pause after an error of `accept`, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound address on which nothing is accepted yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
}

/// The running listener, which stops when this is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Serving {
    addr: SocketAddr,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Dropped to stop the thread.
    stop: async_oneshot::Sender<Infallible>,
    /// Receives a message at the end of the thread, unless it panics.
    ended: oneshot::Receiver<()>,
}

/// Binds the address on which the page is to be served, if one is set.
///
/// # Errors
///
/// If the address can't be bound, such as one that is in use.
pub(crate) fn bind(settings: &PageSettings) -> Result<Option<Bound>, InitError> {
    let Some(addr) = settings.listen else { return Ok(None) };
    let listen = || {
        let listener = TcpListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        Ok(Bound {
            addr: listener.local_addr()?,
            listener,
        })
    };
    listen()
        .map(Some)
        .map_err(|error: io::Error| InitError::failed(format!("listen on {addr}, the address of serve_metrics"), error))
}

// === impl Bound ===

impl Bound {
    /// Starts to serve the instance's page.
    ///
    /// # Errors
    ///
    /// If the thread or its runtime can't be started.
    pub(crate) fn serve(self, pipeline: Arc<Pipeline>) -> Result<Serving, InitError> {
        let Self { listener, addr } = self;
        let failed = |error: io::Error| InitError::failed("start the thread that serves the metrics page", error);
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(failed)?;
        let (stop, stopped) = async_oneshot::channel();
        let (ending, ended) = oneshot::channel();
        let page = MetricsPage::of_pipeline(pipeline);
        let run = move || {
            if let Err(error) = runtime.block_on(accept(listener, page, stopped, MAX_CONNECTIONS)) {
                tracing::error!(target: target::OBS, %error, %addr, "the metrics page is no longer served");
            }
            drop(runtime);
            ending.send(());
        };
        thread::Builder::new()
            .name("obs-metrics-http".to_owned())
            .spawn(run)
            .map_err(failed)?;
        Ok(Serving {
            addr,
            running: Mutex::new(Some(Running { stop, ended })),
        })
    }
}

// === impl Serving ===

impl Listener for Serving {
    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn stop(&self, timeout: Duration) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { stop, ended }) = running else {
            return true;
        };
        drop(stop);
        ended.recv_timeout(timeout).is_some()
    }
}

/// Accepts connections until `stopped`, `limit` at a time, then waits for [`GRACE`] at most until they have ended.
pub(super) async fn accept(
    listener: TcpListener,
    page: MetricsPage,
    stopped: async_oneshot::Receiver<Infallible>,
    limit: usize,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let connections = Connections::new(limit);
    let (stop, stopping) = watch::channel(());
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let place = connections.enter().await;
                    tokio::spawn(connection::serve(stream, place, page.clone(), stopping.clone()));
                    // Its request is read before further connections are accepted, which may take its permit.
                    yield_now().await;
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
    // A timeout closes the connections that are left.
    let _ = timeout(GRACE, connections.all_left()).await;
    Ok(())
}

// === impl Obs ===

impl Obs {
    /// The address on which [`serve_metrics`](crate::ObsBuilder::serve_metrics) serves the page, with the port that the
    /// system chose for port 0; `None` without that setting.
    #[must_use]
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.listener().map(Listener::addr)
    }
}
