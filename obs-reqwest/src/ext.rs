//! What a caller tells of a request.

use std::borrow::Cow;

use reqwest_middleware::RequestBuilder;

/// The template of a request's URL path, as an extension of the request.
///
/// [`RequestBuilderExt::target`] sets it; with `execute_with_extensions`, insert it yourself:
///
/// ```no_run
/// # async fn call(http: obs_reqwest::reqwest_middleware::ClientWithMiddleware, request: obs_reqwest::reqwest::Request)
/// # -> Result<(), obs_reqwest::reqwest_middleware::Error> {
/// let mut extensions = http::Extensions::new();
/// extensions.insert(obs_reqwest::Target::new("/users/{id}"));
/// http.execute_with_extensions(request, &mut extensions).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Cow<'static, str>);

/// What obs adds to the request builder. Sealed: implemented for
/// [`reqwest_middleware::RequestBuilder`] only.
pub trait RequestBuilderExt: sealed::Sealed + Sized {
    /// Names the template of the URL's path, `/users/{id}`: the `target` label, the span's name and
    /// its `url.template`.
    ///
    /// Give it the template, never the path itself: each one becomes a series. What exceeds the
    /// cap of series is counted under `_overflow`.
    #[must_use]
    fn target(self, template: impl Into<Cow<'static, str>>) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

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

// === impl RequestBuilder ===

impl sealed::Sealed for RequestBuilder {}

impl RequestBuilderExt for RequestBuilder {
    fn target(self, template: impl Into<Cow<'static, str>>) -> Self {
        self.with_extension(Target::new(template))
    }
}
