//! What layers and pages of one instance share while requests run.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{expected::ExpectedPages, in_flight_count::InFlightCount};

/// The routes of one instance.
#[derive(Default)]
pub(crate) struct Routes {
    /// Requests that pages have answered.
    pub(crate) expected: ExpectedPages,
    /// The state of the layer that was added to a service last; its type is the layers' own.
    layer: RwLock<Option<Weak<dyn Any + Send + Sync>>>,
    /// The requests of all layers; a shutdown waits for their end.
    pub(crate) in_flight_count: InFlightCount,
    /// Whether a graceful shutdown has asked the server to stop.
    is_stopping: AtomicBool,
}

// === impl Routes ===

impl Routes {
    #[cfg(feature = "tokio")]
    pub(crate) fn set_stopping(&self) {
        self.is_stopping.store(true, Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Relaxed)
    }

    /// Notes the state of a layer that has been added to a service. It is not kept in use.
    pub(crate) fn set_layer<T: Any + Send + Sync>(&self, state: &Arc<T>) {
        // axum adds layers again and again: mostly nothing is new.
        let known = self.layer.read().unwrap_or_else(PoisonError::into_inner);
        let is_known = known
            .as_ref()
            .is_some_and(|known| std::ptr::addr_eq(known.as_ptr(), Arc::as_ptr(state)));
        drop(known);
        if !is_known {
            let state: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(state);
            *self.layer.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::downgrade(&state));
        }
    }

    /// Takes over the layer of others that was added last, unless there is one already.
    pub(crate) fn take_layer_of(self: &Arc<Self>, others: &Arc<Self>) {
        if Arc::ptr_eq(self, others) {
            return;
        }
        let layer = others.layer.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut own = self.layer.write().unwrap_or_else(PoisonError::into_inner);
        if own.is_none() {
            *own = layer;
        }
    }

    /// The state of the layer that was added last, if it is still there and of this type.
    pub(crate) fn layer<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let layer = self
            .layer
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()?
            .upgrade()?;
        layer.downcast().ok()
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            expected,
            layer: _,
            in_flight_count,
            is_stopping,
        } = self;
        f.debug_struct("Routes")
            .field("expected", expected)
            .field("in_flight_count", in_flight_count)
            .field("is_stopping", is_stopping)
            .finish_non_exhaustive()
    }
}
