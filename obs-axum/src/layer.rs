//! The layer and its settings.

use std::{fmt, sync::Arc};

use obs_core::{layer_setters, request::LayerState};
use tower_layer::Layer;

use crate::{IntoEndpoint, ObsService, RequestView, endpoint::EndpointFn, service::Observer};

/// Records every request that passes: metrics, one log line, one span.
///
/// The layer is its own builder. Its state (series, tables, caps) is made once, at the first
/// request, and shared by all its clones: axum calls [`layer`](Layer::layer) for every route.
///
/// ```
/// use axum::{Router, routing::get};
/// use obs_axum::ObsLayer;
///
/// let app: Router = Router::new()
///     .route("/events", get(|| async { "…" }))
///     .layer(ObsLayer::new().namespace("payment").streaming("/events"));
/// ```
#[derive(Clone, Default)]
#[must_use = "a layer does nothing until it is added to a service"]
pub struct ObsLayer {
    state: LayerState,
    endpoint: Option<EndpointFn>,
}

layer_setters!(ObsLayer);

// === impl ObsLayer ===

impl ObsLayer {
    /// Names the endpoint of requests for which no matched route is visible: plain tower services,
    /// hyper, tonic, a layer outside of routing. The function returns text of a closed set, or
    /// `None` for `unmatched`; the number of series is capped all the same. Defaults to the matched
    /// route of axum alone.
    ///
    /// ```
    /// let layer = obs_axum::ObsLayer::new().endpoint(|request| match request.uri.path() {
    ///     "/health" => Some("/health"),
    ///     path if path.starts_with("/users/") => Some("/users/{id}"),
    ///     _ => None,
    /// });
    /// ```
    pub fn endpoint<R: IntoEndpoint>(
        mut self,
        endpoint: impl Fn(&RequestView<'_>) -> R + Send + Sync + 'static,
    ) -> Self {
        self.endpoint = Some(Arc::new(move |request| endpoint(request).into_endpoint()));
        self
    }
}

impl<S> Layer<S> for ObsLayer {
    type Service = ObsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        self.state.announce();
        ObsService::new(inner, Observer::Layer { state: self.state.clone(), endpoint: self.endpoint.clone() })
    }
}

impl fmt::Debug for ObsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsLayer").field("state", &self.state).finish_non_exhaustive()
    }
}
