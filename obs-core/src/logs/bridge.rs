//! Records of the `log` crate.

use obs_base::InitError;
use tracing_log::LogTracer;

/// Turns records of the `log` crate into `tracing` events, for the whole process.
///
/// # Errors
///
/// When the process has a logger already.
pub(crate) fn install_log_bridge() -> Result<(), InitError> {
    LogTracer::init().map_err(|error| InitError::failed("install the bridge from the log crate", error))
}
