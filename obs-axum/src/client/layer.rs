//! The layer and its settings.

use std::{fmt, sync::Arc};

use obs_core::{client::ClientState, client_setters, guard::Guarded, options::boxed};
use tower_layer::Layer;

use super::{FromSources, ObsClientService, service::TargetFn};
use crate::{IntoEndpoint, RequestView};

/// Records every attempt of a client, and adds the trace context to its request.
///
/// The layer is its own builder. Its state is created at the first request and shared by all
/// clones.
///
/// ```
/// let layer = obs_axum::client::ObsClientLayer::new().hosts(["users.internal", "payments.internal"]);
/// ```
#[derive(Clone, Default)]
#[must_use = "a layer does nothing until it is added to a service"]
pub struct ObsClientLayer<C = FromSources> {
    state: ClientState,
    target: Option<TargetFn>,
    classify: Arc<Guarded<C>>,
}

client_setters!(ObsClientLayer<C>, "obs_axum::ObsClientLayer");

// === impl ObsClientLayer ===

impl ObsClientLayer {
    /// Creates a layer that records into the process-wide default.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<C> ObsClientLayer<C> {
    /// Sets the URL template (`/users/{id}`) of requests without a [`Target`](super::Target): the
    /// label `target`, part of the span's name, and the attribute `url.template`. The function
    /// returns one of a fixed set of texts, or `None`. Defaults to none.
    ///
    /// ```
    /// let layer = obs_axum::client::ObsClientLayer::new()
    ///     .target(|request| request.uri.path().starts_with("/users/").then_some("/users/{id}"));
    /// ```
    pub fn target<R: IntoEndpoint>(mut self, target: impl Fn(&RequestView<'_>) -> R + Send + Sync + 'static) -> Self {
        let target = move |request: &RequestView<'_>| target(request).into_endpoint();
        self.target = Some(Arc::new(Guarded::new("the target function of a client", target)));
        self
    }

    /// Lists the gRPC methods that this client calls, as `package.Service/Method`: they are the
    /// targets of their calls; other calls have none. A [`Target`](super::Target) or
    /// [`target`](Self::target) takes precedence. Without a list, a method is learnt from the
    /// first response that proves that it exists, 256 at most. Can be called several times.
    /// Defaults to none.
    ///
    /// ```
    /// let layer = obs_axum::client::ObsClientLayer::new()
    ///     .base_url("http://payments.internal:50051")
    ///     .grpc_methods(["shop.Payments/Charge", "shop.Payments/Refund"]);
    /// ```
    pub fn grpc_methods<N: AsRef<str>>(self, methods: impl IntoIterator<Item = N>) -> Self {
        self.with(|options| options.common.grpc_methods.extend(boxed(methods)))
    }

    /// Sets the `error_type` of the inner client's errors. Required if they do not implement
    /// [`Error`](std::error::Error), as the boxed errors of tower's layers. Defaults to
    /// [`FromSources`].
    ///
    /// ```
    /// use obs_axum::client::ObsClientLayer;
    /// use obs_core::client::transport_error;
    ///
    /// let layer = ObsClientLayer::new().classify_error(|error: &tower::BoxError| transport_error(&**error));
    /// ```
    pub fn classify_error<D>(self, classify: D) -> ObsClientLayer<D> {
        let Self {
            state,
            target,
            classify: _,
        } = self;
        let classify = Arc::new(Guarded::new("the classify_error function of a client", classify));
        ObsClientLayer {
            state,
            target,
            classify,
        }
    }
}

impl<S, C> Layer<S> for ObsClientLayer<C> {
    type Service = ObsClientService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        ObsClientService::new(
            inner,
            self.state.clone(),
            self.target.clone(),
            Arc::clone(&self.classify),
        )
    }
}

impl<C> fmt::Debug for ObsClientLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientLayer")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
