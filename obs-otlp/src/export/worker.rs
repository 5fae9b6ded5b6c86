//! The loop of the export thread.

use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use obs_base::deadline;
use obs_conventions::names::target;
use tokio::time::{sleep, sleep_until};

use super::{
    drops::DropReason,
    progress::{Delivery, Progress},
    queue::Queue,
    settings::ExportSettings,
};
use crate::{HeapSize, signal::SignalDef};

/// The time between two warnings about a failing collector.
const WARN_AGAIN: Duration = Duration::from_secs(60);

/// Sends batches to a collector.
pub(super) trait BatchExporter {
    /// The items of a batch.
    type Item: HeapSize;

    /// An item that each regular export sends although nothing has queued it: metrics have one.
    fn regular_item(&self) -> Option<Self::Item> {
        None
    }

    /// Sends one batch and reports its progress. Items that it reports nothing about have arrived when it returns.
    fn export(&self, batch: Vec<Self::Item>, progress: &Progress) -> impl Future<Output = ()>;
}

/// Sends the items of a queue in batches.
#[derive(Debug)]
pub(super) struct Worker<E: BatchExporter> {
    queue: Arc<Queue<E::Item>>,
    exporter: E,
    settings: ExportSettings,
    health: Health,
}

/// The health of the collector as it was logged, so that each change is logged once and failures at most once a minute.
#[derive(Debug)]
struct Health {
    signal: &'static SignalDef,
    is_failing: bool,
    loss_logged_at: Option<Instant>,
    warning_logged_at: Option<Instant>,
    /// Items that were lost since the last log event.
    unlogged_losses: usize,
}

/// How the export of one batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Done,
    TimedOut,
    Closed,
}

// === impl Worker ===

impl<E: BatchExporter> Worker<E> {
    pub(super) fn new(queue: Arc<Queue<E::Item>>, exporter: E, settings: ExportSettings) -> Self {
        let health = Health::new(settings.signal);
        Self {
            queue,
            exporter,
            settings,
            health,
        }
    }

    /// Sends until the queue is closed.
    pub(super) async fn run(mut self) {
        let mut next = deadline(Instant::now(), self.settings.delay);
        loop {
            self.wait(next).await;
            let due = Instant::now() >= next;
            if let Some(item) = due.then(|| self.exporter.regular_item()).flatten() {
                // A full queue already contains items that cause the same export.
                let _ = self.queue.offer(item);
            }
            let work = self.queue.next_work(due);
            self.send_all(work.items).await;
            if due {
                next = deadline(Instant::now(), self.settings.delay);
            }
            self.queue.answer(work.flush);
            if work.is_last {
                return;
            }
        }
    }

    /// Waits for work, at most until the next regular export.
    async fn wait(&self, next: Instant) {
        if self.queue.is_urgent() {
            return;
        }
        let mut woken = pin!(self.queue.woken());
        let mut tick = pin!(sleep_until(next.into()));
        poll_fn(|cx| {
            let ready = woken.as_mut().poll(cx).is_ready() || tick.as_mut().poll(cx).is_ready();
            if ready { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Sends all full batches, and at least `items` items even if they fill no batch.
    async fn send_all(&mut self, mut items: usize) {
        while !self.is_late() {
            let batch = self.queue.take(items);
            if batch.is_empty() {
                return;
            }
            items = items.saturating_sub(batch.len());
            self.send(batch).await;
        }
    }

    fn is_late(&self) -> bool {
        self.queue.deadline().is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Sends one batch, and counts the items of it that are lost.
    async fn send(&mut self, batch: Vec<E::Item>) {
        let all = batch.len();
        let progress = Progress::default();
        let ended = self.export(batch, &progress).await;
        let Delivery {
            arrived,
            refused,
            too_large,
            error,
            warning,
        } = progress.into_delivery();
        let unknown = all.saturating_sub(arrived + refused + too_large);
        let (reason, given_up) = match ended {
            Ended::Done => (DropReason::ExportFailed, 0),
            Ended::TimedOut => (DropReason::ExportTimeout, unknown),
            Ended::Closed => (DropReason::Shutdown, unknown),
        };
        let losses = [
            (DropReason::ExportFailed, refused),
            (DropReason::TooLarge, too_large),
            (reason, given_up),
        ];
        self.queue.settle(&losses);
        let endpoint = || self.settings.endpoint.shown();
        if let Some(warning) = warning {
            self.health.warned(&warning, endpoint);
        }
        let lost = refused + too_large + given_up;
        if lost == 0 {
            return self.health.recovered(endpoint);
        }
        let error = error.unwrap_or_else(|| match ended {
            Ended::Closed => "no answer before shutdown".to_owned(),
            Ended::Done | Ended::TimedOut => format!("no answer in {:?}", self.settings.export_timeout),
        });
        self.health.failed(lost, &error, endpoint);
    }

    /// Runs the exporter until it ends, its timeout has passed, or the time of a shutdown is over.
    async fn export(&self, batch: Vec<E::Item>, progress: &Progress) -> Ended {
        let mut export = pin!(self.exporter.export(batch, progress));
        let mut limit = pin!(sleep(self.settings.export_timeout));
        let mut closing = false;
        loop {
            // Checked in every iteration: a shutdown can begin before the export and during it.
            if let Some(deadline) = self.queue.deadline().map(tokio::time::Instant::from)
                && deadline < limit.deadline()
            {
                closing = true;
                limit.as_mut().reset(deadline);
            }
            let mut woken = pin!(self.queue.woken());
            let ended = poll_fn(|cx| {
                if export.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Some(Ended::Done));
                }
                if limit.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Some(if closing { Ended::Closed } else { Ended::TimedOut }));
                }
                woken.as_mut().poll(cx).map(|()| None)
            });
            if let Some(ended) = ended.await {
                return ended;
            }
        }
    }
}

// === impl Health ===

impl Health {
    fn new(signal: &'static SignalDef) -> Self {
        Self {
            signal,
            is_failing: false,
            loss_logged_at: None,
            warning_logged_at: None,
            unlogged_losses: 0,
        }
    }

    fn recovered(&mut self, endpoint: impl FnOnce() -> String) {
        if std::mem::take(&mut self.is_failing) {
            tracing::info!(target: target::OBS, endpoint = endpoint(), "{} are exported again", self.signal.items);
        }
    }

    fn failed(&mut self, lost: usize, error: &str, endpoint: impl FnOnce() -> String) {
        self.unlogged_losses += lost;
        if !is_log_due(&mut self.loss_logged_at) {
            return;
        }
        self.is_failing = true;
        let (endpoint, lost) = (endpoint(), std::mem::take(&mut self.unlogged_losses));
        let SignalDef { items, loss, .. } = self.signal;
        tracing::warn!(target: target::OBS, endpoint, error, lost, "{items} could not be exported{loss}");
    }

    fn warned(&mut self, warning: &str, endpoint: impl FnOnce() -> String) {
        if is_log_due(&mut self.warning_logged_at) {
            let items = self.signal.items;
            tracing::warn!(target: target::OBS, endpoint = endpoint(), warning, "the collector warns about {items}");
        }
    }
}

/// Whether a warning is due, [`WARN_AGAIN`] after the last one; if so, sets its time to now.
fn is_log_due(logged_at: &mut Option<Instant>) -> bool {
    let is_due = logged_at.is_none_or(|at| at.elapsed() >= WARN_AGAIN);
    if is_due {
        *logged_at = Some(Instant::now());
    }
    is_due
}
