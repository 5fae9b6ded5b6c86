//! The writer: accepts lines, and the thread that brings them to the target.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError, mpsc},
    thread,
    time::{Duration, Instant},
};

use metrics::Counter;

use super::{
    queue::{Pushed, Queue, ThreadState},
    target::{Target, is_inside},
};
use crate::obs::InitError;

/// How long the thread lets lines gather: ten times under the 200 ms that a line may take.
const GATHER: Duration = Duration::from_millis(20);
/// How long the target has at the start to show whether it can be written to.
const PROBE: Duration = Duration::from_millis(100);
/// The name of the thread.
const THREAD: &str = "obs-logs";

/// Accepts lines without blocking; dropping it ends the thread once all is written.
#[derive(Debug)]
pub(in crate::logs) struct Writer {
    shared: Arc<Shared>,
}

/// What the thread and those who push share.
#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Wakes the thread.
    wake: Condvar,
    /// Wakes those who wait for lines to arrive.
    arrived: Condvar,
    /// Held while lines are taken and written, which keeps them in order.
    target: Mutex<Target>,
    dropped: DropCounter,
}

/// Counts lines that did not arrive.
struct DropCounter(Counter);

// === impl Writer ===

impl Writer {
    /// Starts the thread, which tries the target by writing nothing to it.
    ///
    /// # Errors
    ///
    /// When the target refuses that, or the operating system gives no thread. A target that does
    /// not answer in time is taken: lines wait for it.
    pub(in crate::logs) fn start(target: Box<dyn io::Write + Send>, dropped: Counter) -> Result<Self, InitError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wake: Condvar::new(),
            arrived: Condvar::new(),
            target: Mutex::new(Target::new(target)),
            dropped: DropCounter(dropped),
        });
        let for_thread = Arc::clone(&shared);
        let (probed, outcome) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || {
                // Who asks may have gone on without the answer.
                let _ = probed.send(lock(&for_thread.target).probe());
                for_thread.run();
            })
            .map_err(|error| InitError::failed("start the thread that writes logs", error))?;
        // Dropped if the target is refused, which ends the thread.
        let writer = Self { shared };
        match outcome.recv_timeout(PROBE) {
            Ok(Err(error)) => {
                let given = format_args!("a target that fails ({error})");
                Err(InitError::invalid("log_writer", given, "one that can be written to"))
            }
            Ok(Ok(())) | Err(_) => Ok(writer),
        }
    }

    /// Accepts a line, which ends in a newline; `false` if it had to be dropped.
    #[inline]
    pub(in crate::logs) fn push(&self, line: &[u8]) -> bool {
        let pushed = if is_inside() { Pushed::Dropped } else { lock(&self.shared.queue).push(line) };
        match pushed {
            Pushed::Accepted => {}
            Pushed::Wake => self.shared.wake.notify_one(),
            Pushed::Drain => self.shared.drain_if_free(),
            Pushed::Dropped => self.shared.dropped.0.increment(1),
        }
        pushed != Pushed::Dropped
    }

    /// Waits until the target has been given and has flushed what was accepted so far.
    ///
    /// `false` if that took too long or lines were lost.
    pub(in crate::logs) fn flush(&self, timeout: Duration) -> bool {
        if is_inside() {
            return false;
        }
        let mut queue = lock(&self.shared.queue);
        let (goal, failures) = (queue.accepted, queue.failures);
        if queue.thread == ThreadState::Closed {
            drop(queue);
            self.shared.drain_if_free();
            queue = lock(&self.shared.queue);
        } else if queue.settled < goal {
            queue.hurry = true;
            self.shared.wake.notify_one();
        }
        let queue = self.shared.wait(queue, timeout, |queue| queue.settled >= goal);
        queue.settled >= goal && queue.failures == failures
    }

    /// Writes what was accepted and ends the thread; `false` if that took too long or lines were
    /// lost.
    ///
    /// Lines that come later are written by those who log them.
    pub(in crate::logs) fn shutdown(&self, timeout: Duration) -> bool {
        if is_inside() {
            return false;
        }
        let mut queue = lock(&self.shared.queue);
        let failures = queue.failures;
        self.shared.close(&mut queue);
        let queue = self.shared.wait(queue, timeout, |queue| queue.thread == ThreadState::Closed);
        queue.thread == ThreadState::Closed && queue.failures == failures
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close(&mut lock(&self.shared.queue));
    }
}

// === impl Shared ===

impl Shared {
    /// What the thread does.
    fn run(&self) {
        loop {
            let closing = self.await_lines();
            self.drain(&mut lock(&self.target));
            if closing && self.try_close() {
                return;
            }
        }
    }

    /// Sleeps until there is something to write and had time to become more; `true` if the thread
    /// shall end.
    fn await_lines(&self) -> bool {
        // More lines are likely to follow, so nobody has to wake us for the first of them.
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

    /// Lets lines come for a while, unless there are many or somebody waits for them.
    fn gather<'a>(&self, mut queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        let deadline = Instant::now() + GATHER;
        while !queue.is_urgent() && queue.thread != ThreadState::Closing {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            queue.thread = ThreadState::Gathering;
            queue = self.wake.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue
    }

    /// Writes until nothing waits, then flushes.
    fn drain(&self, target: &mut Target) {
        let mut failures = 0;
        while let Some(chunk) = { lock(&self.queue).take() } {
            if let Err(lost) = target.write(&chunk.bytes) {
                self.dropped.0.increment(lost);
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

    /// Writes what waits, unless another thread does so already, which then sees this line too.
    fn drain_if_free(&self) {
        while !lock(&self.queue).is_empty() {
            match self.target.try_lock() {
                Ok(mut target) => self.drain(&mut target),
                Err(TryLockError::Poisoned(target)) => self.drain(&mut target.into_inner()),
                Err(TryLockError::WouldBlock) => return,
            }
        }
    }

    /// Tells the thread to end.
    fn close(&self, queue: &mut Queue) {
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
        drop(queue);
        self.arrived.notify_all();
        true
    }

    /// Waits until `done`, but no longer than `timeout`.
    fn wait<'a>(
        &self,
        queue: MutexGuard<'a, Queue>,
        timeout: Duration,
        done: impl Fn(&Queue) -> bool,
    ) -> MutexGuard<'a, Queue> {
        self.arrived.wait_timeout_while(queue, timeout, |queue| !done(queue)).unwrap_or_else(PoisonError::into_inner).0
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl DropCounter ===

impl std::fmt::Debug for DropCounter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DropCounter")
    }
}
