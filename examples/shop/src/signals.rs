//! How the shop is told to stop.

use std::io;

/// Returns on Ctrl-C, and on SIGTERM where there is such a thing.
///
/// # Errors
///
/// If signals can't be received.
#[cfg(unix)]
pub(crate) async fn stop() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Returns on Ctrl-C.
///
/// # Errors
///
/// If signals can't be received.
#[cfg(not(unix))]
pub(crate) async fn stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
