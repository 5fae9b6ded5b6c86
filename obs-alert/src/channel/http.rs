//! One request, one connection.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{HeaderMap, Request, Response, StatusCode, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use super::{endpoint::Endpoint, send_error::SendError, tls::Tls};

/// What is read of an answer, for the log.
const MOST_ANSWER: usize = 16 * 1024;
const SHOWN: usize = 200;

/// What a receiver's clock has shown when it took something, since 1970; `None` if it doesn't say.
pub(super) type Date = Option<Duration>;

pub(super) async fn post(endpoint: &Endpoint, tls: &Tls, body: Vec<u8>) -> Result<Date, SendError> {
    let failed = |error: &dyn std::fmt::Display| SendError::transient(format!("{}: {error}", endpoint.origin()));
    let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port)).await.map_err(|error| failed(&error))?;
    if endpoint.is_tls {
        let stream = tls.connect(&endpoint.host, stream).await.map_err(|error| failed(&error))?;
        exchange(endpoint, stream, body).await
    } else {
        exchange(endpoint, stream, body).await
    }
}

async fn exchange<S>(endpoint: &Endpoint, stream: S, body: Vec<u8>) -> Result<Date, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| SendError::transient(format!("{}: {error}", endpoint.origin()));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request(endpoint, body)?).await.map_err(failed)?;
    let judged = judge(endpoint, answer).await;
    driver.abort();
    judged
}

fn request(endpoint: &Endpoint, body: Vec<u8>) -> Result<Request<Full<Bytes>>, SendError> {
    let mut request = Request::post(endpoint.path.reveal())
        .header(header::HOST, &endpoint.authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("obs-alert/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| SendError::lasting(format!("{}: no request can be made", endpoint.origin())))?;
    for (name, value) in &endpoint.headers {
        request.headers_mut().insert(name, value.clone());
    }
    Ok(request)
}

#[expect(clippy::disallowed_methods, reason = "a stamp of the receiver is turned into a number")]
async fn judge(endpoint: &Endpoint, answer: Response<Incoming>) -> Result<Date, SendError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(date(answer.headers()).and_then(|date| date.duration_since(UNIX_EPOCH).ok()));
    }
    let retry_after = retry_after(answer.headers());
    let text = Limited::new(answer.into_body(), MOST_ANSWER).collect().await.map(http_body_util::Collected::to_bytes);
    let message = format!("{} answered {status}{}", endpoint.origin(), shown(&text.unwrap_or_default()));
    let may_go_well = status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY);
    Err(if may_go_well { SendError::transient(message).wait(retry_after) } else { SendError::lasting(message) })
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()
}

/// Seconds, or a date, which is read against the receiver's own clock.
#[expect(clippy::disallowed_methods, reason = "both stamps are the receiver's: its clock is asked twice, none of ours")]
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text).ok()?.duration_since(date(headers)?).ok()
}

/// The beginning of an answer, on one line.
fn shown(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    let line = line.trim();
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_may_ask_to_wait_for_seconds_or_until_a_date_of_its_own_clock() {
        let wait = |retry: &str, date: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, retry.parse().unwrap());
            headers.insert(header::DATE, date.parse().unwrap());
            retry_after(&headers)
        };
        let now = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(wait("7", now), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:07 GMT", now), None, "in the past");
        assert_eq!(wait("soon", now), None);
    }
}
