//! What functions of the application see of a request.

use std::{borrow::Cow, fmt};

use http::{Extensions, HeaderMap, Method, Request, Uri};

/// The head of a request, for functions of the application:
/// [`ObsLayer::endpoint`](crate::ObsLayer::endpoint) and
/// [`label`](crate::ObsLayer::label), and for outgoing requests
/// [`ObsClientLayer::target`](crate::ObsClientLayer::target) and
/// [`label`](crate::ObsClientLayer::label).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions that outer layers and routers have set.
    pub extensions: &'a Extensions,
}

/// The functions of a layer or client.
pub(crate) type Hooks = obs_core::adapter::Hooks<
    dyn Fn(&RequestView<'_>) -> Option<Cow<'static, str>> + Send + Sync,
    dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync,
>;

// === impl RequestView ===

impl<'a> RequestView<'a> {
    /// The view of a request.
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
        // Headers may contain credentials.
        f.debug_struct("RequestView")
            .field("method", self.method)
            .finish_non_exhaustive()
    }
}
