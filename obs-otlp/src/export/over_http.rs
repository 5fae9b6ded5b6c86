//! OTLP over HTTP.

use std::{fmt, io::Write as _, time::Duration};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, StatusCode, Uri, body::Incoming, header};
#[cfg(feature = "tls")]
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{Client, ResponseFuture, connect::HttpConnector},
    rt::TokioExecutor,
};
use obs_base::clock;
use prost::Message as _;
use tokio::time::timeout;

use super::{
    BoxError,
    answer::{Answer, MAX_ANSWER, Refusal, Remedy, RpcStatus, shortened},
    redirect,
    sender::USER_AGENT,
    settings::ExportSettings,
};

/// How long the body of an answer may take after its head: that has said already what has become of the message.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);
/// How often one message is sent on by the collector.
const MOST_REDIRECTS: usize = 5;

/// A way to a collector.
pub(super) struct OverHttp {
    client: HttpClient,
    uri: Uri,
    headers: Vec<(String, String)>,
    gzip: bool,
}

enum HttpClient {
    Plain(Client<HttpConnector, Full<Bytes>>),
    #[cfg(feature = "tls")]
    Encrypted(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

// === impl OverHttp ===

impl OverHttp {
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let user_agent = [(header::USER_AGENT.as_str().to_owned(), USER_AGENT.to_owned())];
        let given = settings.transport.headers.pairs();
        let names_itself = given.iter().any(|(name, _)| name.eq_ignore_ascii_case(header::USER_AGENT.as_str()));
        Ok(Self {
            client: HttpClient::new(settings)?,
            uri: settings.endpoint.url.parse()?,
            headers: user_agent.into_iter().filter(|_| !names_itself).chain(given.iter().cloned()).collect(),
            gzip: settings.transport.gzip,
        })
    }

    /// A message as it is sent.
    pub(super) fn packed(&self, message: Bytes) -> Result<Bytes, BoxError> {
        if !self.gzip {
            return Ok(message);
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 8), Compression::fast());
        encoder.write_all(&message)?;
        Ok(encoder.finish()?.into())
    }

    pub(super) async fn send(&self, message: Bytes) -> Result<Answer, Refusal> {
        let mut uri = self.uri.clone();
        for _ in 0..=MOST_REDIRECTS {
            let request = self.request(&uri, message.clone()).map_err(|error| Refusal::lasting(error.to_string()))?;
            let response = self.client.request(request).await.map_err(|error| Refusal::passing(&error))?;
            let status = response.status();
            if !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
                return answered(response).await;
            }
            let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
            uri =
                redirect::target(&uri, location).map_err(|why| Refusal::lasting(format!("{}, {why}", said(status))))?;
        }
        Err(Refusal::lasting(format!("the collector has redirected a message more than {MOST_REDIRECTS} times")))
    }

    fn request(&self, uri: &Uri, message: Bytes) -> Result<Request<Full<Bytes>>, BoxError> {
        let mut request = Request::post(uri).header(header::CONTENT_TYPE, PROTOBUF);
        if self.gzip {
            request = request.header(header::CONTENT_ENCODING, "gzip");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(message))?)
    }
}

impl fmt::Debug for OverHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and URLs may be secrets.
        f.debug_struct("OverHttp").field("gzip", &self.gzip).finish_non_exhaustive()
    }
}

// === impl HttpClient ===

impl HttpClient {
    #[cfg_attr(not(feature = "tls"), expect(clippy::unnecessary_wraps, reason = "certificates may be missing"))]
    #[cfg_attr(not(feature = "tls"), expect(unused_variables, reason = "settings of encryption"))]
    fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        let builder = Client::builder(TokioExecutor::new());
        #[cfg(feature = "tls")]
        if settings.endpoint.is_encrypted() {
            let connector = hyper_rustls::HttpsConnectorBuilder::new()
                .with_tls_config(settings.transport.tls.client_config()?)
                .https_only()
                .enable_http1()
                .build();
            return Ok(Self::Encrypted(builder.build(connector)));
        }
        Ok(Self::Plain(builder.build(HttpConnector::new())))
    }

    fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        match self {
            Self::Plain(client) => client.request(request),
            #[cfg(feature = "tls")]
            Self::Encrypted(client) => client.request(request),
        }
    }
}

/// The type of messages and answers.
const PROTOBUF: &str = "application/x-protobuf";

/// What the response says
/// ([OTLP/HTTP response](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response)).
async fn answered(response: Response<Incoming>) -> Result<Answer, Refusal> {
    let (head, body) = response.into_parts();
    let body = timeout(BODY_TIMEOUT, Limited::new(body, MAX_ANSWER).collect()).await;
    // Whether the body is too large, too slow or cut: the head has said it all.
    let body = body.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if head.status.is_success() {
        // A collector that answers something else has taken the message all the same.
        return Ok(Answer::decode(body).unwrap_or_default());
    }
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or(PROTOBUF);
    let rpc_status = if kind.starts_with(PROTOBUF) { RpcStatus::decode(body.clone()).ok() } else { None };
    let reason = match &rpc_status {
        Some(status) => shortened(&status.message),
        None if is_text(kind) => shortened(&String::from_utf8_lossy(&body)),
        None => String::new(),
    };
    let remedy = match head.status.as_u16() {
        413 => Remedy::Smaller,
        429 | 502 | 503 | 504 => {
            let told = text(header::RETRY_AFTER).and_then(delay);
            Remedy::Later(told.or_else(|| rpc_status?.retry_delay()))
        }
        _ => Remedy::None,
    };
    let said = said(head.status);
    Err(Refusal { reason: if reason.is_empty() { said } else { format!("{said}: {reason}") }, remedy })
}

fn said(status: StatusCode) -> String {
    format!("the collector answered {status}")
}

/// Whether a body of this type can be shown; pages of proxies can't.
fn is_text(kind: &str) -> bool {
    kind.starts_with("text/plain") || kind.starts_with("application/json")
}

/// What `Retry-After` says: seconds, or a date
/// ([RFC 9110, 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3)).
fn delay(text: &str) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(clock::since_epoch(date).saturating_sub(clock::unix_now()))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_delay_is_a_number_of_seconds_or_a_date() {
        assert_eq!(delay(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(delay("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        let date = |seconds| httpdate::fmt_http_date(UNIX_EPOCH + clock::unix_now() + Duration::from_secs(seconds));
        let left = delay(&date(100)).unwrap();
        assert!(left > Duration::from_secs(90) && left <= Duration::from_secs(100), "{left:?}");
        assert_eq!(delay("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO), "it is over");
        for bad in ["", "soon", "-1", "1.5", "Fri, 31 Foo 1999 23:59:59 GMT"] {
            assert_eq!(delay(bad), None, "{bad}");
        }
    }
}
