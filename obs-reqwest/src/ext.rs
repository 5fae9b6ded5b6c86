//! What a caller tells of a request.

use std::borrow::Cow;

use obs_http::Target;
use reqwest_middleware::RequestBuilder;

/// What obs adds to the request builder. Sealed: implemented for
/// [`reqwest_middleware::RequestBuilder`] only.
pub trait RequestBuilderExt: sealed::Sealed + Sized {
    /// Names the template of the URL's path, `/users/{id}`: the `target` label, the span's name and
    /// its `url.template`.
    ///
    /// Give it the template, never the path itself: each one becomes a series. What exceeds the
    /// cap of series is counted under `_overflow`.
    ///
    /// With `execute_with_extensions`, insert the [`Target`] yourself:
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
    #[must_use]
    fn target(self, template: impl Into<Cow<'static, str>>) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

// === impl RequestBuilder ===

impl sealed::Sealed for RequestBuilder {}

impl RequestBuilderExt for RequestBuilder {
    fn target(self, template: impl Into<Cow<'static, str>>) -> Self {
        self.with_extension(Target::new(template))
    }
}
