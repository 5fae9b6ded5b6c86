//! The metrics page, as adapters serve it.

use super::{Obs, PageOwner};
use crate::metrics::{Format, Target};

/// The metrics page of an instance; adapters put it behind a route.
#[derive(Clone, Debug)]
pub struct MetricsPage {
    owner: PageOwner,
}

// === impl MetricsPage ===

impl MetricsPage {
    /// The page of the process-wide default; the layers of that instance leave `path` unrecorded.
    #[must_use]
    pub fn of_default(path: &str) -> Self {
        Self::owned(PageOwner::of_default(), path)
    }

    /// The page of this instance; its layers leave `path` unrecorded.
    #[must_use]
    pub fn of(obs: &Obs, path: &str) -> Self {
        Self::owned(PageOwner::of(obs), path)
    }

    fn owned(owner: PageOwner, path: &str) -> Self {
        owner.skip(path);
        Self { owner }
    }

    /// Whose page it is.
    #[must_use]
    pub fn owner(&self) -> &PageOwner {
        &self.owner
    }

    /// [`PageOwner::leave_out`], to be awaited before [`render`](Self::render), so that the page
    /// doesn't show its own request as one in flight.
    pub async fn leave_out(&self, path: &str) {
        self.owner.leave_out(path).await;
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
        let shared = self.owner.shared();
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
