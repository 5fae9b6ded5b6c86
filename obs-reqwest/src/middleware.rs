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

/// Records every attempt that passes, and sends the trace context along.
///
/// The middleware is its own builder. Its state is made once, at the first request, and shared by
/// all its clones.
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

/// A client whose requests are recorded with the default settings.
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
    /// A middleware that records into the process-wide default.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an attempt, and writes its headers into the request.
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
