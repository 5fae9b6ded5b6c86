//! The instance that a page belongs to.

use std::sync::Arc;

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
        self.leave_out_then(method, path, || ());
    }

    /// [`leave_out`](Self::leave_out) that calls `then` once the request is no longer counted as in flight.
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
