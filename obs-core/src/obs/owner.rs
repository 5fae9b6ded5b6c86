//! Whose a page is.

use std::{future::poll_fn, sync::Arc, task::Poll};

use super::{Obs, Shared, shared};
use crate::request::{LayerState, Routes, discard_current, known_method};

/// The instance that a page belongs to: a metrics page, a health check. For adapters.
#[derive(Clone, Debug, Default)]
pub struct PageOwner {
    /// `None` follows the process-wide default, also when that is initialised later.
    shared: Option<Arc<Shared>>,
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
        Self { shared: Some(obs.shared()) }
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn of_shared(shared: Arc<Shared>) -> Self {
        Self { shared: Some(shared) }
    }

    /// The layer that observes the service that the page belongs to, if there is one.
    #[must_use]
    pub fn layer(&self) -> Option<LayerState> {
        self.routes().layer()
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

    pub(crate) fn shared(&self) -> Arc<Shared> {
        self.shared.clone().unwrap_or_else(shared::default)
    }

    fn routes(&self) -> &Routes {
        match &self.shared {
            Some(shared) => &shared.routes,
            None => shared::default_routes(),
        }
    }
}
