//! OTLP over HTTP.

use std::{cell::RefCell, fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;
use obs_base::{
    clock,
    http_client::{
        self, HttpClient, HttpError,
        http::{
            StatusCode, Uri,
            header::{self, HeaderMap, HeaderName, HeaderValue},
        },
    },
};
use tokio::task::spawn_blocking;

use super::{
    BoxError,
    answer::{Answer, MAX_ANSWER, Refusal, Remedy, RpcStatus, shortened},
    redirect,
    sender::USER_AGENT,
    settings::ExportSettings,
};

/// How many redirects one message follows.
const MAX_REDIRECTS: usize = 5;
/// The time limit of a cancelled request that doesn't end at once.
const GRACE: Duration = Duration::from_millis(100);

/// OTLP over HTTP to one collector. Requests block, each on a thread of the runtime's pool for blocking work: the
/// sender waits for one at a time, and ends it if it stops waiting.
pub(super) struct OverHttp {
    client: RefCell<HttpClient>,
    uri: Uri,
    headers: Arc<HeaderMap>,
    gzip: bool,
}

/// Ends the request that is running when the sender stops waiting for it.
struct AbortOnDrop<'a> {
    client: &'a RefCell<HttpClient>,
    is_running: bool,
}

/// The result of a request.
enum Outcome {
    /// The collector has decided.
    Answered(Result<Answer, Refusal>),
    /// To this place.
    Redirected(StatusCode, Option<String>),
}

// === impl OverHttp ===

impl OverHttp {
    pub(super) fn new(settings: &ExportSettings) -> Result<Self, BoxError> {
        #[cfg(feature = "tls")]
        let tls = settings
            .endpoint
            .is_encrypted()
            .then(|| settings.transport.tls.settings());
        #[cfg(not(feature = "tls"))]
        let tls = None;
        Ok(Self {
            client: RefCell::new(HttpClient::new(tls, true)?),
            uri: settings.endpoint.url.parse()?,
            headers: Arc::new(headers(settings)?),
            gzip: settings.transport.gzip,
        })
    }

    /// A message as it is sent.
    pub(super) fn packed(&self, message: Bytes) -> Result<Bytes, BoxError> {
        Ok(if self.gzip { compressed(&message)? } else { message })
    }

    /// Sends a message, for which the sender waits no longer than `timeout`.
    pub(super) async fn send(&self, message: Bytes, timeout: Duration) -> Result<Answer, Refusal> {
        let mut uri = self.uri.clone();
        for _ in 0..=MAX_REDIRECTS {
            let (status, location) = match self.request(&uri, message.clone(), timeout).await? {
                Outcome::Answered(answered) => return answered,
                Outcome::Redirected(status, location) => (status, location),
            };
            uri = redirect::target(&uri, location.as_deref())
                .map_err(|why| Refusal::lasting(format!("{}, {why}", said(status))))?;
        }
        Err(Refusal::lasting(format!(
            "the collector has redirected a message more than {MAX_REDIRECTS} times"
        )))
    }

    async fn request(&self, uri: &Uri, message: Bytes, timeout: Duration) -> Result<Outcome, Refusal> {
        let (client, uri, headers) = (self.client.borrow().clone(), uri.clone(), Arc::clone(&self.headers));
        let mut abort = AbortOnDrop {
            client: &self.client,
            is_running: true,
        };
        let request = move || {
            client
                .post(&uri, &headers, &message, timeout.saturating_add(GRACE))
                .map(outcome)
        };
        let outcome = spawn_blocking(request).await;
        abort.is_running = false;
        match outcome {
            Ok(outcome) => outcome.map_err(|error: HttpError| Refusal::passing(&error)),
            Err(error) => Err(Refusal::passing(&error)),
        }
    }
}

impl fmt::Debug for OverHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and URLs may be secrets.
        f.debug_struct("OverHttp")
            .field("gzip", &self.gzip)
            .finish_non_exhaustive()
    }
}

impl Drop for AbortOnDrop<'_> {
    fn drop(&mut self) {
        if self.is_running {
            self.client.borrow_mut().abort();
        }
    }
}

#[cfg(feature = "gzip")]
fn compressed(message: &[u8]) -> io::Result<Bytes> {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    let mut encoder = GzEncoder::new(Vec::with_capacity(message.len() / 8), Compression::fast());
    encoder.write_all(message)?;
    Ok(encoder.finish()?.into())
}

/// Is not called: compression is refused at the start then.
#[cfg(not(feature = "gzip"))]
fn compressed(_: &[u8]) -> io::Result<Bytes> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The headers of each message: those of the protocol, and those of the settings.
fn headers(settings: &ExportSettings) -> Result<HeaderMap, BoxError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    if settings.transport.gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    for (name, value) in settings.transport.headers.pairs() {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    }
    Ok(headers)
}

/// The type of messages and answers.
const PROTOBUF: &str = "application/x-protobuf";

/// Reads an answer.
fn outcome(answer: http_client::Answer) -> Outcome {
    let status = answer.status();
    if matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
        let location = answer
            .headers()
            .get(header::LOCATION)
            .and_then(|location| location.to_str().ok());
        return Outcome::Redirected(status, location.map(str::to_owned));
    }
    Outcome::Answered(answered(answer))
}

/// The result in an answer
/// ([OTLP/HTTP response](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response)).
fn answered(answer: http_client::Answer) -> Result<Answer, Refusal> {
    let (status, headers) = (answer.status(), answer.headers().clone());
    // If the body is too large, too slow or cut, it counts as empty: the head has the result.
    let body = answer.read(MAX_ANSWER);
    if status.is_success() {
        // A collector with another response body has accepted the message.
        return Ok(Answer::decode(&body).unwrap_or_default());
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(header::CONTENT_TYPE).unwrap_or(PROTOBUF);
    let rpc_status = if kind.starts_with(PROTOBUF) {
        RpcStatus::decode(&body).ok()
    } else {
        None
    };
    let reason = match &rpc_status {
        Some(status) => shortened(&status.message),
        None if is_text(kind) => shortened(&String::from_utf8_lossy(&body)),
        None => String::new(),
    };
    let remedy = match status.as_u16() {
        413 => Remedy::Smaller,
        429 | 502 | 503 | 504 => {
            let delay = text(header::RETRY_AFTER).and_then(delay);
            Remedy::Later(delay.or_else(|| rpc_status?.retry_delay))
        }
        _ => Remedy::None,
    };
    let said = said(status);
    Err(Refusal {
        reason: if reason.is_empty() {
            said
        } else {
            format!("{said}: {reason}")
        },
        remedy,
    })
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
        assert!(
            left > Duration::from_secs(90) && left <= Duration::from_secs(100),
            "{left:?}"
        );
        assert_eq!(
            delay("Fri, 31 Dec 1999 23:59:59 GMT"),
            Some(Duration::ZERO),
            "it is over"
        );
        for bad in ["", "soon", "-1", "1.5", "Fri, 31 Foo 1999 23:59:59 GMT"] {
            assert_eq!(delay(bad), None, "{bad}");
        }
    }
}
