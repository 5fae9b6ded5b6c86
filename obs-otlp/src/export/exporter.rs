//! The export thread and its handle.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use obs_base::InitError;

use super::{
    drops::Drops,
    queue::Queue,
    settings::ExportSettings,
    size::HeapSize,
    worker::{BatchExporter, Worker},
};
use crate::{Budget, become_export_thread};

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Threads for requests that block: one at a time is waited for, others are about to end.
const BLOCKING_THREADS: usize = 4;

/// A handle to an exporter, whose thread ends with [`shutdown`](Self::shutdown).
#[derive(Debug)]
pub struct Exporter<T>(Arc<Queue<T>>);

/// Ends the queue when the thread ends, also by a panic.
struct EndQueueOnDrop<T>(Arc<Queue<T>>);

/// Runs `make`'s exporter on this thread until the queue is closed.
fn export<E: BatchExporter>(
    queue: Arc<Queue<E::Item>>,
    settings: ExportSettings,
    make: impl FnOnce() -> Result<E, BoxError>,
    report: &mpsc::SyncSender<Result<(), BoxError>>,
) {
    // Spans that the transport made on this thread would be exported, which makes spans.
    become_export_thread();
    let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
    let _end = EndQueueOnDrop(Arc::clone(&queue));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_name("obs-export-io")
        .max_blocking_threads(BLOCKING_THREADS)
        .on_thread_start(become_export_thread)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error.into()))),
    };
    runtime.block_on(async {
        match make() {
            Ok(exporter) => {
                // Whoever started us waits for this, or has panicked.
                let _ = report.send(Ok(()));
                Worker::new(queue, exporter, settings).run().await;
            }
            Err(error) => drop(report.send(Err(error))),
        }
    });
    // A name lookup that hangs must not delay the end.
    runtime.shutdown_background();
}

// === impl Exporter ===

impl<T: Send + 'static> Exporter<T> {
    /// Starts a thread that sends with the exporter that `make` makes on it.
    pub(super) fn spawn<E: BatchExporter<Item = T> + 'static>(
        settings: ExportSettings,
        budget: Budget,
        drops: Drops,
        make: impl FnOnce() -> Result<E, BoxError> + Send + 'static,
    ) -> Result<Self, InitError> {
        let items = settings.signal.items;
        let queue = Arc::new(Queue::new(settings.queue, settings.batch, budget, drops));
        let (report, outcome) = mpsc::sync_channel(1);
        let of_thread = Arc::clone(&queue);
        thread::Builder::new()
            .name("obs-export".to_owned())
            .spawn(move || export(of_thread, settings, make, &report))
            .map_err(|error| InitError::failed(format!("start the thread that exports {items}"), error))?;
        match outcome.recv() {
            Ok(Ok(())) => Ok(Self(queue)),
            Ok(Err(error)) => Err(InitError::failed(format!("set up the export of {items}"), error)),
            Err(gone) => Err(InitError::failed(format!("set up the export of {items}"), gone)),
        }
    }

    /// Takes an item, or counts it as lost; never blocks.
    #[inline]
    pub fn push(&self, item: T)
    where
        T: HeapSize,
    {
        self.0.push(item);
    }

    /// Takes an item if there is room and time for it; it is not counted as lost otherwise.
    pub fn offer(&self, item: T)
    where
        T: HeapSize,
    {
        let _ = self.0.offer(item);
    }

    /// Sends what waits. False if that did not succeed within `timeout`.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        self.0.flush(timeout)
    }

    /// Starts the shutdown that [`shutdown`](Self::shutdown) waits for.
    pub fn begin_shutdown(&self, timeout: Duration) {
        self.0.begin_close(timeout);
    }

    /// Sends what waits and ends the thread. False if items were lost, or if it did not end within `timeout`.
    #[must_use]
    pub fn shutdown(&self, timeout: Duration) -> bool {
        self.0.close(timeout)
    }
}

// === impl EndQueueOnDrop ===

impl<T> Drop for EndQueueOnDrop<T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
#[path = "exporter_tests.rs"]
mod tests;
