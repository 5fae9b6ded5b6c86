//! The end of the process: the last lines of all writers.

use std::{
    sync::{Arc, Mutex, Weak},
    time::{Duration, Instant},
};

use super::worker::{Shared, lock, lock_until};
use crate::deadline;

/// How long the end of a process may wait for its last lines.
const AT_EXIT: Duration = Duration::from_millis(500);
/// How long a panic may wait for the lines before it, if its thread or the process goes on.
const AT_PANIC: Duration = Duration::from_millis(100);

/// Those that there are. Dead ones are removed when another one comes.
static WRITERS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// Has the last lines of this writer written when the process ends by `exit`, or by the return of `main`.
pub(super) fn watch(shared: &Arc<Shared>) {
    let mut writers = lock(&WRITERS);
    writers.retain(|writer| writer.strong_count() > 0);
    writers.push(Arc::downgrade(shared));
    drop(writers);
    #[cfg(unix)]
    hook::install();
}

/// Writes what has been logged, before a panic may end the process.
pub(crate) fn flush_at_panic() {
    flush_all(if cfg!(panic = "abort") { AT_EXIT } else { AT_PANIC });
}

/// Writes what all writers of this process have accepted, for `timeout` at most. A target that was too slow
/// before and has written nothing since is not waited for again.
fn flush_all(timeout: Duration) {
    let end = deadline(Instant::now(), timeout);
    let Some(writers) = lock_until(&WRITERS, end) else {
        return;
    };
    let writers: Vec<_> = writers.iter().filter_map(Weak::upgrade).collect();
    let is_waited_for = |shared: &Arc<Shared>| {
        shared.is_at_home() && lock_until(&shared.queue, end).is_some_and(|queue| !queue.is_slow)
    };
    // All are notified before the first wait.
    let waited_for: Vec<_> = writers.iter().filter(|shared| is_waited_for(shared)).collect();
    for shared in &waited_for {
        shared.hurry(end);
    }
    for shared in waited_for {
        shared.flush(end);
    }
}

#[cfg(unix)]
mod hook {
    use std::sync::Once;

    use super::{AT_EXIT, flush_all};
    use crate::guard::guarded;

    /// Registered once for the process. If that fails, lines of the last milliseconds are lost.
    pub(super) fn install() {
        static INSTALLED: Once = Once::new();
        INSTALLED.call_once(|| {
            let _is_installed = shutdown_hooks::add_shutdown_hook(at_exit);
        });
    }

    extern "C" fn at_exit() {
        // No panic may leave here. Thread-locals of this thread may be destroyed.
        let _flushed = guarded(|| flush_all(AT_EXIT));
    }
}
