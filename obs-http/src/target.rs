//! The template of an outgoing request.

use std::borrow::Cow;

/// The template of the path of a request's URL, such as `/users/{id}`, as an extension of the request: the `target`
/// label, and with it the span's name and its `url.template`.
///
/// Give it the template, never the path itself: each template becomes a series. What exceeds the cap of series is
/// counted under `_overflow`.
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
    /// The target with this template.
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
