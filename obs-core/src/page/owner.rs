//! The instance that a page belongs to.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{
    pipeline::{self, Obs, Pipeline, Routes, known_method},
    request::{LayerState, discard_current},
};

/// The instance that a page belongs to, such as a metrics page or a health check. For adapters.
///
/// Determines which layer's requests for the page are left out of all signals, see [`leave_out`](Self::leave_out).
#[derive(Clone, Debug, Default)]
pub struct PageOwner {
    /// `None` for the process-wide default, which may be initialized later.
    pipeline: Option<Arc<Pipeline>>,
}

/// Completes once a request that is left out is no longer counted as in flight; see [`PageOwner::left_out`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct LeftOut(Arc<Mutex<Progress>>);

/// Whether the request is still counted.
#[derive(Debug)]
enum Progress {
    InFlight(Option<Waker>),
    Done,
}

/// Ends the wait when it is dropped, also if the request is never discarded in order.
#[derive(Debug)]
struct EndsWait(Arc<Mutex<Progress>>);

// === impl PageOwner ===

impl PageOwner {
    /// The process-wide default at the time of each request, so that a page may be made before `init`.
    #[must_use]
    pub fn of_default() -> Self {
        Self::default()
    }

    /// The instance of this handle.
    #[must_use]
    pub fn of(obs: &Obs) -> Self {
        Self {
            pipeline: Some(obs.pipeline()),
        }
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn of_pipeline(pipeline: Arc<Pipeline>) -> Self {
        Self {
            pipeline: Some(pipeline),
        }
    }

    /// The layer of this instance that was added to a service last, if there is one.
    #[must_use]
    pub fn layer(&self) -> Option<LayerState> {
        LayerState::last_of(self.routes())
    }

    /// Excludes the request that is being handled on this thread from all signals, once the current poll returns.
    ///
    /// Has to be called by the page for each of its requests, with the method and the full path of the request. Other
    /// requests for the same route or path are recorded as usual.
    pub fn leave_out(&self, method: &str, path: &str) {
        drop(self.left_out(method, path));
    }

    /// [`leave_out`](Self::leave_out), and completes once the request is no longer counted as in flight: what is rendered
    /// then doesn't show the request for it.
    pub fn left_out(&self, method: &str, path: &str) -> LeftOut {
        let progress = Arc::new(Mutex::new(Progress::InFlight(None)));
        let end = EndsWait(Arc::clone(&progress));
        if discard_current(move || drop(end)) {
            self.routes().expected.add(known_method(method), path);
        }
        LeftOut(progress)
    }

    /// Whether the service stops: a graceful shutdown of the instance has asked its server to. A page whose answer has no
    /// end of its own ends it then.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.routes().is_stopping()
    }

    pub(crate) fn pipeline(&self) -> Arc<Pipeline> {
        self.pipeline.clone().unwrap_or_else(pipeline::default)
    }

    fn routes(&self) -> &Routes {
        match &self.pipeline {
            Some(pipeline) => &pipeline.routes,
            None => pipeline::default_routes(),
        }
    }
}

// === impl LeftOut ===

impl Future for LeftOut {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Progress::Done => Poll::Ready(()),
            Progress::InFlight(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

// === impl EndsWait ===

impl Drop for EndsWait {
    fn drop(&mut self) {
        let before = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            Progress::Done,
        );
        if let Progress::InFlight(Some(waker)) = before {
            waker.wake();
        }
    }
}
