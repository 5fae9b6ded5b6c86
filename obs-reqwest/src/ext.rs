//! The target of a request, from its caller.

use std::borrow::Cow;

use obs_http::Target;
use reqwest_middleware::RequestBuilder;

/// Methods of obs for the request builder. Sealed: implemented for
/// [`reqwest_middleware::RequestBuilder`] only.
pub trait RequestBuilderExt: sealed::Sealed + Sized {
    /// Sets the URL template, such as `/users/{id}`: the label `target`, part of the span's name,
    /// and the attribute `url.template`.
    ///
    /// Use the template, never the path itself: each value is a series. Values over the limit of
    /// series are counted under `_overflow`.
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
