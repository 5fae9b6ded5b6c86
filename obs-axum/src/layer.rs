//! The layer and its settings.

use std::sync::Arc;

use obs_core::{
    adapter::{LayerState, boxed},
    guard::Guarded,
    layer_setters,
};
use tower_layer::Layer;

use crate::{IntoEndpoint, ObsService, RequestView, service::Observer, view::Hooks};

/// Records every request: metrics, one log line, one span.
///
/// The layer is its own builder. Its state (series, tables, limits) is created at the first
/// request and shared by all clones: axum calls [`layer`](Layer::layer) for every route.
///
/// ```
/// use axum::{Router, routing::get};
/// use obs_axum::ObsLayer;
///
/// let app: Router = Router::new()
///     .route("/events", get(|| async { "…" }))
///     .layer(ObsLayer::new().namespace("payment").streaming("/events"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until it is added to a service"]
pub struct ObsLayer {
    state: LayerState,
}

layer_setters!(ObsLayer, "obs_axum::ObsLayer");

// === impl ObsLayer ===

impl ObsLayer {
    /// Names the endpoint of requests without a matched route: plain tower services, hyper, a
    /// layer outside of routing; and of gRPC calls, instead of their methods. The function
    /// returns one of a fixed set of texts, or `None` for `unmatched`; the number of series is
    /// limited in any case. Defaults to the matched route of axum.
    ///
    /// ```
    /// let layer = obs_axum::ObsLayer::new().endpoint(|request| match request.uri.path() {
    ///     "/health" => Some("/health"),
    ///     path if path.starts_with("/users/") => Some("/users/{id}"),
    ///     _ => None,
    /// });
    /// ```
    pub fn endpoint<R: IntoEndpoint>(self, endpoint: impl Fn(&RequestView<'_>) -> R + Send + Sync + 'static) -> Self {
        let endpoint = move |request: &RequestView<'_>| endpoint(request).into_endpoint();
        let endpoint = Arc::new(Guarded::new("the endpoint function of a layer", endpoint));
        self.with(|options| Hooks::set_template(&mut options.common, endpoint))
    }

    /// Lists the gRPC methods behind the layer, as `package.Service/Method`: their calls are
    /// recorded under these endpoints, all others under `unmatched`.
    ///
    /// Defaults to learning: the first response of a method that is `OK` or has a message proves
    /// that it exists. Any other status could come from a layer in front of the methods, for a
    /// name that a client has invented. At most 256 are learnt. See
    /// [`grpc`](obs_core::request::grpc).
    ///
    /// ```
    /// let layer = obs_axum::ObsLayer::new().grpc_methods(["shop.Orders/Get", "shop.Orders/Watch"]).streaming("shop.Orders/Watch");
    /// ```
    pub fn grpc_methods<N: AsRef<str>>(self, methods: impl IntoIterator<Item = N>) -> Self {
        self.with(|options| options.common.grpc_methods.extend(boxed(methods)))
    }

    /// Adds a label to all metrics of the layer, such as a tenant's tier or a region. Its values
    /// are those of a fixed list: `None`, and any other value that the function returns, is
    /// `_OTHER`.
    ///
    /// Each label multiplies the number of series by the length of its list, so keep lists short.
    /// At most 8 labels; names match `[a-zA-Z_][a-zA-Z0-9_]*` and are not names of existing
    /// labels. An invalid label, or one without values, is ignored with a warning. Defaults to
    /// none.
    ///
    /// ```
    /// let layer = obs_axum::ObsLayer::new()
    ///     .label("tier", ["free", "paid"], |request| request.headers.get("x-tier")?.to_str().ok());
    /// ```
    pub fn label<V: AsRef<str>>(
        self,
        name: impl AsRef<str>,
        values: impl IntoIterator<Item = V>,
        value: impl for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync + 'static,
    ) -> Self {
        let value = Arc::new(Guarded::new("the label function of a layer", value));
        self.with(|options| Hooks::add_label(&mut options.common, name.as_ref(), values, value))
    }
}

impl<S> Layer<S> for ObsLayer {
    type Service = ObsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        self.state.announce();
        ObsService::new(inner, Observer::Layer(self.state.for_service()))
    }
}
