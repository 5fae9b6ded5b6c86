//! Where a service listens.

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

/// The variable that names the port.
const PORT: &str = "OTEL_HTTP_SCENARIO_PORT";

/// How long requests may take to end when the service is told to stop.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// Listens on 127.0.0.1, on the port that the environment names, and says so on standard error:
/// standard output belongs to the log lines.
///
/// # Errors
///
/// If the environment names no port, or it is taken.
pub(crate) fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let text = env::var(PORT).map_err(|_| format!("{PORT} must name the port to listen on"))?;
    let port: u16 = text.parse().map_err(|_| format!("{PORT} is no port: {text:?}"))?;
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| format!("127.0.0.1:{port}: {error}"))?;
    writeln!(io::stderr(), "listening on http://{}", listener.local_addr()?)?;
    Ok(listener)
}
