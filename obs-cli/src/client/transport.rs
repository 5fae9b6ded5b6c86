//! Requests and bounded answers.

use std::{
    io::Read as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use obs_base::http_client::{
    Answer, HttpClient, HttpError, TlsSettings,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
};

use super::{Address, ClientError, Query, Token};
use crate::text::{cut, shown};

/// How long an answer may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of an answer; a console sends 1 MiB.
const LONGEST: u64 = 2 << 20;
/// The most bytes of a metrics page.
const LONGEST_PAGE: u64 = 64 << 20;
/// The most bytes of a message of others that is shown.
const LONGEST_MESSAGE: usize = 300;

/// The connections to one service.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    client: Arc<Mutex<HttpClient>>,
    token: Option<Token>,
    timeout: Duration,
}

/// An answer that was read.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    /// Where a redirect leads.
    pub(crate) location: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

// === impl Transport ===

impl Transport {
    /// # Errors
    ///
    /// If the certificates of the system can't be loaded, for https.
    pub(crate) fn new(is_https: bool, token: Option<Token>) -> Result<Self, ClientError> {
        let tls = is_https.then(TlsSettings::default);
        let client = HttpClient::new(tls.as_ref(), true).map_err(|error| ClientError::Tls(error.to_string()))?;
        Ok(Self {
            client: Arc::new(Mutex::new(client)),
            token,
            timeout: TIMEOUT,
        })
    }

    #[cfg(test)]
    pub(crate) fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Fetches an answer of a console.
    ///
    /// # Errors
    ///
    /// If there is none in time, or it is too large.
    pub(crate) fn get(&self, address: &Address, query: &Query, accept: &'static str) -> Result<Body, ClientError> {
        self.fetch(address, query, accept, LONGEST)
    }

    /// Fetches a metrics page. The token goes to consoles alone.
    ///
    /// # Errors
    ///
    /// If there is none in time, or it is too large.
    pub(crate) fn page(&self, address: &Address) -> Result<Body, ClientError> {
        let without_token = Self {
            token: None,
            ..self.clone()
        };
        without_token.fetch(address, &Query::default(), "text/plain; version=0.0.4", LONGEST_PAGE)
    }

    /// Begins an answer without an end.
    ///
    /// # Errors
    ///
    /// If there is none in time.
    pub(crate) fn stream(&self, address: &Address, query: &Query) -> Result<Answer, ClientError> {
        self.send(address, query, "application/x-ndjson", true)
    }

    /// Ends the requests that are running.
    pub(crate) fn abort(&self) {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).abort();
    }

    fn fetch(&self, address: &Address, query: &Query, accept: &'static str, longest: u64) -> Result<Body, ClientError> {
        Body::read(self.send(address, query, accept, false)?, address, longest)
    }

    fn send(
        &self,
        address: &Address,
        query: &Query,
        accept: &'static str,
        is_endless: bool,
    ) -> Result<Answer, ClientError> {
        let uri: Uri = address
            .with(query)
            .parse()
            .map_err(|_| ClientError::BadUrl(address.to_string()))?;
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("obs/", env!("CARGO_PKG_VERSION"))),
        );
        if let Some(token) = &self.token {
            headers.insert(header::AUTHORIZATION, token.header());
        }
        // A clone shares the connections, and doesn't keep others from aborting.
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        client
            .get(&uri, &headers, self.timeout, is_endless)
            .map_err(|error| failed(address, &error))
    }
}

fn failed(address: &Address, error: &HttpError) -> ClientError {
    let url = address.to_string();
    if error.is_timeout() {
        ClientError::Slow(url)
    } else if error.is_refused() {
        ClientError::Nothing(url)
    } else if error.is_unknown_host() {
        ClientError::UnknownHost(url)
    } else if error.is_other_protocol() {
        ClientError::NotHttp(url)
    } else {
        ClientError::Broken(url, message(&error.to_string()))
    }
}

/// A text of others within a message of ours: short, and on one line.
pub(crate) fn message(text: &str) -> String {
    cut(&shown(text), LONGEST_MESSAGE).into_owned()
}

// === impl Body ===

impl Body {
    pub(crate) fn read(answer: Answer, address: &Address, longest: u64) -> Result<Self, ClientError> {
        let text = |name| {
            let value = answer.headers().get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let (content_type, location) = (text(header::CONTENT_TYPE).unwrap_or_default(), text(header::LOCATION));
        let status = answer.status();
        let mut bytes = Vec::new();
        let read = answer.into_reader().take(longest + 1).read_to_end(&mut bytes);
        match read {
            Ok(read) if read as u64 > longest => Err(ClientError::TooLarge(address.to_string())),
            Ok(_) => Ok(Self {
                status,
                content_type,
                location,
                bytes,
            }),
            Err(error) if is_timeout(&error) => Err(ClientError::Slow(address.to_string())),
            Err(error) => Err(ClientError::Broken(address.to_string(), message(&error.to_string()))),
        }
    }

    /// Whether it says that it is JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.content_type.to_ascii_lowercase().starts_with("application/json")
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    // The library wraps its timeout in an error of another kind.
    error.kind() == std::io::ErrorKind::TimedOut || error.to_string().starts_with("timeout")
}
