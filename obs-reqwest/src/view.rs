//! What functions of the application see of a request.

use std::{borrow::Cow, fmt};

use http::{Extensions, HeaderMap, Method};
use reqwest::{Request, Url};

/// The head of a request, for the functions of
/// [`ObsClientMiddleware::target`](crate::ObsClientMiddleware::target) and
/// [`label`](crate::ObsClientMiddleware::label).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The URL.
    pub url: &'a Url,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The extensions that the caller and other middleware have set.
    pub extensions: &'a Extensions,
}

/// The functions of a client.
pub(crate) type Hooks = obs_core::adapter::Hooks<
    dyn Fn(&RequestView<'_>) -> Option<Cow<'static, str>> + Send + Sync,
    dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync,
>;

// === impl RequestView ===

impl<'a> RequestView<'a> {
    /// The view of a request.
    pub(crate) fn new(request: &'a Request, extensions: &'a Extensions) -> Self {
        Self {
            method: request.method(),
            url: request.url(),
            headers: request.headers(),
            extensions,
        }
    }
}

impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // URL and headers may contain credentials.
        f.debug_struct("RequestView")
            .field("method", self.method)
            .finish_non_exhaustive()
    }
}
