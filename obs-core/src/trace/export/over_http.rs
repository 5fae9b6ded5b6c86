//! OTLP over HTTP.

use std::{fmt, io::Write as _, sync::Arc, time::Duration};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use opentelemetry_http::{HttpClient, Request, Response, hyper::HyperClient};
use prost::Message as _;

use super::{
    exporter::BoxError,
    sender::{Answer, Refusal, USER_AGENT},
    settings::ExportSettings,
};

/// A way to a collector.
pub(super) struct OverHttp {
    client: Arc<dyn HttpClient>,
    url: String,
    headers: Vec<(String, String)>,
    gzip: bool,
}

// === impl OverHttp ===

impl OverHttp {
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let user_agent = [("user-agent".to_owned(), USER_AGENT.to_owned())];
        let given = settings.transport.headers.pairs();
        let names_itself = given.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        Ok(Self {
            client: client(settings)?,
            url: settings.endpoint.url.clone(),
            headers: user_agent.into_iter().filter(|_| !names_itself).chain(given.iter().cloned()).collect(),
            gzip: settings.transport.gzip,
        })
    }

    /// A message as it is sent.
    pub(super) fn packed(&self, message: Vec<u8>) -> Result<Bytes, BoxError> {
        if !self.gzip {
            return Ok(message.into());
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 8), Compression::fast());
        encoder.write_all(&message)?;
        Ok(encoder.finish()?.into())
    }

    pub(super) async fn send(&self, message: Bytes) -> Result<Answer, Refusal> {
        let request = self.request(message).map_err(|error| Refusal::final_of(&*error))?;
        let response = self.client.send_bytes(request).await.map_err(|error| Refusal::passing(&*error))?;
        taken(&response)
    }

    fn request(&self, message: Bytes) -> Result<Request<Bytes>, BoxError> {
        let mut request = Request::post(&self.url).header("content-type", "application/x-protobuf");
        if self.gzip {
            request = request.header("content-encoding", "gzip");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request.body(message)?)
    }
}

impl fmt::Debug for OverHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and URLs may be secrets.
        f.debug_struct("OverHttp").field("gzip", &self.gzip).finish_non_exhaustive()
    }
}

#[cfg_attr(not(feature = "otlp-tls"), expect(clippy::unnecessary_wraps, reason = "certificates may be missing"))]
fn client(settings: &ExportSettings) -> Result<Arc<dyn HttpClient>, BoxError> {
    let timeout = settings.request_timeout;
    #[cfg(feature = "otlp-tls")]
    if settings.endpoint.is_encrypted() {
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(settings.transport.tls.client_config()?)
            .https_only()
            .enable_http1()
            .build();
        return Ok(Arc::new(HyperClient::new(connector, timeout, None)));
    }
    Ok(Arc::new(HyperClient::with_default_connector(timeout, None)))
}

/// What the response says
/// ([OTLP/HTTP response](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response)).
fn taken(response: &Response<Bytes>) -> Result<Answer, Refusal> {
    let status = response.status();
    if status.is_success() {
        // A collector that answers something else has taken the message all the same.
        return Ok(Answer::decode(response.body().clone()).unwrap_or_default());
    }
    let after = response.headers().get("retry-after").and_then(|after| after.to_str().ok()?.trim().parse().ok());
    let is_passing = matches!(status.as_u16(), 429 | 502 | 503 | 504);
    let retry = is_passing.then(|| Duration::from_secs(after.unwrap_or_default()));
    Err(Refusal { reason: format!("the collector answered {status}"), retry })
}
