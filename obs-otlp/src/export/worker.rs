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

/// A failing collector is mentioned again after that long.
const WARN_AGAIN: Duration = Duration::from_secs(60);

/// Sends batches to a collector.
pub(super) trait BatchExporter {
    /// What batches are made of.
    type Item: HeapSize;

    /// An item that nobody brings and that is sent at each regular export all the same.
    fn due(&self) -> Option<Self::Item> {
        None
    }

    /// Sends one batch, and tells what becomes of it. Items of which it tells nothing have arrived once it
    /// ends.
    fn export(&self, batch: Vec<Self::Item>, progress: &Progress) -> impl Future<Output = ()>;
}

/// Sends what waits in a queue.
#[derive(Debug)]
pub(super) struct Worker<E: BatchExporter> {
    queue: Arc<Queue<E::Item>>,
    exporter: E,
    settings: ExportSettings,
    health: Health,
}

/// How it stands with the collector, as far as it was told.
#[derive(Debug)]
struct Health {
    signal: &'static SignalDef,
    is_ill: bool,
    told_loss: Option<Instant>,
    told_warning: Option<Instant>,
    lost_since: usize,
}

/// How one batch ended.
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

    /// Works until the queue is closed.
    pub(super) async fn run(mut self) {
        let mut next = deadline(Instant::now(), self.settings.delay);
        loop {
            self.wait(next).await;
            let due = Instant::now() >= next;
            if let Some(item) = due.then(|| self.exporter.due()).flatten() {
                // Where there is no room for it, others wait that stand for it.
                let _ = self.queue.offer(item);
            }
            let order = self.queue.order(due);
            self.send_all(order.items).await;
            if due {
                next = deadline(Instant::now(), self.settings.delay);
            }
            self.queue.answer(order.flush);
            if order.last {
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

    /// Sends full batches, and as many items as are asked for.
    async fn send_all(&mut self, mut asked: usize) {
        while !self.is_late() {
            let batch = self.queue.take(asked);
            if batch.is_empty() {
                return;
            }
            asked = asked.saturating_sub(batch.len());
            self.send(batch).await;
        }
    }

    fn is_late(&self) -> bool {
        self.queue.deadline().is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Sends one batch, and counts what is lost of it.
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
            return self.health.well(endpoint);
        }
        let error = error.unwrap_or_else(|| match ended {
            Ended::Closed => "no answer before shutdown".to_owned(),
            Ended::Done | Ended::TimedOut => format!("no answer in {:?}", self.settings.export_timeout),
        });
        self.health.ill(lost, &error, endpoint);
    }

    /// How the exporter ends, unless it takes too long: longer than one batch may take, or longer
    /// than there is time at shutdown.
    async fn export(&self, batch: Vec<E::Item>, progress: &Progress) -> Ended {
        let mut export = pin!(self.exporter.export(batch, progress));
        let mut limit = pin!(sleep(self.settings.export_timeout));
        let mut closing = false;
        loop {
            // Looked at in every round: a shutdown can begin before the export and during it.
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
            is_ill: false,
            told_loss: None,
            told_warning: None,
            lost_since: 0,
        }
    }

    fn well(&mut self, endpoint: impl FnOnce() -> String) {
        if std::mem::take(&mut self.is_ill) {
            tracing::info!(target: target::OBS, endpoint = endpoint(), "{} are exported again", self.signal.items);
        }
    }

    fn ill(&mut self, lost: usize, error: &str, endpoint: impl FnOnce() -> String) {
        self.lost_since += lost;
        if !is_time(&mut self.told_loss) {
            return;
        }
        self.is_ill = true;
        let (endpoint, lost) = (endpoint(), std::mem::take(&mut self.lost_since));
        let SignalDef { items, loss, .. } = self.signal;
        tracing::warn!(target: target::OBS, endpoint, error, lost, "{items} could not be exported{loss}");
    }

    fn warned(&mut self, warning: &str, endpoint: impl FnOnce() -> String) {
        if is_time(&mut self.told_warning) {
            let items = self.signal.items;
            tracing::warn!(target: target::OBS, endpoint = endpoint(), warning, "the collector warns about {items}");
        }
    }
}

/// Whether it is time to tell something, which is noted then.
fn is_time(told: &mut Option<Instant>) -> bool {
    let is_time = told.is_none_or(|told| told.elapsed() >= WARN_AGAIN);
    if is_time {
        *told = Some(Instant::now());
    }
    is_time
}
