//! What all channels have in common.

use std::time::Duration;

use crate::Severity;

/// How a channel is used.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) attempts: u32,
    pub(crate) backoff: Duration,
    pub(crate) per_minute: u32,
    pub(crate) queue: usize,
    pub(crate) min_severity: Severity,
    pub(crate) send_resolved: bool,
}

// === impl Settings ===

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            attempts: 4,
            backoff: Duration::from_millis(500),
            per_minute: 60,
            queue: 256,
            min_severity: Severity::Info,
            send_resolved: true,
        }
    }
}
