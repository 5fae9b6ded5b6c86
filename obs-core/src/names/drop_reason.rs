//! Values of the `reason` label of `obs_spans_dropped_total`, `obs_log_records_dropped_total` and
//! `obs_metric_pushes_failed_total`.

/// More came than could be sent: by number or by bytes.
pub const QUEUE_FULL: &str = "queue_full";
/// One alone is larger than a message may be, or than the collector takes.
pub const TOO_LARGE: &str = "too_large";
/// The collector refused them or could not be reached.
pub const EXPORT_FAILED: &str = "export_failed";
/// The collector did not answer in time.
pub const EXPORT_TIMEOUT: &str = "export_timeout";
/// They were not sent before the end of the shutdown, or ended after it.
pub const SHUTDOWN: &str = "shutdown";
