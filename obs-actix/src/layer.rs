//! The middleware and its settings.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
};
use obs_core::{adapter::LayerState, guard::Guarded, layer_setters};

use crate::{IntoEndpoint, ObsBody, ObsService, RequestView, endpoint::Hooks};

/// Records every request: metrics, one log line, one span.
///
/// The middleware is its own builder, for `App::wrap` and `Scope::wrap`. Its state is created at
/// the first request and shared by all clones. actix-web builds the application once for each
/// worker; the middleware can be created outside of the factory and cloned, or inside of it: the
/// series are the same, since the registry owns them.
///
/// ```
/// use actix_web::{App, web};
/// use obs_actix::ObsMiddleware;
///
/// let app = App::new()
///     .wrap(ObsMiddleware::new().namespace("payment").streaming("/events"))
///     .route("/events", web::get().to(|| async { "…" }));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a middleware does nothing until it is wrapped around an application or a scope"]
pub struct ObsMiddleware {
    pub(crate) state: LayerState,
}

layer_setters!(ObsMiddleware, "obs_actix::ObsMiddleware");

// === impl ObsMiddleware ===

impl ObsMiddleware {
    /// Names the endpoint of requests without a matching resource, which a default service
    /// answers. The function returns one of a fixed set of texts, or `None` for `unmatched`; the
    /// number of series is limited in any case. Defaults to the patterns of the application.
    ///
    /// ```
    /// let middleware = obs_actix::ObsMiddleware::new().endpoint(|request| match request.uri.path() {
    ///     path if path.starts_with("/legacy/") => Some("/legacy/{page}"),
    ///     _ => None,
    /// });
    /// ```
    pub fn endpoint<R: IntoEndpoint>(self, endpoint: impl Fn(&RequestView<'_>) -> R + Send + Sync + 'static) -> Self {
        let endpoint = move |request: &RequestView<'_>| endpoint(request).into_endpoint();
        let endpoint = Arc::new(Guarded::new("the endpoint function of a layer", endpoint));
        self.with(|options| Hooks::set_template(&mut options.common, endpoint))
    }

    /// Adds a label to all metrics of the middleware, such as a tenant's tier or a region. Its
    /// values are those of a fixed list: `None`, and any other value that the function returns,
    /// is `_OTHER`.
    ///
    /// Each label multiplies the number of series by the length of its list, so keep lists short.
    /// At most 8 labels; names match `[a-zA-Z_][a-zA-Z0-9_]*` and are not names of existing
    /// labels. An invalid label, or one without values, is ignored with a warning. Defaults to
    /// none.
    ///
    /// ```
    /// let middleware = obs_actix::ObsMiddleware::new()
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

impl<S, B> Transform<S, ServiceRequest> for ObsMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ObsBody<B>>;
    type Error = Error;
    type Transform = ObsService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ObsService::new(service, self.state.for_service())))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::dev::fn_service;

    use super::*;

    fn service(middleware: &ObsMiddleware) -> obs_core::adapter::ArcOrStatic<obs_core::adapter::Instrument> {
        let inner =
            fn_service(|request: ServiceRequest| async { Ok(request.into_response(actix_web::HttpResponse::Ok())) });
        let service = middleware.new_transform(inner).into_inner();
        service.unwrap().state.instrument().clone()
    }

    #[test]
    fn state_is_made_once_whatever_the_number_of_workers() {
        let middleware = ObsMiddleware::new().namespace("workers");
        let clone = middleware.clone();
        let first = service(&middleware);
        assert!(first.is_same(&service(&middleware)) && first.is_same(&service(&clone)));
    }

    #[test]
    fn a_setter_leaves_clones_made_before_as_they_were() {
        let middleware = ObsMiddleware::new();
        let other = middleware.clone().logs(false);
        assert!(!service(&middleware).is_same(&service(&other)));
    }
}
