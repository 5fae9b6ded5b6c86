//! Calling another service: obs takes the trace along, and counts the call.

use std::{net::SocketAddr, time::Duration};

use obs_reqwest::{ObsClientMiddleware, RequestBuilderExt as _, obs_core::Obs};
use reqwest::{Response, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};

use crate::failure::Failure;

/// How long a service waits for another.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A client of one other service.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: ClientWithMiddleware,
    base: String,
}

// === impl Client ===

impl Client {
    /// A client that records into `obs`.
    ///
    /// # Errors
    ///
    /// If it can't be set up.
    pub(crate) fn new(obs: &Obs, address: SocketAddr) -> Result<Self, reqwest::Error> {
        // The other service is on this machine: no proxy of the environment stands between.
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        // A service that is alone in its process writes `obs_reqwest::client(http)`.
        let http = ClientBuilder::new(http)
            .with(ObsClientMiddleware::new().obs(obs))
            .build();
        Ok(Self {
            http,
            base: format!("http://{address}"),
        })
    }

    /// `template` is what the call is counted under: `/orders/{id}`, never the path itself.
    ///
    /// # Errors
    ///
    /// If the other service doesn't answer, or doesn't answer well.
    pub(crate) async fn get<T: DeserializeOwned>(&self, template: &'static str, path: &str) -> Result<T, Failure> {
        call(self.http.get(format!("{}{path}", self.base)).target(template)).await
    }

    /// # Errors
    ///
    /// If the other service doesn't answer, or doesn't answer well.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &'static str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        call(self.http.post(format!("{}{path}", self.base)).target(path).json(body)).await
    }
}

async fn call<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Failure> {
    Ok(checked(request.send().await?)?.json().await?)
}

fn checked(response: Response) -> Result<Response, Failure> {
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::NOT_FOUND => Err(Failure::NotFound),
        StatusCode::PAYMENT_REQUIRED => Err(Failure::Declined),
        status => Err(Failure::Upstream(status)),
    }
}
