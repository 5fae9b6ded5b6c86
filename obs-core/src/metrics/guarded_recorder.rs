//! A recorder of the application, guarded.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::guard::guarded;

/// A recorder whose panics, and those of its instruments, are caught. An instrument whose registration panics records
/// nothing.
pub(crate) struct GuardedRecorder(pub(crate) Arc<dyn Recorder + Send + Sync>);

/// One of its instruments.
struct Instrument<I>(I);

// === impl GuardedRecorder ===

impl Recorder for GuardedRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        let _ = guarded(|| self.0.describe_counter(key, unit, description));
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        let _ = guarded(|| self.0.describe_gauge(key, unit, description));
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        let _ = guarded(|| self.0.describe_histogram(key, unit, description));
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let made = guarded(|| self.0.register_counter(key, metadata));
        made.map_or_else(Counter::noop, |made| Counter::from_arc(Arc::new(Instrument(made))))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let made = guarded(|| self.0.register_gauge(key, metadata));
        made.map_or_else(Gauge::noop, |made| Gauge::from_arc(Arc::new(Instrument(made))))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let made = guarded(|| self.0.register_histogram(key, metadata));
        made.map_or_else(Histogram::noop, |made| Histogram::from_arc(Arc::new(Instrument(made))))
    }
}

// === impl Instrument ===

impl CounterFn for Instrument<Counter> {
    fn increment(&self, value: u64) {
        let _ = guarded(|| self.0.increment(value));
    }

    fn absolute(&self, value: u64) {
        let _ = guarded(|| self.0.absolute(value));
    }
}

impl GaugeFn for Instrument<Gauge> {
    fn increment(&self, value: f64) {
        let _ = guarded(|| self.0.increment(value));
    }

    fn decrement(&self, value: f64) {
        let _ = guarded(|| self.0.decrement(value));
    }

    fn set(&self, value: f64) {
        let _ = guarded(|| self.0.set(value));
    }
}

impl HistogramFn for Instrument<Histogram> {
    fn record(&self, value: f64) {
        let _ = guarded(|| self.0.record(value));
    }

    fn record_many(&self, value: f64, count: usize) {
        let _ = guarded(|| self.0.record_many(value, count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics at every call.
    struct Hostile;

    impl CounterFn for Hostile {
        fn increment(&self, _: u64) {
            panic!("on purpose")
        }

        fn absolute(&self, _: u64) {
            panic!("on purpose")
        }
    }

    impl Recorder for Hostile {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
            panic!("on purpose")
        }

        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
            panic!("on purpose")
        }

        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
            panic!("on purpose")
        }

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(Arc::new(Self))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            panic!("on purpose")
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            panic!("on purpose")
        }
    }

    #[test]
    fn a_recorder_that_panics_breaks_nothing() {
        let recorder = GuardedRecorder(Arc::new(Hostile));
        let (key, metadata) = (Key::from_name("x"), Metadata::new("x", metrics::Level::INFO, None));
        recorder.describe_counter("x".into(), None, "".into());
        recorder.register_counter(&key, &metadata).increment(1);
        recorder.register_gauge(&key, &metadata).set(1.0);
        recorder.register_histogram(&key, &metadata).record(1.0);
    }
}
