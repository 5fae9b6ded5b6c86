//! What the tests of the exporter share.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use opentelemetry::trace::{SpanContext, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry_sdk::trace::SpanData;

/// Counters by the value of their one label.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(Arc<Mutex<HashMap<String, Arc<AtomicU64>>>>);

struct Cell(Arc<AtomicU64>);

/// A finished span of this name.
pub(super) fn span(name: &str) -> SpanData {
    SpanData {
        span_context: SpanContext::new(1.into(), 2.into(), TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: 0.into(),
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.to_owned().into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: opentelemetry_sdk::trace::SpanEvents::default(),
        links: opentelemetry_sdk::trace::SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: opentelemetry::InstrumentationScope::default(),
    }
}

// === impl Counts ===

impl Counts {
    pub(super) fn get(&self, reason: &str) -> u64 {
        self.0
            .lock()
            .unwrap()
            .get(reason)
            .map_or(0, |count| count.load(Ordering::SeqCst))
    }

    /// The count of `reason` and that of all, once they have come to `expected`, or after a while: the
    /// worker counts what it gives up when it gets a turn, which may be after the shutdown ran out.
    pub(super) fn settled(&self, reason: &str, expected: u64) -> (u64, u64) {
        let began = std::time::Instant::now();
        while self.total() < expected && began.elapsed() < std::time::Duration::from_secs(15) {
            std::thread::yield_now();
        }
        (self.get(reason), self.total())
    }

    pub(super) fn total(&self) -> u64 {
        self.0
            .lock()
            .unwrap()
            .values()
            .map(|count| count.load(Ordering::SeqCst))
            .sum()
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        assert_eq!(key.name(), "obs_spans_dropped_total");
        let [label] = &key.labels().collect::<Vec<_>>()[..] else {
            panic!("{key}")
        };
        assert_eq!(label.key(), "reason");
        let mut counts = self.0.lock().unwrap();
        Counter::from_arc(Arc::new(Cell(Arc::clone(
            counts.entry(label.value().to_owned()).or_default(),
        ))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl CounterFn for Cell {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::SeqCst);
    }

    fn absolute(&self, value: u64) {
        self.0.fetch_max(value, Ordering::SeqCst);
    }
}
