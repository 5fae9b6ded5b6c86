//! Serving until standard input closes.

use std::{error::Error, io, net::TcpListener};

use actix_web::{
    App, HttpServer,
    middleware::{Next, from_fn},
    rt,
    web::ServiceConfig,
};
use obs_actix::ObsMiddleware;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    input::Input,
    place::{self, GRACE},
};

/// Requests are quick here: two threads show that they move between workers.
const WORKERS: usize = 2;

/// A service: its middleware and what each worker configures its application with.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint<C> {
    pub(crate) middleware: ObsMiddleware,
    pub(crate) configure: C,
}

/// Serves HTTP/1.1 and HTTP/2 (prior knowledge) until standard input closes, and a little longer for
/// requests that are in flight.
///
/// # Errors
///
/// If there is nowhere to listen, or the server fails.
pub(crate) fn serve<C>(service: Blueprint<C>) -> Result<(), Box<dyn Error>>
where
    C: FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
{
    let listener = place::listen()?;
    let input = Input::watch()?;
    Ok(rt::System::new().block_on(serve_on(listener, service, input))?)
}

async fn serve_on<C>(listener: TcpListener, service: Blueprint<C>, input: Input) -> io::Result<()>
where
    C: FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
{
    let (alive, mut gone) = mpsc::channel::<()>(1);
    let app = move || {
        let Blueprint { middleware, configure } = service.clone();
        let alive = alive.clone();
        let hold = from_fn(move |request, next: Next<_>| {
            let alive = alive.clone();
            async move {
                let response = next.call(request).await;
                drop(alive);
                response
            }
        });
        App::new().wrap(middleware).wrap(hold).configure(configure)
    };
    let server = HttpServer::new(app)
        .workers(WORKERS)
        .disable_signals()
        .shutdown_timeout(GRACE.as_secs())
        .listen_auto_h2c(listener)?
        .run();
    let handle = server.handle();
    rt::spawn(async move {
        input.closed().await;
        handle.stop(true).await;
    });
    server.await?;
    // Workers drop what has outlasted the grace a moment later, on threads of their own. It is
    // recorded then, so that moment is waited for.
    let _ = timeout(GRACE, gone.recv()).await;
    Ok(())
}
