//! Which requests are meant.

use std::fmt;

/// Which of a service's requests are meant: all of them, or those of one method, endpoint or both.
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

    /// The method, if only one is meant.
    #[must_use]
    pub fn method_name(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// The endpoint's template, if only one is meant.
    #[must_use]
    pub fn template(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Whether all requests are meant.
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
