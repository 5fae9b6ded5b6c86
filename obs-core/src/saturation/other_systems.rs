//! The state of the process on systems other than Linux.

use metrics_process::collector::{Metrics, collect};

use super::State;

pub(super) fn read() -> State {
    let Metrics {
        cpu_seconds_total,
        open_fds,
        max_fds,
        virtual_memory_bytes,
        virtual_memory_max_bytes,
        resident_memory_bytes,
        start_time_seconds,
        threads,
    } = collect();
    State {
        cpu_seconds: cpu_seconds_total,
        open_fds,
        max_fds: max_fds.map(limit),
        virtual_memory_bytes,
        virtual_memory_max_bytes: virtual_memory_max_bytes.map(limit),
        resident_memory_bytes,
        start_time_seconds,
        threads,
    }
}

/// `metrics-process` reports a limit that isn't set as 0.
fn limit(value: u64) -> u64 {
    if value == 0 { u64::MAX } else { value }
}
