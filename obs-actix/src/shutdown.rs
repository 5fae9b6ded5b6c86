//! Serving until the process is told to stop, and stopping in order.
//!
//! [`serve`] is `HttpServer::run` with an end: see [`obs_core::shutdown`] for what happens when, and
//! for the settings behind Kubernetes.

use std::{fmt, io, time::Duration};

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::{
    Error, HttpServer,
    body::MessageBody,
    dev::{AppConfig, Server},
};

pub use obs_core::shutdown::{Graceful, Stop};

/// In seconds. Our own deadline is the earlier one.
const NEVER: u64 = u32::MAX as u64;
/// A worker that stops looks once a second whether it shall stop at once.
const LET_GO: Duration = Duration::from_millis(1200);

/// Runs `server` until the process is told to stop (SIGTERM, Ctrl-C), then stops it in order:
/// `/ready` turns 503, new connections are refused, requests in flight end, spans and log lines
/// leave. When it returns, `main` can end.
///
/// Signals and deadlines are those of `graceful`: the server's own (`disable_signals`,
/// `shutdown_timeout`) don't count. Requests that are still in flight at the deadline are given up:
/// their connections close, and they are recorded as `cancelled` or `aborted`, span and all. actix-web
/// needs up to 1.2 s for that, which is the [`let_go`](Graceful::let_go) here.
///
/// ```no_run
/// # async fn example(obs: obs_actix::obs_core::Obs) -> std::io::Result<()> {
/// use actix_web::{App, HttpServer, web};
/// use obs_actix::{ObsMiddleware, shutdown::Graceful};
/// use std::time::Duration;
///
/// let app = || App::new().wrap(ObsMiddleware::new()).route("/", web::get().to(|| async { "hello" }));
/// let server = HttpServer::new(app).bind("0.0.0.0:3000")?;
/// obs_actix::serve(server, Graceful::new(&obs).drain(Duration::from_secs(20))).await
/// # }
/// ```
///
/// # Errors
///
/// What the server returns, and if signals can't be received.
pub async fn serve<F, I, S, B>(server: HttpServer<F, I, S, B>, graceful: Graceful) -> io::Result<()>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let server = server.disable_signals().shutdown_timeout(NEVER);
    graceful.let_go(LET_GO).run(|stop| run(server.run(), stop)).await
}

async fn run(mut server: Server, stop: Stop) -> io::Result<()> {
    tokio::select! {
        biased;
        served = &mut server => return served,
        () = stop.requested() => {}
    }
    // Tells the server, which answers below.
    drop(server.handle().stop(true));
    tokio::select! {
        biased;
        served = server => served,
        // Dropping the server makes its workers give up what is in flight.
        () = stop.overdue() => Ok(()),
    }
}
