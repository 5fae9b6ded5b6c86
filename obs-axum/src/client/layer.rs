//! The layer and its settings.

use std::{fmt, sync::Arc};

use obs_core::{adapter::ClientState, client_setters, guard::Guarded};
use tower_layer::Layer;

use super::{FromSources, ObsClientService};
use crate::{IntoEndpoint, RequestView, view::Hooks};

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
    pub fn target<R: IntoEndpoint>(self, target: impl Fn(&RequestView<'_>) -> R + Send + Sync + 'static) -> Self {
        let target = move |request: &RequestView<'_>| target(request).into_endpoint();
        let target = Arc::new(Guarded::new("the target function of a client", target));
        self.with(|options| Hooks::set_template(&mut options.common, target))
    }

    /// Adds a label to all metrics of the client, such as a tenant's tier or the purpose of a call.
    /// Its values are those of a fixed list: `None`, and any other value that the function
    /// returns, is `_OTHER`.
    ///
    /// Each label multiplies the number of series by the length of its list, so keep lists short.
    /// At most 8 labels; names match `[a-zA-Z_][a-zA-Z0-9_]*` and are not names of existing
    /// labels. An invalid label, or one without values, is ignored with a warning. Defaults to
    /// none.
    ///
    /// ```
    /// let layer = obs_axum::client::ObsClientLayer::new()
    ///     .label("tier", ["free", "paid"], |request| request.headers.get("x-tier")?.to_str().ok());
    /// ```
    pub fn label<V: AsRef<str>>(
        self,
        name: impl AsRef<str>,
        values: impl IntoIterator<Item = V>,
        value: impl for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync + 'static,
    ) -> Self {
        let value = Arc::new(Guarded::new("the label function of a client", value));
        self.with(|options| Hooks::add_label(&mut options.common, name.as_ref(), values, value))
    }

    /// Sets the `error_type` of the inner client's errors: one of a fixed set of texts, or `None`
    /// for `_OTHER`. Required if they do not implement [`Error`](std::error::Error), as the boxed
    /// errors of tower's layers. Defaults to [`FromSources`].
    ///
    /// ```
    /// use obs_axum::client::ObsClientLayer;
    /// use obs_core::client::transport_error;
    ///
    /// let layer = ObsClientLayer::new().classify_error(|error: &tower::BoxError| Some(transport_error(&**error)));
    /// ```
    pub fn classify_error<D>(self, classify: D) -> ObsClientLayer<D> {
        let Self { state, classify: _ } = self;
        let classify = Arc::new(Guarded::new("the classify_error function of a client", classify));
        ObsClientLayer { state, classify }
    }
}

impl<S, C> Layer<S> for ObsClientLayer<C> {
    type Service = ObsClientService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        ObsClientService::new(inner, self.state.clone(), Arc::clone(&self.classify))
    }
}

impl<C> fmt::Debug for ObsClientLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientLayer")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
