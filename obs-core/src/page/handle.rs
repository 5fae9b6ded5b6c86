//! The page of an instance, as adapters serve it.

use std::{future::Future, sync::Arc};

use super::PageOwner;
use crate::{
    exposition::{PageRequest, PageResponse, Source},
    pipeline::Obs,
};

/// The metrics page of an instance; adapters put it behind a route that takes all methods.
#[derive(Clone, Debug)]
pub struct MetricsPage {
    owner: PageOwner,
    /// What is shown instead of the owner's registry.
    source: Option<Source>,
}

// === impl MetricsPage ===

impl MetricsPage {
    /// The page of the process-wide default.
    #[must_use]
    pub fn of_default() -> Self {
        Self {
            owner: PageOwner::of_default(),
            source: None,
        }
    }

    /// The page of this instance.
    #[must_use]
    pub fn of(obs: &Obs) -> Self {
        Self {
            owner: PageOwner::of(obs),
            source: None,
        }
    }

    /// The page of another recorder, in the text format of Prometheus 0.0.4, with the token and the
    /// limits of the process-wide default. `write` runs on a thread of the page's.
    #[must_use]
    pub fn of_text(write: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Source::Text(Arc::new(write))),
            ..Self::of_default()
        }
    }

    #[cfg(feature = "serve-metrics")]
    pub(crate) fn of_pipeline(pipeline: Arc<crate::pipeline::Pipeline>) -> Self {
        Self {
            owner: PageOwner::of_pipeline(pipeline),
            source: None,
        }
    }

    /// Whose page it is.
    #[must_use]
    pub fn owner(&self) -> &PageOwner {
        &self.owner
    }

    /// The answer to a request, whatever its method. The request is left out of all signals, so
    /// that the page doesn't show itself.
    ///
    /// Needs no runtime; the future does no work itself and can be dropped at any time.
    ///
    /// ```
    /// use obs_core::{Obs, adapter::{MetricsPage, PageRequest}};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let obs = Obs::builder("payment-service").log_writer(std::io::sink()).build()?;
    /// let page = MetricsPage::of(&obs);
    /// let headers: &[(&str, &[u8])] = &[("accept", b"application/openmetrics-text")];
    /// let request = PageRequest { method: "GET", path: "/metrics", query: Some("name[]=obs_build_info"), headers: &headers };
    /// let response = page.answer(&request).await;
    /// assert_eq!(response.status, 200);
    /// assert!(response.body.ends_with(b"# EOF\n"));
    /// # Ok::<(), obs_core::InitError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer(&self, request: &PageRequest<'_>) -> impl Future<Output = PageResponse> + Send + use<> {
        #[cfg(feature = "tokio-metrics")]
        if let Some(saturation) = crate::saturation::Saturation::of(&self.owner.pipeline().registry) {
            saturation.watch_current_runtime();
        }
        self.respond(request)
    }

    /// [`answer`](Self::answer) in a runtime that does not belong to the service.
    pub(crate) fn respond(&self, request: &PageRequest<'_>) -> impl Future<Output = PageResponse> + Send + use<> {
        let pipeline = self.owner.pipeline();
        let scrape = pipeline
            .exposition
            .scrape(request, self.source.as_ref(), &pipeline.target);
        let (owner, method, path) = (self.owner.clone(), request.method.to_owned(), request.path.to_owned());
        async move {
            match scrape {
                Ok(scrape) => {
                    // The page is written once this request is no longer in flight: it doesn't show itself.
                    owner.left_out(&method, &path).await;
                    scrape.answer().await
                }
                Err(answer) => {
                    owner.leave_out(&method, &path);
                    answer
                }
            }
        }
    }
}
