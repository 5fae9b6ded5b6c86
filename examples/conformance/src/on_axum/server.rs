//! Serving until standard input closes.

use std::{error::Error, io, net::SocketAddr};

use axum::Router;
use tokio::{net::TcpListener, runtime, time::sleep};

use crate::{
    input::Input,
    place::{self, GRACE},
};

/// Serves HTTP/1.1 and HTTP/2 (prior knowledge) until standard input closes, and a little longer for
/// requests that are in flight.
///
/// # Errors
///
/// If there is nowhere to listen, or the server fails.
pub(crate) fn serve(app: Router) -> Result<(), Box<dyn Error>> {
    let listener = place::listen()?;
    listener.set_nonblocking(true)?;
    let input = Input::watch()?;
    // Dropping the runtime drops what outlasts the grace, which is recorded like any other end.
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(serve_on(listener, app, input))?)
}

async fn serve_on(listener: std::net::TcpListener, app: Router, input: Input) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(input.clone().closed());
    tokio::select! {
        served = server => served,
        () = async { input.closed().await; sleep(GRACE).await } => Ok(()),
    }
}
