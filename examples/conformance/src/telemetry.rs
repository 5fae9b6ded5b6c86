//! Start and end of logs, metrics and traces.

use std::{
    env,
    io::{self, Write as _},
    time::Duration,
};

use obs_core::{InitError, Obs};

/// How long spans and lines may take to leave at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// The standard variable that says whether metrics are exported; here they are, unless it is set.
const EXPORTER: &str = "OTEL_METRICS_EXPORTER";

/// Logs, metrics and traces of this process.
#[derive(Debug)]
pub(crate) struct Telemetry {
    obs: Obs,
}

// === impl Telemetry ===

impl Telemetry {
    /// Starts; `opt_in` asks for the metrics that the conventions leave to choice.
    ///
    /// # Errors
    ///
    /// If the environment's settings are invalid.
    pub(crate) fn start(service: &str, opt_in: bool) -> Result<Self, InitError> {
        let builder = Obs::builder(service).version(env!("CARGO_PKG_VERSION"));
        // Suites compare with the registry of the conventions, which knows no metrics of a service's own.
        let builder = builder.otlp_metrics_only(["http."]).otlp_opt_in_metrics(opt_in);
        let builder = if env::var_os(EXPORTER).is_some() {
            builder
        } else {
            builder.otlp_metrics(true)
        };
        Ok(Self { obs: builder.init()? })
    }

    /// Sends and writes what is still in flight.
    pub(crate) fn flush(self) {
        if let Err(error) = self.obs.shutdown(FLUSH) {
            // No failure of the scenario: a suite that lost its collector says so itself.
            let _ = writeln!(io::stderr(), "conformance: {error}");
        }
    }
}
