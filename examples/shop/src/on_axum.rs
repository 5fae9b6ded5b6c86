//! A service on axum: its layer, its metrics page, its console, its server.

use std::{io, net::SocketAddr};

use axum::{Router, http::StatusCode, response::IntoResponse as _};
use obs_axum::{ObsLayer, obs_console::Console, obs_core::Obs};
use tokio::{net::TcpListener, runtime, time::sleep};
use tower_http::catch_panic::CatchPanicLayer;

use crate::service::{CONSOLE, GRACE, ServiceSettings};

/// Everything that it takes to observe an axum service.
fn observed(app: Router, obs: &Obs, console: &Console) -> Router {
    // All three signals. A service on the open internet would add `.trust_incoming(false)`.
    app.layer(ObsLayer::new().obs(obs))
        // Outside of the layer, so that the layer sees the panic as one: the visitor gets a 500.
        .layer(CatchPanicLayer::custom(|_| {
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .merge(obs_axum::metrics_for("/metrics", obs))
        .merge(obs_axum::console(CONSOLE, console))
}

/// Serves `app`, which is called inside of the runtime, until the service is told to stop, and a
/// little longer for requests that are in flight.
///
/// # Errors
///
/// If the server fails.
pub(crate) fn serve(settings: ServiceSettings, app: impl FnOnce(&Obs) -> Router) -> io::Result<()> {
    let ServiceSettings {
        obs,
        console,
        listener,
        stopped,
    } = settings;
    listener.set_nonblocking(true)?;
    // It stays on this thread.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        let app = observed(app(&obs), &obs, &console).into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, app).with_graceful_shutdown(stopped.clone().told());
        tokio::select! {
            served = server => served,
            () = async { stopped.told().await; sleep(GRACE).await } => Ok(()),
        }
    })
}
