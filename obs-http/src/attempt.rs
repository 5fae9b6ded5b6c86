//! The future of a client's call.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use obs_core::client::ClientObservation;
use pin_project_lite::pin_project;

pin_project! {
    /// A call that is polled, and dropped, as part of its attempt. Completes with what the call returned and with the
    /// observation, for the answer or the error to be reported.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Attempt<F> {
        // `None` once it has returned: dropped while the attempt is current.
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
    /// The call that was made as this attempt.
    pub fn new(call: F, observation: ClientObservation) -> Self {
        Self { call: Some(call), observation }
    }
}

impl<F: Future> Future for Attempt<F> {
    type Output = (F::Output, ClientObservation);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.observation.run(|| {
            let polled = this.call.as_mut().as_pin_mut()?.poll(cx);
            if polled.is_ready() {
                this.call.set(None);
            }
            Some(polled)
        });
        // Polled again after it was ready, which the contract of futures forbids.
        let returned = ready!(polled.unwrap_or(Poll::Pending));
        Poll::Ready((returned, mem::replace(this.observation, ClientObservation::none())))
    }
}
