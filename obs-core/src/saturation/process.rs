//! The process: processor time, memory, file descriptors, threads
//! ([Prometheus, writing client libraries](https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics)).

use metrics_process::collector::{Metrics, collect as read};

use crate::{metrics::Registry, names::metric};

/// Reads the state of the process, as far as the system reports it.
pub(super) fn collect(registry: &Registry) {
    let Metrics {
        cpu_seconds_total,
        open_fds,
        max_fds,
        virtual_memory_bytes,
        virtual_memory_max_bytes,
        resident_memory_bytes,
        start_time_seconds,
        threads,
    } = read();
    if let Some(seconds) = cpu_seconds_total {
        registry.raise_counter(&metric::PROCESS_CPU, &[], seconds);
    }
    let gauges = [
        (metric::PROCESS_OPEN_FDS, open_fds),
        (metric::PROCESS_MAX_FDS, max_fds.map(limit)),
        (metric::PROCESS_VIRTUAL_MEMORY, virtual_memory_bytes),
        (metric::PROCESS_VIRTUAL_MEMORY_MAX, virtual_memory_max_bytes.map(limit)),
        (metric::PROCESS_RESIDENT_MEMORY, resident_memory_bytes),
        (metric::PROCESS_START_TIME, start_time_seconds),
        (metric::PROCESS_THREADS, threads),
    ];
    for (def, value) in gauges {
        if let Some(value) = value {
            #[expect(clippy::cast_precision_loss, reason = "a page carries floats")]
            registry.set_gauge(&def, &[], value as f64);
        }
    }
}

/// A limit, where `metrics-process` says 0 for none; as other clients of Prometheus put it.
fn limit(value: u64) -> u64 {
    if value == 0 { u64::MAX } else { value }
}
