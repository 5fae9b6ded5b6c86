//! Requests that a layer leaves out of all signals.

use std::{fmt, sync::Arc};

use super::{HeaderReader, RequestHead};
use crate::guard::Guarded;

/// A condition of the application.
type Condition = Arc<Guarded<dyn Fn(&IncomingRequest<'_>) -> bool + Send + Sync>>;

/// The requests that a layer leaves out.
#[derive(Clone, Default)]
pub struct Skip {
    templates: Vec<Box<str>>,
    /// Prefixes of paths, without slashes at either end.
    prefixes: Vec<Box<str>>,
    conditions: Vec<Condition>,
}

/// A request as it arrives, for the function of the setter `skip_if` of a layer.
///
/// Method, path and headers are as the client has sent them.
///
/// ```
/// use obs_core::request::IncomingRequest;
///
/// // For `ObsLayer::new().skip_if(is_probe)`.
/// fn is_probe(request: &IncomingRequest<'_>) -> bool {
///     let agent = request.header("user-agent").unwrap_or_default();
///     request.method == "GET" && agent.starts_with(b"kube-probe/")
/// }
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct IncomingRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The route's template; `None` if no route matches.
    pub endpoint: Option<&'a str>,
    headers: &'a dyn HeaderReader,
}

// === impl Skip ===

impl Skip {
    /// Leaves out the route with this template.
    pub fn template(&mut self, template: &str) {
        self.templates.push(template.into());
    }

    /// Leaves out routes, and unmatched paths, at or below this path.
    pub fn prefix(&mut self, prefix: &str) {
        self.prefixes.push(prefix.trim_matches('/').into());
    }

    /// Leaves out requests for which this is true.
    pub fn condition(&mut self, condition: impl Fn(&IncomingRequest<'_>) -> bool + Send + Sync + 'static) {
        self.conditions
            .push(Arc::new(Guarded::new("the skip_if function of a layer", condition)));
    }

    /// Whether no request is left out.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            templates,
            prefixes,
            conditions,
        } = self;
        templates.is_empty() && prefixes.is_empty() && conditions.is_empty()
    }

    /// Whether this request is left out. A condition that panics doesn't leave it out.
    pub(super) fn takes(&self, head: &RequestHead<'_>, headers: &dyn HeaderReader) -> bool {
        let endpoint = head.endpoint;
        if endpoint.is_some_and(|endpoint| self.templates.iter().any(|template| **template == *endpoint)) {
            return true;
        }
        // A client chooses the path, and with it the parameters of a route.
        let place = endpoint.unwrap_or(head.path);
        if self.prefixes.iter().any(|prefix| is_below(place, prefix)) {
            return true;
        }
        let request = IncomingRequest {
            method: head.method,
            path: head.path,
            endpoint,
            headers,
        };
        let mut conditions = self.conditions.iter();
        conditions.any(|condition| condition.call(|condition| condition(&request)) == Some(true))
    }
}

impl fmt::Debug for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            templates,
            prefixes,
            conditions,
        } = self;
        f.debug_struct("Skip")
            .field("templates", templates)
            .field("prefixes", prefixes)
            .field("conditions", &conditions.len())
            .finish()
    }
}

/// Whether a path is `prefix` or below it, by whole segments.
fn is_below(path: &str, prefix: &str) -> bool {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_prefix(prefix)
        .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

// === impl IncomingRequest ===

impl IncomingRequest<'_> {
    /// The first value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }
}

impl fmt::Debug for IncomingRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            endpoint,
            // They may be credentials.
            headers: _,
        } = self;
        f.debug_struct("IncomingRequest")
            .field("method", method)
            .field("path", path)
            .field("endpoint", endpoint)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skips(skip: &Skip, endpoint: Option<&str>, path: &str) -> bool {
        let head = RequestHead {
            method: "GET",
            path,
            endpoint,
            ..RequestHead::default()
        };
        let headers = [("user-agent", b"kube-probe/1.31".as_slice())];
        skip.takes(&head, &&headers[..])
    }

    #[test]
    fn a_prefix_covers_whole_segments() {
        for prefix in ["/internal", "internal/", "/internal/"] {
            let mut skip = Skip::default();
            skip.prefix(prefix);
            for (path, expected) in [
                ("/internal", true),
                ("/internal/", true),
                ("/internal/a/b", true),
                ("/internals", false),
                ("/x/internal", false),
                ("//internal", false),
                ("", false),
            ] {
                assert_eq!(skips(&skip, None, path), expected, "{prefix} {path}");
            }
        }
        let mut all = Skip::default();
        all.prefix("/");
        assert!(skips(&all, None, "/a") && skips(&all, Some("/{x}"), "/a"));
    }

    #[test]
    fn a_prefix_is_compared_with_the_route_and_not_with_what_a_client_puts_into_it() {
        let mut skip = Skip::default();
        skip.prefix("/internal");
        assert!(skips(&skip, Some("/internal/{probe}"), "/internal/live"));
        assert!(!skips(&skip, Some("/{tenant}/orders"), "/internal/orders"));
        skip.prefix("/grpc.health.v1.Health");
        assert!(skips(
            &skip,
            Some("grpc.health.v1.Health/Check"),
            "/grpc.health.v1.Health/Check"
        ));
    }

    #[test]
    fn a_condition_sees_the_request_and_one_that_panics_leaves_nothing_out() {
        let mut skip = Skip::default();
        assert!(skip.is_empty());
        skip.condition(|_| panic!("on purpose"));
        assert!(!skip.is_empty() && !skips(&skip, Some("/a"), "/a"));
        skip.condition(|request| {
            let is_probe = request
                .header("user-agent")
                .is_some_and(|agent| agent.starts_with(b"kube-probe/"));
            is_probe && request.method == "GET" && request.endpoint.is_none() && request.path == "/b"
        });
        assert!(skips(&skip, None, "/b") && !skips(&skip, Some("/b"), "/b") && !skips(&skip, None, "/c"));
    }
}
