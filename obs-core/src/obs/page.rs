//! The metrics page, as adapters serve it.

use std::{future::poll_fn, sync::Arc, task::Poll};

use super::{Obs, Shared, shared};
use crate::{
    metrics::{Format, Target},
    request::{LayerState, discard_current},
};

/// The metrics page of an instance; adapters put it behind a route.
#[derive(Clone, Debug)]
pub struct MetricsPage {
    /// `None` follows the process-wide default, also when that is initialised later.
    shared: Option<Arc<Shared>>,
}

// === impl MetricsPage ===

impl MetricsPage {
    /// The page of the process-wide default; the layers of that instance leave `path` unrecorded.
    #[must_use]
    pub fn of_default(path: &str) -> Self {
        shared::default_routes().skipped.add(path);
        Self { shared: None }
    }

    /// The page of this instance; its layers leave `path` unrecorded.
    #[must_use]
    pub fn of(obs: &Obs, path: &str) -> Self {
        let shared = obs.shared();
        shared.routes.skipped.add(path);
        Self { shared: Some(shared) }
    }

    /// The layer that observes the service that the page belongs to, if there is one.
    #[must_use]
    pub fn layer(&self) -> Option<LayerState> {
        match &self.shared {
            Some(shared) => shared.routes.layer(),
            None => shared::default_routes().layer(),
        }
    }

    /// Leaves the request for the page, by this whole path, out of all signals, also where the page
    /// is nested under a path that was not known at its start. To be awaited before
    /// [`render`](Self::render), so that the page doesn't show its own request as one in flight.
    ///
    /// The first such request has its span already; the next ones are known from their arrival on.
    pub async fn leave_out(&self, path: &str) {
        if !discard_current() {
            return;
        }
        match &self.shared {
            Some(shared) => shared.routes.learn_page(path),
            None => shared::default_routes().learn_page(path),
        }
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

    /// Content type and text of the page, in the format that the values of all `Accept` headers
    /// prefer together.
    ///
    /// # Errors
    ///
    /// If metrics go to another recorder, with the reason for the client: that recorder has a page
    /// of its own.
    pub fn render<'a>(
        &self,
        accept: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(&'static str, Vec<u8>), &'static str> {
        let shared = self.shared.clone().unwrap_or_else(shared::default);
        match shared.target {
            Target::Own(_) => {
                let format = Format::negotiate(accept);
                Ok((format.content_type(), shared.registry.render(format)))
            }
            Target::Facade(_) => Err("The metrics of this service go to another recorder of the `metrics` facade; \
                 serve that recorder's page, as `metrics_from` does.\n"),
        }
    }
}
