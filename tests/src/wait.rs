//! Waiting for a condition with a deadline, instead of sleeping and hoping.

use std::{
    fmt::Debug,
    future::Future,
    panic::Location,
    thread,
    time::{Duration, Instant},
};

/// How long to wait for what should happen at once: long enough for a busy machine, so that running
/// out of it means that something is broken.
pub const DEADLINE: Duration = Duration::from_secs(15);

const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Asks `condition` until it holds; panics at the caller's place when it doesn't `within` that time.
///
/// ```
/// use obs_tests::{DEADLINE, until};
/// let mut asked = 0;
/// until(DEADLINE, || {
///     asked += 1;
///     asked == 3
/// });
/// ```
#[track_caller]
pub fn until(within: Duration, mut condition: impl FnMut() -> bool) {
    eventually(within, || condition().then_some(()));
}

/// Asks `attempt` until it gives a value, and returns that.
///
/// ```
/// use obs_tests::{DEADLINE, eventually};
/// assert_eq!(eventually(DEADLINE, || "7".parse::<u8>().ok()), 7);
/// ```
#[track_caller]
pub fn eventually<T>(within: Duration, mut attempt: impl FnMut() -> Option<T>) -> T {
    eventually_ok(within, || attempt().ok_or("nothing"))
}

/// Asks `attempt` until it succeeds, and returns that; the panic shows the last error.
///
/// ```
/// use obs_tests::{DEADLINE, eventually_ok};
/// assert_eq!(eventually_ok(DEADLINE, || "7".parse::<u8>()), 7);
/// ```
#[track_caller]
pub fn eventually_ok<T, E: Debug>(within: Duration, mut attempt: impl FnMut() -> Result<T, E>) -> T {
    let started = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let error = match attempt() {
            Ok(value) => return value,
            Err(error) => error,
        };
        assert!(
            started.elapsed() < within,
            "waited {within:?} in vain, last: {error:#?}"
        );
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// [`until`] for asynchronous tests: other tasks run between two questions.
///
/// Its deadline is tokio's time, so it must not be used on a paused clock to wait for a real thread.
#[track_caller]
pub fn until_async(within: Duration, mut condition: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let started = tokio::time::Instant::now();
        let mut pause = SHORTEST_PAUSE;
        while !condition() {
            assert!(started.elapsed() < within, "waited {within:?} in vain at {caller}");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "waited 5ms in vain")]
    fn a_condition_that_never_holds_panics_at_the_deadline() {
        until(Duration::from_millis(5), || false);
    }

    #[test]
    fn the_value_of_the_first_attempt_that_has_one_is_returned() {
        let mut attempts = 0;
        let value = eventually(DEADLINE, || {
            attempts += 1;
            (attempts == 4).then_some(attempts)
        });
        assert_eq!(value, 4);
    }

    #[tokio::test]
    async fn other_tasks_run_while_a_task_waits() {
        let (sender, mut receiver) = tokio::sync::oneshot::channel();
        tokio::spawn(async move { sender.send(()) });
        until_async(DEADLINE, || receiver.try_recv().is_ok()).await;
    }
}
