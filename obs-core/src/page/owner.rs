//! Whose a page is.

use std::sync::Arc;

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

    /// Leaves the request that is handled on this thread, one for a page with this method and whole path, out of
    /// all signals, once this poll returns. To be called by the page.
    ///
    /// Only this very request is left out: whatever else is recorded under its route, or answers its path, is
    /// recorded as before.
    pub fn leave_out(&self, method: &str, path: &str) {
        self.leave_out_then(method, path, || ());
    }

    /// [`leave_out`](Self::leave_out), and calls `then` when the request is no longer in flight.
    pub(crate) fn leave_out_then(&self, method: &str, path: &str, then: impl FnOnce() + 'static) {
        if discard_current(then) {
            self.routes().expected.add(known_method(method), path);
        }
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
