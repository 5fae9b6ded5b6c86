//! Start and end of logs, metrics and traces.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use obs_core::{InitError, Obs};

/// How long spans and lines may take to leave at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// Logs, metrics and traces of this process.
#[derive(Debug)]
pub(crate) struct Telemetry {
    obs: Obs,
}

// === impl Telemetry ===

impl Telemetry {
    /// # Errors
    ///
    /// If the environment's settings are invalid.
    pub(crate) fn start(service: &str) -> Result<Self, InitError> {
        Ok(Self { obs: Obs::builder(service).version(env!("CARGO_PKG_VERSION")).init()? })
    }

    /// Sends and writes what is still under way.
    pub(crate) fn flush(self) {
        if let Err(error) = self.obs.shutdown(FLUSH) {
            // No failure of the scenario: a suite that lost its collector says so itself.
            let _ = writeln!(io::stderr(), "conformance: {error}");
        }
    }
}
