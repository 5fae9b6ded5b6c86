//! Sending a body by HTTP.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use obs_base::http_client::{
    Answer, HttpClient, TlsSettings,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
};

use super::{endpoint::Endpoint, send_error::SendError};

/// How much of an answer is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024;
/// How much of an answer is shown, in characters.
const SHOWN: usize = 200;

/// The time of a receiver's clock when it took something, since 1970; `None` if it doesn't send it.
pub(super) type Date = Option<Duration>;

/// An endpoint that takes JSON.
#[derive(Clone)]
pub(crate) struct Post {
    endpoint: Endpoint,
    client: HttpClient,
}

// === impl Post ===

impl Post {
    /// Trusts the certificates of the system, or only those of `authority` (PEM).
    pub(super) fn new(endpoint: Endpoint, authority: Option<&[u8]>) -> Result<Self, String> {
        let tls = if endpoint.is_tls() {
            Some(tls_settings(authority)?)
        } else {
            None
        };
        // Notifications are rare: each has a connection of its own, so that none is held open for hours.
        let client = HttpClient::new(tls.as_ref(), false).map_err(|error| error.to_string())?;
        Ok(Self { endpoint, client })
    }

    /// Sends, within `timeout`.
    pub(super) fn send(&self, body: &[u8], timeout: Duration) -> Result<Date, SendError> {
        let Self { endpoint, client } = self;
        let answer = client
            .post(&endpoint.uri, &endpoint.headers, body, timeout)
            .map_err(|error| {
                let origin = endpoint.origin();
                SendError::transient(if error.is_timeout() {
                    format!("{origin} did not answer within {timeout:?}")
                } else {
                    format!("{origin}: {error}")
                })
            })?;
        judge(endpoint, answer)
    }
}

#[cfg(feature = "tls")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn tls_settings(authority: Option<&[u8]>) -> Result<TlsSettings, String> {
    Ok(TlsSettings {
        roots: authority.map(<[u8]>::to_vec),
        identity: None,
    })
}

#[cfg(not(feature = "tls"))]
fn tls_settings(_: Option<&[u8]>) -> Result<TlsSettings, String> {
    Err("https needs the feature `tls` of obs-alert".to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a timestamp of the receiver is turned into a number"
)]
fn judge(endpoint: &Endpoint, answer: Answer) -> Result<Date, SendError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(date(answer.headers()).and_then(|date| date.duration_since(UNIX_EPOCH).ok()));
    }
    let retry_after = retry_after(answer.headers());
    let message = format!(
        "{} answered {status}{}",
        endpoint.origin(),
        shown(&answer.read(MAX_ANSWER))
    );
    let is_transient = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY
        );
    Err(if is_transient {
        SendError::transient(message).wait(retry_after)
    } else {
        SendError::lasting(message)
    })
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(header::DATE)?.to_str().ok()?).ok()
}

/// Seconds, or a date, which is compared with the receiver's own clock.
#[expect(
    clippy::disallowed_methods,
    reason = "both timestamps are of the receiver's clock, none of ours"
)]
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    httpdate::parse_http_date(text)
        .ok()?
        .duration_since(date(headers)?)
        .ok()
}

/// The beginning of an answer, on one line.
fn shown(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(SHOWN)
        .collect();
    let line = line.trim();
    if line.is_empty() {
        String::new()
    } else {
        format!(": {line}")
    }
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
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:50:07 GMT", now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:07 GMT", now), None, "in the past");
        assert_eq!(wait("soon", now), None);
    }
}
