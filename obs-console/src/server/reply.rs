//! The answer of the console's thread, which a request awaits.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// A value to come; `None` if nobody will send it.
#[derive(Debug)]
pub(super) struct Reply<T>(Arc<Mutex<Slot<T>>>);

/// Sends the value, once.
#[derive(Debug)]
pub(super) struct ReplyTo<T>(Arc<Mutex<Slot<T>>>);

#[derive(Debug)]
struct Slot<T> {
    value: Option<T>,
    is_over: bool,
    waker: Option<Waker>,
}

/// Both ends.
pub(super) fn reply<T>() -> (ReplyTo<T>, Reply<T>) {
    let slot = Arc::new(Mutex::new(Slot {
        value: None,
        is_over: false,
        waker: None,
    }));
    (ReplyTo(Arc::clone(&slot)), Reply(slot))
}

fn locked<T>(slot: &Mutex<Slot<T>>) -> MutexGuard<'_, Slot<T>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

// === impl ReplyTo ===

impl<T> ReplyTo<T> {
    pub(super) fn send(self, value: T) {
        locked(&self.0).value = Some(value);
    }
}

impl<T> Drop for ReplyTo<T> {
    fn drop(&mut self) {
        let mut slot = locked(&self.0);
        slot.is_over = true;
        let waker = slot.waker.take();
        drop(slot);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

// === impl Reply ===

impl<T> Future for Reply<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = locked(&self.0);
        if slot.is_over {
            return Poll::Ready(slot.value.take());
        }
        slot.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
