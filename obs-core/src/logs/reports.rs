//! Reports of obs about what it finds in the process, each logged by a thread of its own.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, TryRecvError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crate::deadline;

/// Closed when a report is written. Of all instances: some reports belong to none.
static WRITING: Mutex<Vec<Receiver<()>>> = Mutex::new(Vec::new());
/// How long a flush waits for reports, whose threads only log.
const WAIT: Duration = Duration::from_secs(1);

/// Calls `report` on a thread of its own, for callers where nothing can be logged: `tracing` asks about an event, or the
/// thread has a subscriber to itself.
pub(crate) fn report_apart(report: impl FnOnce() + Send + 'static) {
    let (is_writing, written) = channel::<()>();
    let report = move || {
        let _is_writing = is_writing;
        report();
    };
    let thread = thread::Builder::new().name("obs-notice".to_owned());
    if thread.spawn(report).is_ok() {
        let mut writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        writing.retain(|written| written.try_recv() == Err(TryRecvError::Empty));
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
