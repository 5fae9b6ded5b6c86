//! Serving until the process is asked to stop, then shutting down gracefully.
//!
//! [`serve`] is `axum::serve` with a graceful shutdown: see [`obs_core::shutdown`] for its steps
//! and for settings behind Kubernetes.
//!
//! Other servers (TLS, tonic) are run by [`Graceful::run`]:
//!
//! ```no_run
//! # async fn example(obs: obs_axum::obs_core::Obs, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
//! use obs_axum::shutdown::Graceful;
//!
//! Graceful::new(&obs).run(|stop| axum::serve(listener, app).with_graceful_shutdown(stop.requested())).await
//! # }
//! ```
//!
//! Such servers do not react to [`Stop::overdue`]: requests that exceed the deadline are
//! abandoned with them, and their spans are lost.

use std::{convert::Infallible, error::Error, future::Future, io, pin::pin, sync::Arc};

use axum::{body::Body, extract::ConnectInfo, serve::Listener};
use http::{Request, Response};
use hyper::{body::Incoming, rt::Executor};
use hyper_util::{rt::TokioIo, server::conn::auto::Builder, service::TowerToHyperService};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tower::ServiceExt as _;
use tower_service::Service;

pub use obs_core::shutdown::{Graceful, Stop};

/// Serves `app` on `listener` until SIGTERM or Ctrl-C, then shuts down: `/ready` returns 503, new
/// connections are refused, requests in flight finish, spans and log lines are flushed. When it
/// returns, `main` can return.
///
/// `app` is a `Router` or any other service of requests. The address of the client is available
/// to `ConnectInfo` and to the layer without `into_make_service_with_connect_info`. Supports
/// HTTP/1.1, and HTTP/2 with the feature `http2`.
///
/// At the deadline, connections with requests in flight are closed; these requests are recorded
/// as `cancelled` or `aborted` in all signals. Upgraded connections (`WebSocket`) are tasks of
/// the handlers and not waited for: let them end on
/// [`Health::draining`](obs_core::health::Health::draining).
///
/// ```no_run
/// # async fn example(obs: obs_axum::obs_core::Obs) -> std::io::Result<()> {
/// use axum::{Router, routing::get};
/// use obs_axum::shutdown::Graceful;
/// use std::time::Duration;
///
/// let app = Router::new().route("/", get(|| async { "hello" })).layer(obs_axum::ObsLayer::new());
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await?;
/// obs_axum::serve(listener, app, Graceful::new(&obs).drain(Duration::from_secs(20))).await
/// # }
/// ```
///
/// # Errors
///
/// None today: like `axum::serve`, it accepts connections until it is stopped, whatever fails meanwhile.
pub async fn serve<L, S, B>(listener: L, app: S, graceful: Graceful) -> io::Result<()>
where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    graceful.run(|stop| accept(listener, app, stop)).await
}

/// Accepts connections until the shutdown, then waits until the last one has ended.
async fn accept<L, S, B>(mut listener: L, app: S, stop: Stop) -> io::Result<()>
where
    L: Listener,
    L::Addr: Clone + Sync + 'static,
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (alive, _) = watch::channel(());
    let mut requested = pin!(stop.requested());
    loop {
        let (io, address) = tokio::select! {
            biased;
            () = &mut requested => break,
            accepted = listener.accept() => accepted,
        };
        let app = app.clone().map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address.clone()));
            request
        });
        let (connection, alive) = (connection(io, app, stop.clone()), alive.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(alive);
        });
    }
    drop(listener);
    alive.closed().await;
    Ok(())
}

/// Serves one connection to its end, or to the deadline.
async fn connection<I, S, B>(io: I, app: S, stop: Stop)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (requested, overdue) = (stop.requested(), stop.overdue());
    let streams = Streams {
        stop,
        alive: Arc::new(watch::channel(()).0),
    };
    #[cfg_attr(not(feature = "http2"), expect(unused_mut, reason = "HTTP/2 has a setting"))]
    let mut builder = Builder::new(streams.clone());
    // For WebSockets over HTTP/2 (RFC 8441).
    #[cfg(feature = "http2")]
    builder.http2().enable_connect_protocol();
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), TowerToHyperService::new(app)));
    // An error means that the client has disconnected, which its requests record.
    tokio::select! {
        // The connection first: a request that was received before the shutdown is answered.
        biased;
        _ = &mut connection => return,
        () = requested => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        biased;
        _ = connection => {}
        // Its streams end first: they would take its end for a disconnect of the client.
        () = overdue => streams.alive.closed().await,
    }
}

/// Spawns the streams of an HTTP/2 connection.
#[derive(Clone, Debug)]
struct Streams {
    stop: Stop,
    /// Closed when no stream is left.
    alive: Arc<watch::Sender<()>>,
}

// === impl Streams ===

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let (overdue, alive) = (self.stop.overdue(), self.alive.subscribe());
        tokio::spawn(async move {
            tokio::select! {
                biased;
                () = overdue => {}
                _ = stream => {}
            }
            drop(alive);
        });
    }
}
