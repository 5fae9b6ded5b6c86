//! The process: processor time, memory, file descriptors, threads
//! ([Prometheus, writing client libraries](https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics)).

use crate::{metrics::Registry, names::metric};

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "other_systems.rs"]
mod system;

/// The state of the process, as far as the system reports it. A limit that isn't set is [`u64::MAX`], as in other
/// clients of Prometheus.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct State {
    cpu_seconds: Option<f64>,
    open_fds: Option<u64>,
    max_fds: Option<u64>,
    virtual_memory_bytes: Option<u64>,
    virtual_memory_max_bytes: Option<u64>,
    resident_memory_bytes: Option<u64>,
    /// Unix time.
    start_time_seconds: Option<u64>,
    threads: Option<u64>,
}

/// Reads the state of the process; what the system does not report is left out.
pub(super) fn collect(registry: &Registry) {
    let state = system::read();
    if let Some(seconds) = state.cpu_seconds {
        registry.raise_counter(&metric::PROCESS_CPU, &[], seconds);
    }
    let gauges = [
        (metric::PROCESS_OPEN_FDS, state.open_fds),
        (metric::PROCESS_MAX_FDS, state.max_fds),
        (metric::PROCESS_VIRTUAL_MEMORY, state.virtual_memory_bytes),
        (metric::PROCESS_VIRTUAL_MEMORY_MAX, state.virtual_memory_max_bytes),
        (metric::PROCESS_RESIDENT_MEMORY, state.resident_memory_bytes),
        (metric::PROCESS_START_TIME, state.start_time_seconds),
        (metric::PROCESS_THREADS, state.threads),
    ];
    for (def, value) in gauges {
        if let Some(value) = value {
            #[expect(clippy::cast_precision_loss, reason = "a page carries floats")]
            registry.set_gauge(&def, &[], value as f64);
        }
    }
}
