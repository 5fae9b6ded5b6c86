//! Whose a page is.

use std::{future::poll_fn, sync::Arc, task::Poll};

use crate::{
    pipeline::{self, Obs, Pipeline, Routes, known_method},
    request::{LayerState, discard_current},
};

/// The instance that a page belongs to: a metrics page, a health check. For adapters.
#[derive(Clone, Debug, Default)]
pub struct PageOwner {
    /// `None` follows the process-wide default, also when that is initialised later.
    pipeline: Option<Arc<Pipeline>>,
}

// === impl PageOwner ===

impl PageOwner {
    /// The process-wide default, as it is whenever it is asked for.
    #[must_use]
    pub fn of_default() -> Self {
        Self::default()
    }

    /// This instance.
    #[must_use]
    pub fn of(obs: &Obs) -> Self {
        Self { pipeline: Some(obs.pipeline()) }
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn of_pipeline(pipeline: Arc<Pipeline>) -> Self {
        Self { pipeline: Some(pipeline) }
    }

    /// The layer that observes the service that the page belongs to, if there is one.
    #[must_use]
    pub fn layer(&self) -> Option<LayerState> {
        LayerState::last_of(self.routes())
    }

    /// Leaves the request for a page, with this method and whole path, out of all signals. To be awaited
    /// before the page is made.
    ///
    /// Nothing but this very request is left out: whatever else is recorded under its route, or answers
    /// its path, is so as before.
    pub async fn leave_out(&self, method: &str, path: &str) {
        if !discard_current() {
            return;
        }
        self.routes().expected.add(known_method(method), path);
        // The observation lets go when this poll returns.
        let mut has_returned = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut has_returned, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
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
