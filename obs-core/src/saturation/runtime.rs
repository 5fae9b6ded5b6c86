//! Runtimes of tokio: tasks, queues, busy workers.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Handle, Id};
use tokio_metrics::{RuntimeIntervals, RuntimeMetrics, RuntimeMonitor};

use crate::{
    metrics::Registry,
    names::{label, metric, value},
};

/// A program that starts ever new runtimes is watched no further than this.
const MAX_RUNTIMES: usize = 256;

/// The runtimes that a registry watches.
#[derive(Debug, Default)]
pub(super) struct Runtimes {
    known: Mutex<Vec<Watched>>,
}

#[derive(Debug)]
struct Watched {
    name: Box<str>,
    id: Id,
    intervals: RuntimeIntervals,
    /// Since it is watched.
    parks: u64,
    busy_seconds: f64,
}

/// What all runtimes of one name come to.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    workers: usize,
    tasks: usize,
    queued: usize,
    parks: u64,
    busy_seconds: f64,
}

// === impl Runtimes ===

impl Runtimes {
    fn watch(&self, name: &str, runtime: &Handle) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_RUNTIMES || known.iter().any(|watched| watched.id == runtime.id()) {
            return;
        }
        let intervals = RuntimeMonitor::new(runtime).intervals();
        known.push(Watched {
            name: name.into(),
            id: runtime.id(),
            intervals,
            parks: 0,
            busy_seconds: 0.0,
        });
        // Runtimes of one name are summed.
        known.sort_by(|one, other| one.name.cmp(&other.name));
    }

    fn is_empty(&self) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(super) fn collect(&self, registry: &Registry) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for same in known.chunk_by_mut(|one, other| one.name == other.name) {
            let mut totals = Totals::default();
            for watched in same.iter_mut() {
                watched.add_to(&mut totals);
            }
            totals.show(&same[0].name, registry);
        }
    }
}

// === impl Watched ===

impl Watched {
    fn add_to(&mut self, totals: &mut Totals) {
        let Some(RuntimeMetrics {
            workers_count,
            live_tasks_count,
            global_queue_depth,
            total_park_count,
            total_busy_duration,
            ..
        }) = self.intervals.next()
        else {
            return;
        };
        // The last two are what has come since the page before.
        self.parks += total_park_count;
        self.busy_seconds += total_busy_duration.as_secs_f64();
        totals.workers += workers_count;
        totals.tasks += live_tasks_count;
        totals.queued += global_queue_depth;
        totals.parks += self.parks;
        totals.busy_seconds += self.busy_seconds;
    }
}

// === impl Totals ===

impl Totals {
    #[expect(clippy::cast_precision_loss, reason = "a page carries floats")]
    fn show(self, name: &str, registry: &Registry) {
        let Self {
            workers,
            tasks,
            queued,
            parks,
            busy_seconds,
        } = self;
        let labels = [(label::RUNTIME, name)];
        registry.set_gauge(&metric::TOKIO_WORKERS, &labels, workers as f64);
        registry.set_gauge(&metric::TOKIO_LIVE_TASKS, &labels, tasks as f64);
        registry.set_gauge(&metric::TOKIO_GLOBAL_QUEUE_DEPTH, &labels, queued as f64);
        registry.raise_counter(&metric::TOKIO_WORKER_PARKS, &labels, parks as f64);
        registry.raise_counter(&metric::TOKIO_WORKER_BUSY, &labels, busy_seconds);
    }
}

// === impl Saturation ===

impl super::Saturation {
    /// Watches a runtime; the same one is watched once.
    pub(crate) fn watch_runtime(&self, name: &str, runtime: &Handle) {
        self.runtimes.watch(name, runtime);
    }

    /// Watches the runtime that this is called in, if there is one and none is watched yet.
    pub(crate) fn watch_current_runtime(&self) {
        if self.runtimes.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            self.watch_runtime(value::MAIN_RUNTIME, &runtime);
        }
    }
}
