//! Naming the endpoint: by the router, or where no router tells it.

use std::{borrow::Cow, fmt, rc::Rc};

use actix_web::{
    HttpRequest,
    dev::ServiceRequest,
    http::{Method, Uri, header::HeaderMap},
};
use obs_core::names::value;

use crate::patterns::Patterns;

/// What the functions of [`ObsMiddleware::endpoint`](crate::ObsMiddleware::endpoint) and
/// [`ObsMiddleware::label`](crate::ObsMiddleware::label) see of a request.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The request, with its extensions and the application's data. Don't keep a clone of it:
    /// actix-web panics when it routes a request that is held elsewhere.
    pub request: &'a HttpRequest,
}

/// The functions of a middleware.
pub(crate) type Hooks = obs_core::request::Hooks<
    dyn Fn(&RequestView<'_>) -> Option<Cow<'static, str>> + Send + Sync,
    dyn for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync,
>;

/// What is known of the endpoint when a request arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The pattern that fits the path; guards may yet choose another.
    Pattern(Rc<str>),
    /// No pattern fits; the user's function has given a name.
    Named(Cow<'static, str>),
    /// Nothing.
    Unknown,
}

// === impl RequestView ===

impl<'a> RequestView<'a> {
    pub(crate) fn new(request: &'a HttpRequest) -> Self {
        Self { method: request.method(), uri: request.uri(), headers: request.headers(), request }
    }
}

impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold credentials.
        f.debug_struct("RequestView").field("method", self.method).finish_non_exhaustive()
    }
}

// === impl Arrival ===

impl Arrival {
    pub(crate) fn of(request: &ServiceRequest, patterns: &Patterns, hooks: Option<&Hooks>) -> Self {
        if let Some(pattern) = patterns.of(request.path(), || request.match_pattern().map(rooted)) {
            return Self::Pattern(pattern);
        }
        let named = hooks.and_then(|hooks| hooks.endpoint(|endpoint| endpoint(&RequestView::new(request.request()))));
        named.map_or(Self::Unknown, Self::Named)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Pattern(pattern) => Some(pattern),
            Self::Named(name) => Some(name),
            Self::Unknown => None,
        }
    }

    /// The endpoint now that the request has been routed, if it is another than on arrival.
    pub(crate) fn after_routing(&self, request: &HttpRequest) -> Option<Cow<'static, str>> {
        match (self, matched_pattern(request)) {
            (Self::Pattern(before), Some(now)) if **before == *now => None,
            (_, Some(now)) => Some(now.into()),
            (Self::Pattern(_), None) => Some(value::UNMATCHED.into()),
            (Self::Named(_) | Self::Unknown, None) => None,
        }
    }
}

/// The pattern of the resource that has taken the request; `None` where a default service has.
///
/// For a request that no resource took, actix-web falls back to the first pattern that fits the
/// path, whatever the guards of that resource said: `POST` to a path that has a `GET` route is a 404
/// of the default service, and a client could try every method on every path.
fn matched_pattern(request: &HttpRequest) -> Option<String> {
    let pattern = request.match_pattern().map(rooted)?;
    let path = request.match_info();
    let rest = path.unprocessed();
    if rest.is_empty() {
        return Some(pattern);
    }
    // Scopes on the way, and services that take a whole directory, leave the rest of the path
    // unrouted. The pattern of a directory is one of the part before; the fallback's is longer.
    let routed = path.as_str().strip_suffix(rest).unwrap_or_default();
    (segments(&pattern) <= segments(routed)).then_some(pattern)
}

/// How many segments a path or a pattern has.
fn segments(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.is_empty()).count()
}

/// A service at the root of the application has an empty pattern, which would be no label at all.
fn rooted(pattern: String) -> String {
    if pattern.is_empty() { "/".to_owned() } else { pattern }
}
