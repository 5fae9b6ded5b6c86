//! What layers and pages of one instance tell each other, while requests run.

use std::sync::{PoisonError, RwLock};

use super::{LayerState, expected::ExpectedPages, in_flight_count::InFlightCount, options::WeakLayerState};

/// The routes of one instance.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// Requests that pages have answered.
    pub(crate) expected: ExpectedPages,
    /// The layer that was added to a service last.
    layer: RwLock<WeakLayerState>,
    /// The requests of all layers, for who waits for their end.
    pub(crate) in_flight_count: InFlightCount,
}

// === impl Routes ===

impl Routes {
    /// A layer has been added to a service.
    pub(super) fn announce(&self, layer: &LayerState) {
        // axum adds layers again and again: mostly nothing is new.
        if !self.layer.read().unwrap_or_else(PoisonError::into_inner).is(layer) {
            *self.layer.write().unwrap_or_else(PoisonError::into_inner) = layer.downgrade();
        }
    }

    /// The layer that was added last, if it is still there.
    pub(crate) fn layer(&self) -> Option<LayerState> {
        self.layer.read().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}
