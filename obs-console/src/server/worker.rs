//! The console's thread: it answers one request after the other, and sends what is new to the clients that follow.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use obs_base::guard::guarded;
use obs_core::Obs;

use super::followers::Following;

/// The most requests that wait.
const MAX_WAITING: usize = 64;
/// How often clients that follow are sent what is new.
const TICK: Duration = Duration::from_millis(250);

/// The thread, which starts with the first job and ends with the last handle.
pub(super) struct Worker {
    name: &'static str,
    jobs: Mutex<Option<SyncSender<Job>>>,
}

type Job = Box<dyn FnOnce(&mut Vec<Following>) + Send>;
/// Whether those that follow must go.
type IsOver = Box<dyn Fn() -> bool + Send>;

// === impl Worker ===

impl Worker {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            jobs: Mutex::new(None),
        }
    }

    /// Queues a job; false if too many wait, or there can be no thread. `start` gives what the thread needs.
    pub(super) fn run(
        &self,
        start: impl FnOnce() -> (Obs, IsOver),
        job: impl FnOnce(&mut Vec<Following>) + Send + 'static,
    ) -> bool {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.is_none() {
            *jobs = self.started(start());
        }
        let Some(sender) = &*jobs else { return false };
        match sender.try_send(Box::new(job)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => false,
            Err(TrySendError::Disconnected(_)) => {
                *jobs = None;
                false
            }
        }
    }

    fn started(&self, (obs, is_over): (Obs, IsOver)) -> Option<SyncSender<Job>> {
        let (sender, jobs) = sync_channel(MAX_WAITING);
        let thread = thread::Builder::new().name(self.name.to_owned());
        let spawned = thread.spawn(move || {
            // What is logged here belongs to the instance.
            obs.make_thread_default();
            drop(obs);
            work(&jobs, &is_over);
        });
        spawned.ok().map(|_| sender)
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Works until the last handle is dropped.
fn work(jobs: &Receiver<Job>, is_over: &IsOver) {
    let mut following = Vec::new();
    let mut tick = Instant::now();
    loop {
        let job = if following.is_empty() {
            tick = Instant::now() + TICK;
            jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            jobs.recv_timeout(tick.saturating_duration_since(Instant::now()))
        };
        match job {
            Ok(job) => drop(guarded(|| job(&mut following))),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        if now >= tick {
            tick = now + TICK;
            advance(&mut following, is_over, now);
        }
    }
}

fn advance(following: &mut Vec<Following>, is_over: &IsOver, now: Instant) {
    if is_over() {
        following.clear();
    }
    following.retain_mut(|client| guarded(|| client.advance(now)).unwrap_or(false));
}
