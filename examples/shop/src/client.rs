//! Calling another service, and taking the trace along.

use std::{net::SocketAddr, time::Duration};

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use obs_axum::obs_core::{
    propagation,
    trace::{self, SpanKind},
};
use reqwest::{RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};

use crate::failure::Failure;

/// How long a service waits for another.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A client of one other service.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    service: &'static str,
    base: String,
}

// === impl Client ===

impl Client {
    /// # Errors
    ///
    /// If the client can't be set up.
    pub(crate) fn new(service: &'static str, address: SocketAddr) -> Result<Self, reqwest::Error> {
        // The other service is on this machine: no proxy of the environment stands between.
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build()?;
        Ok(Self { http, service, base: format!("http://{address}") })
    }

    /// # Errors
    ///
    /// If the other service doesn't answer, or doesn't answer well.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call("GET", self.http.get(format!("{}{path}", self.base))).await
    }

    /// # Errors
    ///
    /// If the other service doesn't answer, or doesn't answer well.
    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.call("POST", self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    async fn call<T: DeserializeOwned>(&self, method: &'static str, request: RequestBuilder) -> Result<T, Failure> {
        let answer = async move {
            // Inside of the span, so that the other service's span becomes its child.
            let response = request.headers(trace_context()).send().await?;
            Ok(checked(response)?.json().await?)
        };
        trace::span(method).kind(SpanKind::Client).attribute("peer.service", self.service).try_run(answer).await
    }
}

/// The headers that make the other service part of our trace: `traceparent`, `tracestate`, `baggage`.
fn trace_context() -> HeaderMap {
    let mut headers = HeaderMap::new();
    propagation::inject(&mut |name, value| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    });
    headers
}

fn checked(response: Response) -> Result<Response, Failure> {
    match response.status() {
        status if status.is_success() => Ok(response),
        StatusCode::NOT_FOUND => Err(Failure::NotFound),
        StatusCode::PAYMENT_REQUIRED => Err(Failure::Declined),
        status => Err(Failure::Upstream(status)),
    }
}
