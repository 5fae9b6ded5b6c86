//! The writer: accepts lines, and has them written by a thread.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use metrics::Counter;
use obs_base::{InitError, oneshot};

use super::{
    exit,
    queue::{Pushed, ThreadState},
    target::{Target, is_inside},
    worker::{Shared, lock},
};
use crate::deadline;

/// How long the target has at the start to show whether it can be written to.
const PROBE: Duration = Duration::from_millis(100);
/// How long a line that is logged after the shutdown is waited for. A target that takes longer is not waited
/// for again.
const LATE: Duration = Duration::from_millis(20);

/// Accepts lines without blocking; dropping it ends the thread once all is written.
#[derive(Debug)]
pub(in crate::logs) struct Writer {
    pub(super) shared: Arc<Shared>,
    /// Whether a line that was logged after the shutdown was waited for in vain.
    was_too_slow: AtomicBool,
}

// === impl Writer ===

impl Writer {
    /// Starts the thread, which tries the target by writing nothing to it.
    ///
    /// # Errors
    ///
    /// When the target refuses that, or the operating system gives no thread. A target that does
    /// not answer in time is taken: lines wait for it.
    pub(in crate::logs) fn start(target: Box<dyn io::Write + Send>, dropped: Counter) -> Result<Self, InitError> {
        let shared = Arc::new(Shared::new(Target::new(target), dropped));
        let (probed, outcome) = oneshot::channel();
        shared
            .spawn(move |shared| {
                probed.send(lock(&shared.target).probe());
                shared.run();
            })
            .map_err(|error| InitError::failed("start the thread that writes logs", error))?;
        // Dropped if the target is refused, which ends the thread.
        let writer = Self::of(shared);
        if let Some(Err(error)) = outcome.recv_timeout(PROBE) {
            let given = format_args!("a target that fails ({error})");
            return Err(InitError::invalid("log_writer", given, "one that can be written to"));
        }
        exit::watch(&writer.shared);
        Ok(writer)
    }

    /// Of a thread that runs, or is started when it is needed.
    pub(super) fn of(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            was_too_slow: AtomicBool::new(false),
        }
    }

    /// Accepts a line, which ends in a newline; `false` if it had to be dropped.
    #[inline]
    pub(in crate::logs) fn push(&self, line: &[u8]) -> bool {
        let pushed = if is_inside() {
            Pushed::Dropped
        } else {
            lock(&self.shared.queue).push(line)
        };
        match pushed {
            Pushed::Accepted => {}
            Pushed::Wake => self.shared.wake.notify_one(),
            Pushed::Late => self.write_late(),
            Pushed::Dropped => self.shared.dropped.count(1),
        }
        pushed != Pushed::Dropped
    }

    /// Has a line written that was logged after the shutdown: by a thread, as the target may block.
    #[cold]
    fn write_late(&self) {
        self.shared.ensure_thread();
        if self.was_too_slow.load(Relaxed) {
            return;
        }
        let queue = lock(&self.shared.queue);
        let goal = queue.accepted;
        let queue = self.shared.wait(queue, LATE, |queue| queue.is_over(goal));
        if queue.settled < goal {
            self.was_too_slow.store(true, Relaxed);
        }
    }

    /// Waits until the target has been given and has flushed what was accepted so far.
    ///
    /// `false` if that took too long or lines were lost.
    pub(in crate::logs) fn flush(&self, timeout: Duration) -> bool {
        self.shared.flush(deadline(Instant::now(), timeout))
    }

    /// Writes what was accepted and ends the thread; `false` if that took too long or lines were
    /// lost.
    ///
    /// Lines that come later are written by a thread that is started for them.
    pub(in crate::logs) fn shutdown(&self, timeout: Duration) -> bool {
        if is_inside() {
            return false;
        }
        self.shared.ensure_thread();
        let mut queue = lock(&self.shared.queue);
        let failures = queue.failures;
        self.shared.close(&mut queue);
        let queue = self
            .shared
            .wait(queue, timeout, |queue| queue.thread == ThreadState::Closed);
        queue.thread == ThreadState::Closed && queue.failures == failures
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.close(&mut lock(&self.shared.queue));
    }
}
