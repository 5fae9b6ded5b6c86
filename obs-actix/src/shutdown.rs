//! Serving until the process is asked to stop, then shutting down gracefully.
//!
//! [`serve`] is `HttpServer::run` with a graceful shutdown: see [`obs_core::shutdown`] for its
//! steps and for settings behind Kubernetes.

use std::{fmt, io, time::Duration};

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::{
    Error, HttpServer,
    body::MessageBody,
    dev::{AppConfig, Server},
};

pub use obs_core::shutdown::{Graceful, Stop};

/// The server's own deadline, in seconds: ours comes first.
const NEVER: u64 = u32::MAX as u64;
/// A stopping worker checks once a second whether it should stop at once.
const CLOSE: Duration = Duration::from_millis(1200);

/// Runs `server` until SIGTERM or Ctrl-C, then shuts it down: `/ready` returns 503, new
/// connections are refused, requests in flight finish, spans and log lines are flushed. When it
/// returns, `main` can return.
///
/// Signals and deadlines are those of `graceful`; the settings of the server (`disable_signals`,
/// `shutdown_timeout`) are ignored. At the deadline, connections with requests in flight are
/// closed; these requests are recorded as `cancelled` or `aborted` in all signals. actix-web
/// needs up to 1.2 s for that, which is the default of [`close`](Graceful::close) here.
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
/// If the server fails.
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
    graceful.close(CLOSE).run(|stop| run(server.run(), stop)).await
}

/// Runs the server until it has stopped.
async fn run(mut server: Server, stop: Stop) -> io::Result<()> {
    tokio::select! {
        biased;
        served = &mut server => return served,
        () = stop.requested() => {}
    }
    // Asks the server to stop; it is awaited below.
    drop(server.handle().stop(true));
    tokio::select! {
        biased;
        served = server => served,
        // Dropping the server makes its workers close connections with requests in flight.
        () = stop.overdue() => Ok(()),
    }
}
