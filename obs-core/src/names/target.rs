//! Targets of the library's own `tracing` events.

/// Warnings about obs itself.
pub const OBS: &str = "obs";
/// Alerts of the process, one event each time that one is told.
pub const ALERT: &str = "obs::alert";
