//! The endpoint of a request: from the router, or from a function of the application.

use std::{borrow::Cow, fmt, rc::Rc};

use actix_web::{
    HttpRequest,
    dev::ServiceRequest,
    http::{Method, Uri, header::HeaderMap},
};
use obs_core::names::value;

use crate::patterns::Patterns;

/// The head of a request, for the functions of
/// [`ObsMiddleware::endpoint`](crate::ObsMiddleware::endpoint) and
/// [`ObsMiddleware::label`](crate::ObsMiddleware::label).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The request, with its extensions and the application's data. Don't keep a clone: actix-web
    /// panics if it routes a request that is referenced elsewhere.
    pub request: &'a HttpRequest,
}

/// The functions of a middleware.
pub(crate) type Hooks = obs_core::adapter::Hooks<
    dyn Fn(&RequestView<'_>) -> Option<Cow<'static, str>> + Send + Sync,
    dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync,
>;

/// What is known about the endpoint when a request arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The pattern that matches the path; guards may select another one later.
    Pattern(Rc<str>),
    /// No pattern matches; the user's function has returned a name.
    Named(Cow<'static, str>),
    /// Nothing is known.
    Unknown,
}

// === impl RequestView ===

impl<'a> RequestView<'a> {
    pub(crate) fn new(request: &'a HttpRequest) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            request,
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

// === impl Arrival ===

impl Arrival {
    pub(crate) fn of(request: &ServiceRequest, patterns: &Patterns, hooks: Option<&Hooks>) -> Self {
        if let Some(pattern) = patterns.of(request.path(), || request.match_pattern().map(rooted)) {
            return Self::Pattern(pattern);
        }
        let named = hooks.and_then(|hooks| hooks.template(|endpoint| endpoint(&RequestView::new(request.request()))));
        named.map_or(Self::Unknown, Self::Named)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Pattern(pattern) => Some(pattern),
            Self::Named(name) => Some(name),
            Self::Unknown => None,
        }
    }

    /// The endpoint after routing, if it differs from that on arrival.
    pub(crate) fn after_routing(&self, request: &HttpRequest) -> Option<Cow<'static, str>> {
        match (self, matched_pattern(request)) {
            (Self::Pattern(before), Some(now)) if **before == *now => None,
            (_, Some(now)) => Some(now.into()),
            (Self::Pattern(_), None) => Some(value::UNMATCHED.into()),
            (Self::Named(_) | Self::Unknown, None) => None,
        }
    }
}

/// The pattern of the resource that handled the request; `None` for a default service.
///
/// For a request without a resource, actix-web returns the first pattern that matches the path,
/// regardless of the guards of that resource: `POST` to a path with a `GET` route is a 404 of the
/// default service, and a client could use every method with every path.
fn matched_pattern(request: &HttpRequest) -> Option<String> {
    let pattern = request.match_pattern().map(rooted)?;
    let path = request.match_info();
    let rest = path.unprocessed();
    if rest.is_empty() {
        return Some(pattern);
    }
    // Scopes, and services of a whole directory, leave the rest of the path unrouted. The pattern of a
    // directory covers the part before; that of the fallback is longer.
    let routed = path.as_str().strip_suffix(rest).unwrap_or_default();
    (segments(&pattern) <= segments(routed)).then_some(pattern)
}

/// The number of segments of a path or pattern.
fn segments(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.is_empty()).count()
}

/// The pattern with `/` for a service at the root, whose pattern is empty: that would be an empty
/// label.
fn rooted(pattern: String) -> String {
    if pattern.is_empty() { "/".to_owned() } else { pattern }
}
