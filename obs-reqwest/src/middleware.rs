//! The middleware and its settings.

use http::Extensions;
use obs_core::{
    client::{ClientObservation, ClientState},
    client_setters,
};
use obs_http::{Attempt, Headers, propagate};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use crate::{
    body::carry_context,
    error,
    request::{client_request, count_attempt},
    response::answered,
};

/// Records every attempt, and adds the trace context to its request.
///
/// The middleware is its own builder. Its state is created at the first request and shared by all
/// clones.
///
/// ```
/// use obs_reqwest::{ObsMiddleware, reqwest, reqwest_middleware::ClientBuilder};
///
/// let users = ClientBuilder::new(reqwest::Client::new())
///     .with(ObsMiddleware::new().base_url("http://users.internal/api"))
///     .build();
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a middleware does nothing until it is added to a client"]
pub struct ObsMiddleware {
    state: ClientState,
}

client_setters!(ObsMiddleware, "obs_reqwest::ObsMiddleware");

/// Wraps a client so that its requests are recorded, with the default settings.
///
/// ```
/// let http = obs_reqwest::client(obs_reqwest::reqwest::Client::new());
/// ```
#[must_use]
pub fn client(client: reqwest::Client) -> ClientWithMiddleware {
    ClientBuilder::new(client).with(ObsMiddleware::new()).build()
}

// === impl ObsMiddleware ===

impl ObsMiddleware {
    /// Creates a middleware that records into the process-wide default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts an attempt, and writes its headers into the request.
    fn observe(&self, request: &mut Request, extensions: &mut Extensions) -> ClientObservation {
        let resend_count = count_attempt(extensions);
        let observation = ClientObservation::start(
            self.state.instrument(),
            &client_request(request, extensions, resend_count),
            &Headers(request.headers()),
        );
        if let Some(propagated) = observation.propagated() {
            propagate(&propagated, request.headers_mut());
        }
        observation
    }
}

#[async_trait::async_trait]
impl Middleware for ObsMiddleware {
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
                error::record(&mut observation, &error);
                Err(error)
            }
        }
    }
}
