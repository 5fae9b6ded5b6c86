//! The loop of the export thread.

use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use tokio::time::{sleep, sleep_until};

use super::{drops::DropReason, queue::Queue, settings::ExportSettings, signal::Signal};
use crate::names::target;

/// A failing collector is mentioned again after that long.
const WARN_AGAIN: Duration = Duration::from_secs(60);

/// Sends batches to a collector.
pub(crate) trait BatchExporter {
    /// What batches are made of.
    type Item;

    /// An item that nobody brings and that is sent at each regular export all the same.
    fn due(&self) -> Option<Self::Item> {
        None
    }

    /// Sends one batch.
    fn export(&self, batch: Vec<Self::Item>) -> impl Future<Output = Result<(), Loss>>;
}

/// What did not arrive, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    /// How many items of the batch; `None` for all of them.
    pub(super) items: Option<usize>,
    pub(super) error: String,
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
    signal: &'static Signal,
    warned: Option<Instant>,
    lost_since: usize,
}

/// How one batch ended.
#[derive(Debug)]
enum Sent {
    Done(Result<(), Loss>),
    TimedOut,
    Closed,
}

// === impl Worker ===

impl<E: BatchExporter> Worker<E> {
    pub(super) fn new(queue: Arc<Queue<E::Item>>, exporter: E, settings: ExportSettings) -> Self {
        let health = Health { signal: settings.signal, warned: None, lost_since: 0 };
        Self { queue, exporter, settings, health }
    }

    /// Works until the queue is closed.
    pub(super) async fn run(mut self) {
        let mut next = Instant::now() + self.settings.delay;
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
                next = Instant::now() + self.settings.delay;
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

    /// Sends one batch, or counts it as lost.
    async fn send(&mut self, batch: Vec<E::Item>) {
        let all = batch.len();
        let endpoint = &self.settings.endpoint;
        let (reason, Loss { items, error }) = match self.export(batch).await {
            Sent::Done(Ok(())) => {
                self.queue.sent();
                self.health.well(|| endpoint.shown());
                return;
            }
            Sent::Done(Err(loss)) => (DropReason::ExportFailed, loss),
            Sent::TimedOut => {
                (DropReason::ExportTimeout, Loss::of_all(format!("no answer in {:?}", self.settings.export_timeout)))
            }
            Sent::Closed => (DropReason::Shutdown, Loss::of_all("no answer before shutdown".to_owned())),
        };
        let lost = items.map_or(all, |items| items.min(all));
        self.queue.lost(lost, reason);
        self.health.ill(lost, &error, || endpoint.shown());
    }

    /// The exporter's answer, unless it takes too long: longer than one batch may take, or longer
    /// than there is time at shutdown.
    async fn export(&self, batch: Vec<E::Item>) -> Sent {
        let mut export = pin!(self.exporter.export(batch));
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
            let sent = poll_fn(|cx| {
                if let Poll::Ready(answer) = export.as_mut().poll(cx) {
                    return Poll::Ready(Some(Sent::Done(answer)));
                }
                if limit.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Some(if closing { Sent::Closed } else { Sent::TimedOut }));
                }
                woken.as_mut().poll(cx).map(|()| None)
            });
            if let Some(sent) = sent.await {
                return sent;
            }
        }
    }
}

// === impl Loss ===

impl Loss {
    pub(super) fn of_all(error: String) -> Self {
        Self { items: None, error }
    }
}

// === impl Health ===

impl Health {
    fn well(&mut self, endpoint: impl FnOnce() -> String) {
        if self.warned.take().is_some() {
            tracing::info!(target: target::OBS, endpoint = endpoint(), "{} are exported again", self.signal.items);
        }
        self.lost_since = 0;
    }

    fn ill(&mut self, lost: usize, error: &str, endpoint: impl FnOnce() -> String) {
        self.lost_since += lost;
        if self.warned.is_some_and(|warned| warned.elapsed() < WARN_AGAIN) {
            return;
        }
        let (endpoint, lost) = (endpoint(), std::mem::take(&mut self.lost_since));
        let Signal { items, loss, .. } = self.signal;
        tracing::warn!(target: target::OBS, endpoint, error, lost, "{items} could not be exported{loss}");
        self.warned = Some(Instant::now());
    }
}
