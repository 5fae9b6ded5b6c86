//! The recorder of the process.

use ::metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::context;

/// The recorder of the `metrics` facade for the whole process. Passes each metric to the instance of the request in
/// which it is recorded, outside of requests to that of the thread or the process-wide default. Without any, nothing is
/// recorded.
pub(crate) struct InstanceRecorder;

/// Calls `record` with the recorder of the instance that a metric belongs to.
#[inline]
fn with_owner<R>(record: impl FnOnce(&dyn Recorder) -> R) -> Option<R> {
    // Not by reference to the thread's state, which a recorder of the application may change.
    let owner = context::owner()?;
    Some(record(owner.recorder()))
}

// === impl InstanceRecorder ===

impl Recorder for InstanceRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        with_owner(|recorder| recorder.describe_counter(key, unit, description));
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        with_owner(|recorder| recorder.describe_gauge(key, unit, description));
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        with_owner(|recorder| recorder.describe_histogram(key, unit, description));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        with_owner(|recorder| recorder.register_counter(key, metadata)).unwrap_or_else(Counter::noop)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        with_owner(|recorder| recorder.register_gauge(key, metadata)).unwrap_or_else(Gauge::noop)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        with_owner(|recorder| recorder.register_histogram(key, metadata)).unwrap_or_else(Histogram::noop)
    }
}
