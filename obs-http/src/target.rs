//! The URL template of an outgoing request.

use std::borrow::Cow;

/// The template of a request's URL path, such as `/users/{id}`, as an extension of the request.
/// It is the label `target`, part of the span's name, and the attribute `url.template`.
///
/// Use the template, never the path itself: each value is a series. Values over the limit of
/// series are counted under `_overflow`.
///
/// ```
/// use obs_http::Target;
///
/// let mut request = http::Request::get("http://users.internal/users/7").body(()).unwrap();
/// request.extensions_mut().insert(Target::new("/users/{id}"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Cow<'static, str>);

// === impl Target ===

impl Target {
    /// Creates a target from a template.
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
