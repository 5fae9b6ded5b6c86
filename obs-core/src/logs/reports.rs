//! Reports of obs about what it finds in the process, each logged by a thread of its own.

use std::{
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use obs_base::oneshot::{Receiver, channel};

use crate::deadline;

/// Receive a message when a report is written, and are closed if that panics. Of all instances: some reports belong to none.
static WRITING: Mutex<Vec<Receiver<()>>> = Mutex::new(Vec::new());
/// How long a flush waits for reports, whose threads only log.
const WAIT: Duration = Duration::from_secs(1);

/// Calls `report` on a thread of its own, for callers where nothing can be logged: `tracing` asks about an event, or the
/// thread has a subscriber to itself.
pub(crate) fn report_apart(report: impl FnOnce() + Send + 'static) {
    let (is_writing, written) = channel();
    let report = move || {
        report();
        is_writing.send(());
    };
    let thread = thread::Builder::new().name("obs-notice".to_owned());
    if thread.spawn(report).is_ok() {
        let mut writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        writing.retain(Receiver::is_pending);
        writing.push(written);
    }
}

/// Waits until the reports that have begun are written, for the timeout or a second at most.
pub(crate) fn wait_for_reports(timeout: Duration) {
    let writing = std::mem::take(&mut *WRITING.lock().unwrap_or_else(PoisonError::into_inner));
    let end = deadline(Instant::now(), timeout.min(WAIT));
    for written in writing {
        let _ = written.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
}
