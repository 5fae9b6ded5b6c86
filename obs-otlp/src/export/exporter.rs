//! The handle of an export thread, and the start of the thread.

use std::{sync::Arc, thread, time::Duration};

use obs_base::{InitError, oneshot};

use super::{
    drops::Drops,
    queue::Queue,
    settings::ExportSettings,
    worker::{BatchExporter, Worker},
};
use crate::{Budget, HeapSize, become_export_thread};

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Threads for requests that block: the worker waits for one at a time, the others have been cancelled and are ending.
const BLOCKING_THREADS: usize = 4;

/// The handle of an exporter: a bounded queue and the thread that sends its items in batches.
///
/// Recording an item never waits for the collector: [`push`](Self::push) stores it under a short lock, or drops and
/// counts it if the queue is full. The thread ends with [`shutdown`](Self::shutdown), within its timeout. Lost items
/// are counted by reason in a metric of the signal, such as `obs_spans_dropped_total`: `queue_full`, `too_large`,
/// `export_failed`, `export_timeout` or `shutdown`.
///
/// ```
/// use std::time::Duration;
/// use obs_base::{ServiceInfo, environment::Env};
/// use obs_otlp::{Budget, CodeSettings, ExporterConfig, Otlp, OtlpSettings};
/// use opentelemetry_sdk::trace::SpanData;
///
/// let mut otlp = OtlpSettings::default();
/// otlp.set(Otlp::new().endpoint("http://localhost:4318"));
/// let config = ExporterConfig {
///     service: &ServiceInfo { name: "shop".to_owned(), ..ServiceInfo::default() },
///     budget: &Budget::default(),
///     code: CodeSettings { otlp: &otlp, ..CodeSettings::default() },
///     env: Env::without_notices(&|_| None),
///     recorder: &metrics::NoopRecorder,
/// };
/// let exporter = obs_otlp::start_spans(&config, |span: SpanData| span)?.unwrap();
/// assert!(exporter.flush(Duration::from_secs(1)));
/// assert!(exporter.shutdown(Duration::from_secs(1)));
/// # Ok::<(), obs_base::InitError>(())
/// ```
#[derive(Debug)]
pub struct Exporter<T>(Arc<Queue<T>>);

/// Ends the queue when the thread ends, even if it panics.
struct EndQueueOnDrop<T>(Arc<Queue<T>>);

/// Runs the exporter that `make` creates on this thread, until the queue is closed.
fn export<E: BatchExporter>(
    queue: Arc<Queue<E::Item>>,
    settings: ExportSettings,
    make: impl FnOnce() -> Result<E, BoxError>,
    report: oneshot::Sender<Result<(), BoxError>>,
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
        Err(error) => return report.send(Err(error.into())),
    };
    runtime.block_on(async {
        match make() {
            Ok(exporter) => {
                report.send(Ok(()));
                Worker::new(queue, exporter, settings).run().await;
            }
            Err(error) => report.send(Err(error)),
        }
    });
    // A name lookup that hangs must not delay the end.
    runtime.shutdown_background();
}

// === impl Exporter ===

impl<T: Send + 'static> Exporter<T> {
    /// Starts the export thread, on which `make` creates the exporter; waits until that is done.
    ///
    /// # Errors
    ///
    /// If the thread can't be started, or if `make` fails.
    pub(super) fn spawn<E: BatchExporter<Item = T> + 'static>(
        settings: ExportSettings,
        budget: Budget,
        drops: Drops,
        make: impl FnOnce() -> Result<E, BoxError> + Send + 'static,
    ) -> Result<Self, InitError> {
        let items = settings.signal.items;
        let queue = Arc::new(Queue::new(settings.queue, settings.batch, budget, drops));
        let (report, outcome) = oneshot::channel();
        let thread_queue = Arc::clone(&queue);
        thread::Builder::new()
            .name("obs-export".to_owned())
            .spawn(move || export(thread_queue, settings, make, report))
            .map_err(|error| InitError::failed(format!("start the thread that exports {items}"), error))?;
        match outcome.recv_timeout(Duration::MAX) {
            Some(Ok(())) => Ok(Self(queue)),
            Some(Err(error)) => Err(InitError::failed(format!("set up the export of {items}"), error)),
            None => Err(InitError::failed(
                format!("set up the export of {items}"),
                "its thread has panicked",
            )),
        }
    }

    /// Queues an item. If the queue or the budget is full, the item is dropped and counted with the reason
    /// `queue_full`.
    ///
    /// Never blocks for longer than the lock of the queue is held, and wakes the thread when a batch is complete.
    #[inline]
    pub fn push(&self, item: T)
    where
        T: HeapSize,
    {
        self.0.push(item);
    }

    /// Queues an item if there is room for it, and drops it otherwise without counting it.
    pub fn offer(&self, item: T)
    where
        T: HeapSize,
    {
        let _ = self.0.offer(item);
    }

    /// Sends all items that are queued now, and blocks until that is done. `false` if it took longer than `timeout`,
    /// or if items were lost meanwhile. Must not be called on a thread of an async runtime.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        self.0.flush(timeout)
    }

    /// Starts a shutdown without waiting, so that several exporters shut down at the same time.
    ///
    /// The thread stops after `timeout` even if items are still queued; those, and items that are pushed later, are
    /// dropped and counted with the reason `shutdown`.
    pub fn begin_shutdown(&self, timeout: Duration) {
        self.0.begin_close(timeout);
    }

    /// Sends all queued items, ends the thread and waits for that. `false` if items were lost, or if it took longer
    /// than `timeout`.
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
