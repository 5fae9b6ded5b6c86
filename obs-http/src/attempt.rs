//! The future of a client's call.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use obs_core::adapter::ClientObservation;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of one attempt: it polls and drops the call while the attempt is current.
    ///
    /// Completes with the result of the call and the observation, to which the caller reports
    /// response or error.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<F> {
        // `None` after it has returned. Dropped while the attempt is current.
        #[pin]
        call: Option<F>,
        observation: ClientObservation,
    }

    impl<F> PinnedDrop for Attempt<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.call.is_some() {
                this.observation.run(|| this.call.set(None));
            }
        }
    }
}

// === impl Attempt ===

impl<F> Attempt<F> {
    /// Wraps the call of an attempt.
    pub fn new(call: F, observation: ClientObservation) -> Self {
        Self {
            call: Some(call),
            observation,
        }
    }
}

impl<F: Future> Future for Attempt<F> {
    type Output = (F::Output, ClientObservation);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Large: written in place.
        let mut polled = None;
        this.observation.run(|| {
            let Some(call) = this.call.as_mut().as_pin_mut() else {
                return;
            };
            if polled.get_or_insert_with(|| call.poll(cx)).is_ready() {
                this.call.set(None);
            }
        });
        match polled {
            Some(Poll::Ready(returned)) => {
                Poll::Ready((returned, mem::replace(this.observation, ClientObservation::none())))
            }
            // `None` if it is polled after completion, which the contract of futures forbids.
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }
}
