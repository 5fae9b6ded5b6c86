//! Values of the `reason` label of `obs_spans_dropped_total` and `obs_log_records_dropped_total`.

/// More came than could be sent.
pub const QUEUE_FULL: &str = "queue_full";
/// The collector refused them or could not be reached.
pub const EXPORT_FAILED: &str = "export_failed";
/// The collector did not answer in time.
pub const EXPORT_TIMEOUT: &str = "export_timeout";
/// They were not sent before the end of the shutdown, or ended after it.
pub const SHUTDOWN: &str = "shutdown";
