//! The middleware and its settings.

use std::{fmt, sync::Arc};

use http::Extensions;
use obs_core::{
    adapter::{ClientObservation, ClientRequest, ClientState, LabelValues},
    client_setters,
    guard::Guarded,
    request::IntoEndpoint,
};
use obs_http::{Attempt, Headers, propagate};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next, Result};

use crate::{
    body::carry_context,
    error::{self, Classify},
    request::{client_request, count_attempt, has_target},
    response::answered,
    view::{Hooks, RequestView},
};

/// Records every attempt, and adds the trace context to its request.
///
/// The middleware is its own builder. Its state is created at the first request and shared by all
/// clones.
///
/// ```
/// use obs_reqwest::{ObsClientMiddleware, reqwest, reqwest_middleware::ClientBuilder};
///
/// let users = ClientBuilder::new(reqwest::Client::new())
///     .with(ObsClientMiddleware::new().base_url("http://users.internal/api"))
///     .build();
/// ```
#[derive(Clone, Default)]
#[must_use = "a middleware does nothing until it is added to a client"]
pub struct ObsClientMiddleware {
    state: ClientState,
    classify: Option<Classify>,
}

client_setters!(ObsClientMiddleware, "obs_reqwest::ObsClientMiddleware");

/// Wraps a client so that its requests are recorded, with the default settings.
///
/// ```
/// let http = obs_reqwest::client(obs_reqwest::reqwest::Client::new());
/// ```
#[must_use]
pub fn client(client: reqwest::Client) -> ClientWithMiddleware {
    ClientBuilder::new(client).with(ObsClientMiddleware::new()).build()
}

// === impl ObsClientMiddleware ===

impl ObsClientMiddleware {
    /// Creates a middleware that records into the process-wide default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the URL template (`/users/{id}`) of requests without a [`Target`](crate::Target): the
    /// label `target`, part of the span's name, and the attribute `url.template`. The function
    /// returns one of a fixed set of texts, or `None`. Defaults to none.
    ///
    /// ```
    /// let middleware = obs_reqwest::ObsClientMiddleware::new()
    ///     .target(|request| request.url.path().starts_with("/users/").then_some("/users/{id}"));
    /// ```
    pub fn target<R: IntoEndpoint>(self, target: impl Fn(&RequestView<'_>) -> R + Send + Sync + 'static) -> Self {
        let target = move |request: &RequestView<'_>| target(request).into_endpoint();
        let target = Arc::new(Guarded::new("the target function of a client", target));
        self.with(|options| Hooks::set_template(&mut options.common, target))
    }

    /// Adds a label to all metrics of the client, such as a tenant's tier or the purpose of a call.
    /// Its values are those of a fixed list: `None`, and any other value that the function
    /// returns, is `_OTHER`.
    ///
    /// Each label multiplies the number of series by the length of its list, so keep lists short.
    /// At most 8 labels; names match `[a-zA-Z_][a-zA-Z0-9_]*` and are not names of existing
    /// labels. An invalid label, or one without values, is ignored with a warning. Defaults to
    /// none.
    ///
    /// ```
    /// let middleware = obs_reqwest::ObsClientMiddleware::new()
    ///     .label("tier", ["free", "paid"], |request| request.headers.get("x-tier")?.to_str().ok());
    /// ```
    pub fn label<V: AsRef<str>>(
        self,
        name: impl AsRef<str>,
        values: impl IntoIterator<Item = V>,
        value: impl for<'r> Fn(&RequestView<'r>) -> Option<&'r str> + Send + Sync + 'static,
    ) -> Self {
        let value = Arc::new(Guarded::new("the label function of a client", value));
        self.with(|options| Hooks::add_label(&mut options.common, name.as_ref(), values, value))
    }

    /// Sets the `error_type` of errors, such as those of other middleware: one of a fixed set of
    /// texts, or `None` for what reqwest's errors say, and `_OTHER` for any other. Defaults to that.
    ///
    /// ```
    /// use obs_reqwest::{ObsClientMiddleware, reqwest_middleware::Error};
    ///
    /// let middleware = ObsClientMiddleware::new()
    ///     .classify_error(|error| matches!(error, Error::Middleware(_)).then_some("refused"));
    /// ```
    pub fn classify_error(mut self, classify: impl Fn(&Error) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let classify = Guarded::new("the classify_error function of a client", classify);
        self.classify = Some(Arc::new(classify));
        self
    }

    /// Starts an attempt, and writes its headers into the request.
    fn observe(&self, request: &mut Request, extensions: &mut Extensions) -> ClientObservation {
        let resend_count = count_attempt(extensions);
        let hooks: Option<&Hooks> = self.state.hooks();
        let view = RequestView::new(request, extensions);
        let named = hooks
            .filter(|_| !has_target(extensions))
            .and_then(|hooks| hooks.template(|target| target(&view)));
        let labels = hooks.map(|hooks| hooks.labels(|label| label(&view)));
        let attempt = ClientRequest {
            labels: labels.as_ref().map_or(&[][..], LabelValues::as_slice),
            ..client_request(request, extensions, named.as_deref(), resend_count)
        };
        let observation = ClientObservation::start(self.state.instrument(), &attempt, &Headers(request.headers()));
        if let Some(propagated) = observation.propagated() {
            propagate(&propagated, request.headers_mut());
        }
        observation
    }
}

#[async_trait::async_trait]
impl Middleware for ObsClientMiddleware {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let mut observation = self.observe(&mut request, extensions);
        let inner = observation.run(|| {
            carry_context(&mut request);
            next.run(request, extensions)
        });
        let (result, mut observation) = Attempt::new(inner, observation).await;
        match result {
            Ok(response) => Ok(answered(response, observation)),
            Err(error) => {
                error::record(&mut observation, &error, self.classify.as_ref());
                Err(error)
            }
        }
    }
}

impl fmt::Debug for ObsClientMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObsClientMiddleware")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
