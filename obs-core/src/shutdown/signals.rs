//! The signals that request a process to stop.

use std::{
    future::{Future, pending},
    io,
};

/// Where the wish to stop comes from.
pub(super) trait Signals {
    /// The next signal, by its name. Dropping the future loses none.
    fn next(&mut self) -> impl Future<Output = &'static str> + Send;
}

/// The signals of the operating system.
#[derive(Debug)]
pub(super) struct OsSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(windows)]
    ctrl_c: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    ctrl_break: tokio::signal::windows::CtrlBreak,
    #[cfg(windows)]
    close: tokio::signal::windows::CtrlClose,
    #[cfg(windows)]
    shutdown: tokio::signal::windows::CtrlShutdown,
}

// === impl Option ===

/// `None` never gets a signal.
impl<S: Signals + Send> Signals for Option<S> {
    async fn next(&mut self) -> &'static str {
        match self {
            Some(signals) => signals.next().await,
            None => pending().await,
        }
    }
}

// === impl OsSignals ===

#[cfg(unix)]
impl OsSignals {
    /// Takes the signals over from here on: they no longer end the process.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

#[cfg(unix)]
impl Signals for OsSignals {
    async fn next(&mut self) -> &'static str {
        // The streams don't end.
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(windows)]
impl OsSignals {
    /// Takes the console's events over from here on: they no longer end the process.
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

        Ok(Self {
            ctrl_c: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }
}

#[cfg(windows)]
impl Signals for OsSignals {
    async fn next(&mut self) -> &'static str {
        // The streams don't end.
        tokio::select! {
            _ = self.ctrl_c.recv() => "CTRL_C",
            _ = self.ctrl_break.recv() => "CTRL_BREAK",
            _ = self.close.recv() => "CTRL_CLOSE",
            _ = self.shutdown.recv() => "CTRL_SHUTDOWN",
        }
    }
}
