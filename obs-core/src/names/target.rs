//! Targets of the library's own `tracing` events.

/// Warnings about obs itself.
pub const OBS: &str = "obs";
