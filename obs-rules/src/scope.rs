//! Scopes of conditions and objectives: the requests that they are about.

use std::fmt;

/// A part of a service's requests: all of them, or those of one method, one endpoint or both.
///
/// ```
/// use obs_rules::Scope;
///
/// let orders = Scope::service().method("GET").endpoint("/orders/{id}");
/// assert_eq!(orders.to_string(), "GET /orders/{id}");
/// assert!(Scope::service().is_service());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    method: Option<String>,
    endpoint: Option<String>,
}

// === impl Scope ===

impl Scope {
    /// All requests of the service.
    #[must_use]
    pub const fn service() -> Self {
        Self {
            method: None,
            endpoint: None,
        }
    }

    /// Only the requests of one endpoint, named by its template: `/orders/{id}`.
    #[must_use]
    pub fn endpoint(mut self, template: impl Into<String>) -> Self {
        self.endpoint = Some(template.into());
        self
    }

    /// Only the requests of one method: `GET`.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// The method; `None` for all of them.
    #[must_use]
    pub fn method_name(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The endpoint's template; `None` for all of them.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Whether it has all requests of the service.
    #[must_use]
    pub const fn is_service(&self) -> bool {
        self.method.is_none() && self.endpoint.is_none()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.method_name(), self.template()) {
            (None, None) => f.write_str("all requests"),
            (Some(method), None) => write!(f, "{method} requests"),
            (None, Some(endpoint)) => f.write_str(endpoint),
            (Some(method), Some(endpoint)) => write!(f, "{method} {endpoint}"),
        }
    }
}
