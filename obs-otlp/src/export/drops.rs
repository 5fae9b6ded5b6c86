//! The counters of lost items.

use metrics::{Counter, Key, KeyName, Label, Level, Metadata, Recorder, SharedString};

use obs_conventions::names::{MetricDef, drop_reason};

/// Why an item was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DropReason {
    QueueFull,
    TooLarge,
    ExportFailed,
    ExportTimeout,
    Shutdown,
}

/// The series of `obs_spans_dropped_total`, or of another signal's metric: one counter per reason.
#[derive(Clone, Debug)]
pub(super) struct Drops {
    queue_full: Counter,
    too_large: Counter,
    export_failed: Counter,
    export_timeout: Counter,
    shutdown: Counter,
}

// === impl Drops ===

impl Drops {
    /// Registers `metric`, whose only label is the reason.
    pub(super) fn register(recorder: &dyn Recorder, metric: &'static MetricDef) -> Self {
        let (name, reason_label) = (metric.base(), metric.labels[0]);
        let help = SharedString::const_str(metric.help);
        recorder.describe_counter(KeyName::from_const_str(name), None, help);
        let metadata = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));
        let counter = |reason| {
            let labels = vec![Label::from_static_parts(reason_label, reason)];
            recorder.register_counter(&Key::from_parts(name, labels), &metadata)
        };
        Self {
            queue_full: counter(drop_reason::QUEUE_FULL),
            too_large: counter(drop_reason::TOO_LARGE),
            export_failed: counter(drop_reason::EXPORT_FAILED),
            export_timeout: counter(drop_reason::EXPORT_TIMEOUT),
            shutdown: counter(drop_reason::SHUTDOWN),
        }
    }

    pub(super) fn count(&self, reason: DropReason, items: usize) {
        let counter = match reason {
            DropReason::QueueFull => &self.queue_full,
            DropReason::TooLarge => &self.too_large,
            DropReason::ExportFailed => &self.export_failed,
            DropReason::ExportTimeout => &self.export_timeout,
            DropReason::Shutdown => &self.shutdown,
        };
        counter.increment(items as u64);
    }
}
