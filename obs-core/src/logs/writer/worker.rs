//! The thread that brings lines to the target.

use std::{
    fmt, io, process,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use metrics::Counter;

use super::{
    queue::{Queue, ThreadState},
    target::{Target, is_inside},
};
use crate::guard::guarded;

/// How long the thread lets lines gather: ten times under the 200 ms that a line may take.
const GATHER: Duration = Duration::from_millis(20);
/// The interval of attempts to take a lock with a deadline.
const TRY_AGAIN: Duration = Duration::from_millis(1);
/// The wait after which a target is slow.
const SLOW: Duration = Duration::from_millis(50);
/// The name of the thread.
const THREAD: &str = "obs-logs";

/// The state that the thread and its producers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) queue: Mutex<Queue>,
    /// Wakes the thread.
    pub(super) wake: Condvar,
    /// Wakes threads that wait for lines to be written.
    arrived: Condvar,
    /// Held while lines are taken and written, which keeps them in order.
    pub(super) target: Mutex<Target>,
    pub(super) dropped: DropCounter,
    /// The process that the thread is in: a fork takes no threads along.
    process: AtomicU32,
}

/// Counts lines that did not arrive.
pub(super) struct DropCounter(Counter);

/// Tells of the end of the thread, whatever that is.
struct Ending<'a>(&'a Shared);

// === impl Shared ===

impl Shared {
    pub(super) fn new(target: Target, dropped: Counter) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Condvar::new(),
            arrived: Condvar::new(),
            target: Mutex::new(target),
            dropped: DropCounter(dropped),
            process: AtomicU32::new(process::id()),
        }
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// If the operating system gives none.
    pub(super) fn spawn(self: &Arc<Self>, run: impl FnOnce(&Self) + Send + 'static) -> io::Result<()> {
        let shared = Arc::clone(self);
        let run = move || {
            let ending = Ending(&shared);
            run(&shared);
            drop(ending);
        };
        thread::Builder::new().name(THREAD.to_owned()).spawn(run).map(drop)
    }

    /// Ensures that a thread writes the queued lines: starts one if the one before has ended, or was left behind in
    /// the process that this one was forked from.
    pub(super) fn ensure_thread(self: &Arc<Self>) {
        let mut queue = lock(&self.queue);
        if self.process.swap(process::id(), Relaxed) != process::id() {
            (queue.thread, queue.is_late) = (ThreadState::Closed, true);
        }
        if queue.thread != ThreadState::Closed || !queue.is_unsettled() {
            return;
        }
        queue.thread = ThreadState::Closing;
        drop(queue);
        if self.spawn(Self::run_to_end).is_err() {
            // Lines wait for the next attempt.
            lock(&self.queue).thread = ThreadState::Closed;
        }
    }

    /// As a fork leaves it behind for the child.
    #[cfg(test)]
    pub(super) fn leave_behind(&self) {
        self.process.store(process::id().wrapping_add(1), Relaxed);
        lock(&self.queue).thread = ThreadState::Idle;
    }

    /// Whether this is the process that its thread is in.
    pub(super) fn is_at_home(&self) -> bool {
        self.process.load(Relaxed) == process::id()
    }

    /// What the thread does.
    pub(super) fn run(&self) {
        loop {
            let closing = self.await_lines();
            self.drain(&mut lock(&self.target));
            if closing && self.try_close() {
                return;
            }
        }
    }

    /// What a thread does that is started after the shutdown.
    fn run_to_end(&self) {
        loop {
            self.drain(&mut lock(&self.target));
            if self.try_close() {
                return;
            }
        }
    }

    /// Sleeps until there is something to write and had time to become more; `true` if the thread
    /// shall end.
    fn await_lines(&self) -> bool {
        // More lines are likely to follow, so the first of them needs no wake-up.
        let mut queue = self.gather(lock(&self.queue));
        while queue.is_empty() && queue.thread != ThreadState::Closing && !queue.hurry {
            queue.thread = ThreadState::Idle;
            queue = self.gather(self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner));
        }
        queue.hurry = false;
        if queue.thread == ThreadState::Closing {
            return true;
        }
        queue.thread = ThreadState::Busy;
        false
    }

    /// Collects lines for a short time, unless there are many or a thread waits for them.
    fn gather<'a>(&self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        let deadline = Instant::now() + GATHER;
        while !queue.is_urgent() && queue.thread != ThreadState::Closing {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                break;
            };
            queue.thread = ThreadState::Gathering;
            queue = self
                .wake
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        queue
    }

    /// Writes until nothing waits, then flushes.
    fn drain(&self, target: &mut Target) {
        let mut failures = 0;
        while let Some(chunk) = { lock(&self.queue).take() } {
            if let Err(lost) = target.write(&chunk.bytes) {
                self.dropped.count(lost);
                failures += 1;
            }
            lock(&self.queue).recycle(chunk);
        }
        failures += u64::from(!target.flush());
        let mut queue = lock(&self.queue);
        queue.failures += failures;
        queue.settle();
        drop(queue);
        self.arrived.notify_all();
    }

    /// Tells the thread to end.
    pub(super) fn close(&self, queue: &mut Queue) {
        if queue.thread != ThreadState::Closed {
            queue.thread = ThreadState::Closing;
            self.wake.notify_one();
        }
    }

    /// Ends the thread's work unless lines came meanwhile.
    fn try_close(&self) -> bool {
        let mut queue = lock(&self.queue);
        if !queue.is_empty() {
            return false;
        }
        queue.thread = ThreadState::Closed;
        queue.is_late = true;
        drop(queue);
        self.arrived.notify_all();
        true
    }

    /// Has written what was accepted so far, until `end` at the latest, whatever holds the locks; `false` if that
    /// did not succeed.
    pub(super) fn flush(self: &Arc<Self>, end: Instant) -> bool {
        if is_inside() || lock_until(&self.queue, end).is_none() {
            return false;
        }
        self.ensure_thread();
        let Some(mut queue) = lock_until(&self.queue, end) else {
            return false;
        };
        let (goal, failures) = (queue.accepted, queue.failures);
        if queue.settled < goal {
            queue.hurry = true;
            self.wake.notify_one();
        }
        let left = end.saturating_duration_since(Instant::now());
        let queue = self.wait(queue, left, |queue| queue.is_over(goal));
        queue.settled >= goal && queue.failures == failures
    }

    /// Asks for what [`flush`](Self::flush) waits for.
    pub(super) fn hurry(&self, end: Instant) {
        if let Some(mut queue) = lock_until(&self.queue, end)
            && queue.is_unsettled()
        {
            queue.hurry = true;
            self.wake.notify_one();
        }
    }

    /// Waits until `done`, but no longer than `timeout`; notes whether the target was too slow.
    pub(super) fn wait<'a>(
        &self,
        queue: MutexGuard<'a, Queue>,
        timeout: Duration,
        done: impl Fn(&Queue) -> bool,
    ) -> MutexGuard<'a, Queue> {
        let waited = self.arrived.wait_timeout_while(queue, timeout, |queue| !done(queue));
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        queue.is_slow |= timeout >= SLOW && !done(&queue);
        queue
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A lock, unless it can't be had until then: for the end of a process, where whoever holds it may be a thread
/// that no longer runs.
pub(super) fn lock_until<T>(mutex: &Mutex<T>, end: Instant) -> Option<MutexGuard<'_, T>> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(error)) => return Some(error.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(TRY_AGAIN),
        }
    }
}

// === impl Ending ===

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let mut queue = lock(&self.0.queue);
        (queue.thread, queue.is_late) = (ThreadState::Closed, true);
        queue.failures += 1;
        drop(queue);
        self.0.arrived.notify_all();
    }
}

// === impl DropCounter ===

impl DropCounter {
    /// The counter may be that of a recorder of the user's own, whose panic is not that of the line.
    #[cold]
    pub(super) fn count(&self, lines: u64) {
        let _counted = guarded(|| self.0.increment(lines));
    }
}

impl fmt::Debug for DropCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DropCounter")
    }
}
