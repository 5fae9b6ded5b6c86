//! A service on actix-web: its middleware, its metrics page, its server.

use std::{cell::RefCell, io};

use actix_web::{App, HttpServer, rt, web::ServiceConfig};
use obs_actix::{ObsMiddleware, obs_core::Obs};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::service::{GRACE, ServiceSettings};

thread_local! {
    /// What makes a service's instance the default of its worker's thread, as long as that lives.
    static DEFAULT: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

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
    let ServiceSettings { obs, listener, stopped } = settings;
    let routes = routes(&obs);
    let app = move || {
        // Called on the thread of the worker. A service that is alone in its process has called
        // `init`, and needs none of this.
        log_to(&obs);
        App::new()
            // All three signals. A service on the open internet would add `.trust_incoming(false)`.
            .wrap(ObsMiddleware::new().obs(&obs))
            .configure(routes.clone())
            .service(obs_actix::metrics_for("/metrics", &obs))
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

/// Lines and spans of this thread go to `obs` from now on.
fn log_to(obs: &Obs) {
    let subscriber = tracing_subscriber::registry().with(obs.subscriber_layer());
    DEFAULT.set(Some(tracing::subscriber::set_default(subscriber)));
}
