//! Calls that may block for longer than we may wait.

use std::{thread, time::Duration};

use obs_base::oneshot;

/// What `work` returns, on a thread of its own; false if it takes longer than `timeout`, in which
/// case it goes on behind our back.
pub(super) fn within(timeout: Duration, work: impl FnOnce() -> bool + Send + 'static) -> bool {
    let (done, outcome) = oneshot::channel();
    let spawned = thread::Builder::new().name("obs-flush".to_owned()).spawn(move || {
        done.send(work());
    });
    spawned.is_ok() && outcome.recv_timeout(timeout).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_never_returns_is_left_behind() {
        assert!(!within(Duration::from_millis(10), || loop {
            thread::park();
        }));
    }

    #[test]
    fn the_answer_comes_through() {
        assert!(within(Duration::from_secs(10), || true));
        assert!(!within(Duration::from_secs(10), || false));
    }

    #[test]
    fn a_panic_counts_as_failure() {
        assert!(!within(Duration::from_secs(10), || std::panic::resume_unwind(
            Box::new("on purpose")
        )));
    }
}
