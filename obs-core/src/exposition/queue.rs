//! Pages that are being written, each shared by all requests for it.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{request::Wanted, source::Source, worker};
use crate::deadline;

/// How much is done at once, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Pages in flight.
    pub(crate) scrapes: usize,
    /// From the request until the page is there.
    pub(crate) time: Duration,
}

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// Too many others are in flight.
    Busy,
    /// The time limit has elapsed.
    TooLate,
    /// The collector or the writer of the page has panicked or failed.
    Failed,
}

/// The pages of one instance. Its threads start with the first scrape and end when the queue is dropped, or after a time
/// without scrapes.
pub(super) struct Queue {
    inner: Arc<Inner>,
}

/// What the queue and its threads share.
pub(super) struct Inner {
    limits: Limits,
    pub(super) state: Mutex<State>,
    /// Notified when there is a page to write, or the queue is closed.
    pub(super) changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    waiting: VecDeque<Arc<Job>>,
    pub(super) running: Option<Arc<Job>>,
    pub(super) threads: usize,
    pub(super) is_closed: bool,
}

/// One page to be written.
///
/// Requests that arrive while it waits get the same page; those that arrive after its writing has begun get the next
/// one, so that a page always has everything that was recorded before its request.
pub(super) struct Job {
    pub(super) wanted: Wanted,
    pub(super) source: Source,
    pub(super) deadline: Instant,
    progress: Mutex<Progress>,
}

enum Progress {
    Waiting(Vec<Waker>),
    Done(Result<Bytes, Unavailable>),
}

/// Puts pages into a queue.
pub(super) struct Producer(Arc<Inner>);

/// Waits for a page.
pub(super) struct Pending {
    job: Result<Arc<Job>, Unavailable>,
    /// Which of the job's wakers is this one's.
    slot: Option<usize>,
}

// === impl Queue ===

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Self {
            inner: Arc::new(Inner { limits, state, changed }),
        }
    }

    pub(super) fn producer(&self) -> Producer {
        Producer(Arc::clone(&self.inner))
    }
}

// === impl Producer ===

impl Producer {
    /// The page that waits to be written as `wanted`, or a new one; refused if there are too many already.
    pub(super) fn join(&self, wanted: Wanted, source: Source) -> Pending {
        let Self(inner) = self;
        let job = inner.lock().job(inner.limits, wanted, source);
        if job.is_ok() {
            worker::start(inner, 1);
            inner.changed.notify_one();
        }
        Pending { job, slot: None }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.inner.lock().is_closed = true;
        self.inner.changed.notify_all();
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

// === impl Inner ===

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    /// A page that waits to be written as `wanted`, or a new one.
    fn job(&mut self, limits: Limits, wanted: Wanted, source: Source) -> Result<Arc<Job>, Unavailable> {
        if let Some(same) = self
            .waiting
            .iter()
            .find(|job| job.wanted == wanted && job.source.is(&source))
        {
            return Ok(Arc::clone(same));
        }
        if self.in_flight_count() >= limits.scrapes {
            return Err(Unavailable::Busy);
        }
        let job = Arc::new(Job::new(wanted, source, deadline(Instant::now(), limits.time)));
        self.waiting.push_back(Arc::clone(&job));
        Ok(job)
    }

    fn in_flight_count(&self) -> usize {
        self.waiting.len() + usize::from(self.running.is_some())
    }

    /// The next page with a waiting request, which is written from now on. One at a time.
    pub(super) fn run_next(&mut self) -> Option<Arc<Job>> {
        if self.running.is_some() {
            return None;
        }
        while let Some(job) = self.waiting.pop_front() {
            if Arc::strong_count(&job) > 1 {
                self.running = Some(Arc::clone(&job));
                return Some(job);
            }
        }
        None
    }

    /// All that has not begun.
    pub(super) fn take_waiting(&mut self) -> Vec<Arc<Job>> {
        self.waiting.drain(..).collect()
    }

    /// Removes the pages whose deadline has passed.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Arc<Job>> {
        let is_overdue = |job: &Arc<Job>| job.deadline <= now;
        let running = self
            .running
            .iter()
            .filter(|job| is_overdue(job) && !job.is_done())
            .map(Arc::clone);
        let overdue = running
            .chain(self.waiting.iter().filter(|job| is_overdue(job)).map(Arc::clone))
            .collect();
        self.waiting.retain(|job| !is_overdue(job));
        overdue
    }

    /// The earliest deadline of a page.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let running = self.running.iter().filter(|job| !job.is_done());
        running.chain(&self.waiting).map(|job| job.deadline).min()
    }
}

// === impl Job ===

impl Job {
    fn new(wanted: Wanted, source: Source, deadline: Instant) -> Self {
        Self {
            wanted,
            source,
            deadline,
            progress: Mutex::new(Progress::Waiting(Vec::new())),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_done(&self) -> bool {
        matches!(*self.progress(), Progress::Done(_))
    }

    /// The result, or the place among the wakers that `waker` has from now on.
    fn poll(&self, slot: &mut Option<usize>, waker: &Waker) -> Poll<Result<Bytes, Unavailable>> {
        match &mut *self.progress() {
            Progress::Done(result) => return Poll::Ready(result.clone()),
            Progress::Waiting(wakers) => {
                if let Some(known) = slot.and_then(|slot| wakers.get_mut(slot)) {
                    known.clone_from(waker);
                } else {
                    *slot = Some(wakers.len());
                    wakers.push(waker.clone());
                }
            }
        }
        Poll::Pending
    }

    /// Passes the page to all requests that wait for it; one without requests is dropped.
    pub(super) fn finish(&self, result: Result<Bytes, Unavailable>) {
        let mut progress = self.progress();
        let Progress::Waiting(wakers) = &mut *progress else {
            return;
        };
        let wakers = std::mem::take(wakers);
        *progress = Progress::Done(result);
        drop(progress);
        wakers.into_iter().for_each(Waker::wake);
    }
}

// === impl Pending ===

impl Future for Pending {
    type Output = Result<Bytes, Unavailable>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { job, slot } = &mut *self;
        match job {
            Ok(job) => job.poll(slot, cx.waker()),
            Err(why) => Poll::Ready(Err(*why)),
        }
    }
}
