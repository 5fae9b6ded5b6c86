//! The middleware and its settings.

use std::future::poll_fn;

use http::Extensions;
use obs_core::{
    client::{ClientObservation, ClientResponse, ClientState},
    client_setters,
};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use crate::{
    error,
    headers::{Headers, propagate},
    request::{client_request, count_attempt, protocol},
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

client_setters!(ObsMiddleware);

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
        let polling = observation.enter();
        let mut inner = next.run(request, extensions);
        polling.leave();
        let result = poll_fn(|cx| {
            let polling = observation.enter();
            let polled = inner.as_mut().poll(cx);
            polling.leave();
            polled
        })
        .await;
        match &result {
            Ok(response) => observation.head(&ClientResponse {
                status: response.status().as_u16(),
                protocol: Some(protocol(response.version())),
                headers: &Headers(response.headers()),
                peer: response.remote_addr(),
                body_bytes: response.content_length(),
            }),
            Err(error) => error::record(&mut observation, error),
        }
        result
    }
}
