//! Naming the endpoint where no router tells it.

use std::{borrow::Cow, fmt, sync::Arc};

use http::{Extensions, HeaderMap, Method, Request, Uri};
use obs_core::guard::Guarded;

/// The endpoint that a request is recorded under, as an extension of its **response**: for routers
/// that the layer can't see into.
///
/// Give it a template (`/users/{id}`), never the path: what a client sends must not become a label.
///
/// ```
/// use axum::{Extension, response::IntoResponse};
/// use obs_axum::Endpoint;
///
/// async fn handler() -> impl IntoResponse {
///     (Extension(Endpoint::new("/legacy/{page}")), "hello")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Cow<'static, str>);

/// What [`ObsLayer::endpoint`](crate::ObsLayer::endpoint) sees of a request.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions, as outer layers and routers have left them.
    pub extensions: &'a Extensions,
}

/// What an endpoint function may return: text, or `None` for `unmatched`. Sealed.
pub trait IntoEndpoint: sealed::Sealed {
    /// The endpoint, if there is one.
    #[doc(hidden)]
    fn into_endpoint(self) -> Option<Cow<'static, str>>;
}

mod sealed {
    pub trait Sealed {}
}

/// Names the endpoint of a request.
pub(crate) type EndpointFn = Arc<Guarded<dyn Fn(&RequestView<'_>) -> Option<Cow<'static, str>> + Send + Sync>>;

// === impl Endpoint ===

impl Endpoint {
    /// The endpoint with this template.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }

    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

// === impl RequestView ===

impl<'a> RequestView<'a> {
    pub(crate) fn new<B>(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold credentials.
        f.debug_struct("RequestView").field("method", self.method).finish_non_exhaustive()
    }
}

// === impl IntoEndpoint ===

macro_rules! into_endpoint {
    ($($text:ty),*) => {$(
        impl sealed::Sealed for $text {}
        impl IntoEndpoint for $text {
            fn into_endpoint(self) -> Option<Cow<'static, str>> {
                Some(self.into())
            }
        }
    )*};
}

into_endpoint!(&'static str, String, Cow<'static, str>);

impl<T: IntoEndpoint> sealed::Sealed for Option<T> {}
impl<T: IntoEndpoint> IntoEndpoint for Option<T> {
    fn into_endpoint(self) -> Option<Cow<'static, str>> {
        self.and_then(T::into_endpoint)
    }
}
