//! A service on actix-web: its middleware, its metrics page, its console, its server.

use std::io;

use actix_web::{App, HttpServer, rt, web::ServiceConfig};
use obs_actix::{ObsMiddleware, obs_core::Obs};

use crate::service::{CONSOLE, GRACE, ServiceSettings};

/// Serves what `routes` configures until the service is told to stop, and a little longer for
/// requests that are in flight.
///
/// # Errors
///
/// If the server fails.
pub(crate) fn serve<C>(settings: ServiceSettings, routes: impl FnOnce(&Obs) -> C) -> io::Result<()>
where
    C: FnOnce(&mut ServiceConfig) + Clone + Send + 'static,
{
    let ServiceSettings {
        obs,
        console,
        listener,
        stopped,
    } = settings;
    let routes = routes(&obs);
    let app = move || {
        // Called on the thread of the worker. A service that is alone in its process doesn't need this.
        obs.make_thread_default();
        App::new()
            // All three signals. A service on the open internet would add `.trust_incoming(false)`.
            .wrap(ObsMiddleware::new().obs(&obs))
            .configure(routes.clone())
            .service(obs_actix::metrics_for("/metrics", &obs))
            .service(obs_actix::console(CONSOLE, &console))
    };
    rt::System::new().block_on(async {
        let server = HttpServer::new(app)
            .workers(1)
            .disable_signals()
            .shutdown_timeout(GRACE.as_secs())
            .listen(listener)?
            .run();
        let handle = server.handle();
        rt::spawn(async move {
            stopped.told().await;
            handle.stop(true).await;
        });
        server.await
    })
}
