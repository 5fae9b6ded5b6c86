//! A server for one tower service, on threads of its own.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};
use tower_service::Service;

use crate::background::Background;

type BoxError = Box<dyn Error + Send + Sync>;

/// Serves HTTP/1.1 (with upgrades) and HTTP/2 (prior knowledge) on one port of 127.0.0.1.
///
/// Dropping it closes everything at once.
pub struct Server {
    addr: SocketAddr,
    open: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<Infallible>>,
    accepting: Option<JoinHandle<()>>,
    background: Background,
}

// === impl Server ===

impl Server {
    /// Serves `service`, a clone of it to each connection.
    #[must_use]
    pub fn start<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        Self::start_each(move |_peer| service.clone())
    }

    /// Serves the service that `make` returns for each connection; its argument is the client's address.
    #[must_use]
    pub fn start_each<M, S, B>(make: M) -> Self
    where
        M: Fn(SocketAddr) -> S + Send + Sync + 'static,
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        // Two workers, so that requests move between threads as they do in production.
        let background = Background::start("test-server", 2);
        let listener = background.run(async {
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .await
                .expect("a free port on loopback")
        });
        let addr = listener.local_addr().expect("a bound socket");
        let open = Arc::new(AtomicUsize::new(0));
        let (stop, stopped) = oneshot::channel();
        let accepting = background
            .handle()
            .spawn(accept(listener, make, stopped, Arc::clone(&open)));
        Self {
            addr,
            open,
            stop: Some(stop),
            accepting: Some(accepting),
            background,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL of `path`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// The number of open connections, with those whose end the server has not noticed.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Stops listening, notifies its clients (GOAWAY on HTTP/2) and waits for the requests in flight;
    /// returns whether all ended `within` that time.
    #[must_use]
    pub fn stop(mut self, within: Duration) -> bool {
        drop(self.stop.take());
        let Some(accepting) = self.accepting.take() else {
            return true;
        };
        self.background
            .run(async move { tokio::time::timeout(within, accepting).await.is_ok() })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addr", &self.addr)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

async fn accept<M, S, B>(
    listener: TcpListener,
    make: M,
    mut stopped: oneshot::Receiver<Infallible>,
    open: Arc<AtomicUsize>,
) where
    M: Fn(SocketAddr) -> S,
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let graceful = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            // The sender is only ever dropped.
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(_) => continue,
            },
        };
        let connection = serve(stream, make(peer), graceful.watcher());
        let guard = OpenGuard::new(&open);
        tokio::spawn(async move {
            let _guard = guard;
            // A client that vanishes is an error here; it is what many tests are about.
            let _ = connection.await;
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

fn serve<S, B>(
    stream: TcpStream,
    service: S,
    watcher: hyper_util::server::graceful::Watcher,
) -> impl Future<Output = Result<(), BoxError>> + Send + 'static
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    // Answers leave at once; without this a test waits for delayed acknowledgements.
    let _ = stream.set_nodelay(true);
    let connection = auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service))
        .into_owned();
    watcher.watch(connection)
}

/// Counts a connection as long as it lives.
struct OpenGuard(Arc<AtomicUsize>);

impl OpenGuard {
    fn new(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
