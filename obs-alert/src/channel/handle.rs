//! A running channel: its queue, and the thread that sends.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use obs_core::{
    guard::guarded,
    names::{alert::outcome, target},
};

use super::{
    Notification,
    builtin::Transport,
    queue::Queue,
    rate_limiter::{RateLimiter, backoff},
    send_error::SendError,
    settings::Settings,
};
use crate::{AlertState, manager::Telemetry, subscriber};

/// The time in which a removed channel sends its queue.
const GRACE: Duration = Duration::from_secs(5);

const PANICKED: &str = "the channel panicked";

/// The manager's handle to a channel.
#[derive(Debug)]
pub(crate) struct ChannelHandle {
    pub(crate) name: Arc<str>,
    /// A number that is unique in the process, also among channels of the same name.
    pub(crate) id: u64,
    /// A hash of the destination, which does not reveal it; 0 if it is unknown.
    pub(crate) target: u64,
    pub(crate) settings: Settings,
    /// Whether it gets all alerts in each interval, and repeats by itself.
    pub(crate) is_stream: bool,
    queue: Arc<Queue<Notification>>,
    ended: Mutex<mpsc::Receiver<()>>,
}

/// The outcome of the notification of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) fingerprint: u64,
    pub(crate) notified: AlertState,
    pub(crate) is_sent: bool,
}

/// Reports that the manager has not read yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reports {
    list: Arc<Mutex<Vec<FromChannel>>>,
}

/// A report, and the name and number of the channel that it is from.
type FromChannel = (Arc<str>, u64, Report);

/// Signals the end of the thread, also by a panic.
struct Ending {
    queue: Arc<Queue<Notification>>,
    _ended: mpsc::SyncSender<()>,
}

struct Sender {
    name: Arc<str>,
    id: u64,
    transport: Transport,
    settings: Settings,
    queue: Arc<Queue<Notification>>,
    reports: Reports,
    telemetry: Telemetry,
    pace: RateLimiter,
}

// === impl ChannelHandle ===

impl ChannelHandle {
    /// Starts the thread.
    pub(crate) fn start(
        (name, target): (Arc<str>, u64),
        transport: Transport,
        settings: Settings,
        reports: Reports,
        telemetry: Telemetry,
    ) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let queue = Arc::new(Queue::new(settings.queue, Notification::bytes));
        let is_stream = transport.is_stream();
        let (ending, ended) = mpsc::sync_channel(0);
        let ending = Ending {
            queue: Arc::clone(&queue),
            _ended: ending,
        };
        let sender = Sender {
            name: Arc::clone(&name),
            id,
            transport,
            queue: Arc::clone(&queue),
            reports,
            telemetry,
            pace: RateLimiter::new(settings.per_minute, Instant::now()),
            settings: settings.clone(),
        };
        let run = subscriber::carried(move || {
            sender.run();
            drop(ending);
        });
        thread::Builder::new().name(format!("obs-alert-{name}")).spawn(run)?;
        Ok(Self {
            name,
            id,
            target,
            settings,
            is_stream,
            queue,
            ended: Mutex::new(ended),
        })
    }

    /// Queues a notification. False if the queue is full.
    pub(crate) fn push(&self, notification: Notification) -> bool {
        self.queue.push(notification).is_ok()
    }

    /// Replaces the queue with notifications that contain all alerts of those that wait.
    pub(crate) fn replace(&self, notifications: impl Iterator<Item = Notification>) {
        self.queue.replace(notifications);
    }

    /// Waits until everything is sent, or has finally failed. False if that takes too long.
    pub(crate) fn idle(&self) -> impl Fn(Instant) -> bool + use<> {
        let queue = Arc::clone(&self.queue);
        move |until| queue.wait_idle(until)
    }

    /// Closes the queue; what waits is sent until `end`.
    pub(crate) fn end(&self, end: Instant) {
        self.queue.end(end);
    }

    /// Waits for the thread after [`end`](Self::end). Returns the number of notifications that were not sent.
    pub(crate) fn join(&self, until: Instant) -> usize {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        // The channel is disconnected when the thread ends; nothing is sent on it.
        let _ = ended.recv_timeout(until.saturating_duration_since(Instant::now()));
        self.queue.drain().len() + usize::from(self.queue.is_busy())
    }
}

impl Drop for ChannelHandle {
    fn drop(&mut self) {
        self.queue.end(Instant::now() + GRACE);
    }
}

// === impl Ending ===

impl Drop for Ending {
    fn drop(&mut self) {
        self.queue.leave();
    }
}

// === impl Reports ===

impl Reports {
    fn add(&self, name: &Arc<str>, id: u64, notification: &Notification, is_sent: bool) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.extend(notification.alerts().iter().map(|alert| {
            (
                Arc::clone(name),
                id,
                Report {
                    fingerprint: alert.fingerprint(),
                    notified: alert.state(),
                    is_sent,
                },
            )
        }));
    }

    pub(crate) fn take(&self) -> Vec<FromChannel> {
        std::mem::take(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Sender ===

impl Sender {
    fn run(mut self) {
        while let Some(notification) = self.queue.take() {
            // Subscribers of the log are the application's code too: the channel survives their panics.
            let result =
                guarded(|| self.send(&notification)).unwrap_or_else(|| Err((outcome::FAILED, PANICKED.to_owned())));
            self.conclude(&notification, result);
        }
        for notification in self.queue.drain() {
            self.conclude(
                &notification,
                Err((outcome::DROPPED, "the shutdown was over".to_owned())),
            );
        }
        let Self { transport, .. } = self;
        let _ = guarded(|| drop(transport));
    }

    /// The error is the outcome and its reason.
    fn send(&mut self, notification: &Notification) -> Result<(), (&'static str, String)> {
        let wait = self.pace.wait(Instant::now());
        if !wait.is_zero() && !self.queue.sleep(wait) {
            return Err((
                outcome::DROPPED,
                "the shutdown did not wait for the rate limit".to_owned(),
            ));
        }
        self.pace.count(Instant::now());
        let mut attempt = 1;
        loop {
            let error = match self.attempt(notification) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if error.is_final() || attempt >= self.settings.attempts {
                return Err((outcome::FAILED, error.to_string()));
            }
            self.telemetry.notified(&self.name, outcome::RETRIED);
            if !self
                .queue
                .sleep(backoff(self.settings.backoff, attempt, error.retry_after()))
            {
                return Err((outcome::FAILED, error.to_string()));
            }
            attempt += 1;
        }
    }

    fn attempt(&self, notification: &Notification) -> Result<(), SendError> {
        let timeout = self
            .queue
            .left()
            .map_or(self.settings.timeout, |left| left.min(self.settings.timeout));
        if timeout.is_zero() {
            return Err(SendError::lasting("there was no time left"));
        }
        guarded(|| self.transport.send(notification, timeout)).unwrap_or_else(|| Err(SendError::lasting(PANICKED)))
    }

    /// Reports the outcome, before anything is logged, which may panic.
    fn conclude(&self, notification: &Notification, result: Result<(), (&'static str, String)>) {
        if !self.transport.is_stream() {
            self.reports.add(&self.name, self.id, notification, result.is_ok());
        }
        let Err((outcome, why)) = result else {
            return self.telemetry.notified(&self.name, outcome::SENT);
        };
        self.telemetry.notified(&self.name, outcome);
        let _ = guarded(|| {
            tracing::warn!(
                target: target::OBS,
                channel = &*self.name,
                alerts = notification.alerts().len(),
                "notifications could not be sent: {why}",
            );
        });
    }
}
