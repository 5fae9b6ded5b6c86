//! A channel for one value, from one thread to another.
//!
//! Those of the standard library hold many values in three ways, each compiled again for each type: 10 KB of a program.

use std::{
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Sends the value. Dropped without that, the receiver waits no longer.
#[derive(Debug)]
pub struct Sender<T>(Arc<Shared<T>>);

/// Receives the value.
#[derive(Debug)]
pub struct Receiver<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    value: Mutex<Option<T>>,
    end: End,
}

/// The end of the sender; does not depend on the type of the value.
#[derive(Debug, Default)]
struct End {
    has_come: Mutex<bool>,
    changed: Condvar,
}

/// A channel for one value.
///
/// ```
/// use std::time::Duration;
/// use obs_base::oneshot;
///
/// let (sender, receiver) = oneshot::channel();
/// std::thread::spawn(move || sender.send("done"));
/// assert_eq!(receiver.recv_timeout(Duration::from_secs(10)), Some("done"));
/// ```
#[must_use]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        value: Mutex::new(None),
        end: End::default(),
    });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl Sender ===

impl<T> Sender<T> {
    /// Sends the value. If the receiver was dropped, nobody gets it.
    pub fn send(self, value: T) {
        *lock(&self.0.value) = Some(value);
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.end.come();
    }
}

// === impl Receiver ===

impl<T> Receiver<T> {
    /// Waits for the value. `None` if the sender was dropped without one, or after `timeout`; [`Duration::MAX`] waits
    /// without a limit.
    #[must_use]
    pub fn recv_timeout(&self, timeout: Duration) -> Option<T> {
        self.0.end.wait(timeout);
        mem::take(&mut *lock(&self.0.value))
    }

    /// Whether the sender has neither sent a value nor been dropped.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !*lock(&self.0.end.has_come)
    }
}

// === impl End ===

impl End {
    fn come(&self) {
        *lock(&self.has_come) = true;
        self.changed.notify_all();
    }

    fn wait(&self, timeout: Duration) {
        let is_to_come = |has_come: &mut bool| !*has_come;
        // Whether it has come is seen from the value.
        drop(
            self.changed
                .wait_timeout_while(lock(&self.has_come), timeout, is_to_come),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::{panic::resume_unwind, thread};

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn a_value_comes_from_another_thread_once() {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || sender.send(7));
        assert_eq!(receiver.recv_timeout(Duration::MAX), Some(7));
        assert_eq!(receiver.recv_timeout(SOON), None);
        assert!(!receiver.is_pending());
        thread.join().unwrap();
    }

    #[test]
    fn a_sender_that_is_dropped_in_a_panic_is_waited_for_no_longer() {
        let (sender, receiver) = channel::<u8>();
        let thread = thread::spawn(move || {
            let _sender = sender;
            resume_unwind(Box::new("on purpose"));
        });
        assert_eq!(receiver.recv_timeout(Duration::MAX), None);
        assert!(thread.join().is_err());
    }

    #[test]
    fn a_sender_that_does_nothing_is_waited_for_until_the_timeout() {
        let (sender, receiver) = channel();
        assert_eq!(receiver.recv_timeout(Duration::from_millis(5)), None);
        assert!(receiver.is_pending());
        sender.send(7);
        assert_eq!(receiver.recv_timeout(Duration::ZERO), Some(7));
    }

    #[test]
    fn a_value_that_nobody_receives_is_dropped() {
        let (sender, receiver) = channel();
        let value = Arc::new(());
        drop(receiver);
        sender.send(Arc::clone(&value));
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
