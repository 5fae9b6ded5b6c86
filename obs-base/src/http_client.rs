//! The HTTP client of everything that obs sends and fetches: OTLP, notifications, what the command `obs` shows. A client
//! of the library `ureq`, which blocks, with one set-up of TLS: rustls, and the system's certificates unless others are
//! given.
//!
//! Proxies are those of the environment (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`), as `ureq` reads them.
//! Redirects are answers like others: what is sent may be secret, so that each sender decides where it goes.
//!
//! ```no_run
//! use std::time::Duration;
//! use obs_base::http_client::{HttpClient, http::{HeaderMap, Uri}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! let client = HttpClient::new(None, true)?;
//! let uri = Uri::from_static("http://localhost:4318/v1/traces");
//! let answer = client.post(&uri, &HeaderMap::new(), b"message", Duration::from_secs(10))?;
//! assert!(answer.status().is_success());
//! assert!(answer.read(1_024).len() <= 1_024);
//! # Ok(())
//! # }
//! ```

use std::{error::Error, fmt, io, mem, time::Duration};

use ureq::{Agent, Body, config::Config, http::Response};

pub use ureq::http;

use self::http::{HeaderMap, StatusCode, Uri};
#[cfg(feature = "tls")]
pub use crate::tls::TlsSettings;

/// The longest time that the body of an answer may take after its head, which has the result already.
const BODY_TIMEOUT: Duration = Duration::from_secs(2);
/// Buffers of a connection, in bytes.
const INPUT_BUFFER: usize = 16 * 1024;
const OUTPUT_BUFFER: usize = 64 * 1024;

/// Where [`HttpClient::new`] takes settings of TLS, without the feature `tls`: there are none.
#[cfg(not(feature = "tls"))]
#[derive(Clone, Copy, Debug)]
pub enum TlsSettings {}

/// An error of the set-up of a client.
pub(crate) type SetupError = Box<dyn Error + Send + Sync>;

/// An HTTP client. Clones share its connections.
#[derive(Clone)]
pub struct HttpClient {
    agent: Agent,
    config: Config,
}

/// The answer to a request; its body has not been read yet.
#[derive(Debug)]
pub struct Answer(Response<Body>);

/// Why a request got no answer.
#[derive(Debug)]
pub struct HttpError(ureq::Error);

// === impl HttpClient ===

impl HttpClient {
    /// A client for `http://`, and with settings of TLS for `https://`. Connections are used again if `keep_alive` is
    /// set.
    ///
    /// # Errors
    ///
    /// If certificates or keys are invalid, or if there is no trusted certificate.
    pub fn new(tls: Option<&TlsSettings>, keep_alive: bool) -> Result<Self, SetupError> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(ureq::config::AutoHeaderValue::None)
            .accept(ureq::config::AutoHeaderValue::None)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .timeout_recv_body(Some(BODY_TIMEOUT));
        let config = if keep_alive {
            config
        } else {
            config.max_idle_connections(0)
        };
        #[cfg(feature = "tls")]
        let config = match tls {
            Some(settings) => config.tls_config(settings.config()?),
            None => config,
        };
        #[cfg(not(feature = "tls"))]
        let config = match tls {
            Some(never) => match *never {},
            None => config,
        };
        let config = config.build();
        Ok(Self {
            agent: config.new_agent(),
            config,
        })
    }

    /// Sends `body` and waits for the head of the answer: no longer than `timeout`, which counts for the body of the
    /// answer too. That body has 2 seconds at most.
    ///
    /// # Errors
    ///
    /// If there is no response, or if it is not HTTP.
    pub fn post(&self, uri: &Uri, headers: &HeaderMap, body: &[u8], timeout: Duration) -> Result<Answer, HttpError> {
        let mut request = http::Request::post(uri.clone())
            .body(body)
            .map_err(|error| HttpError(error.into()))?;
        request.headers_mut().clone_from(headers);
        let request = self
            .agent
            .configure_request(request)
            .timeout_global(Some(timeout))
            .build();
        self.agent.run(request).map(Answer).map_err(HttpError)
    }

    /// Asks for a page and waits for the head of the answer: no longer than `timeout`. With `is_endless`, the body may
    /// take any time after that; else all has to arrive within `timeout`.
    ///
    /// # Errors
    ///
    /// If there is no response, or if it is not HTTP.
    pub fn get(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        timeout: Duration,
        is_endless: bool,
    ) -> Result<Answer, HttpError> {
        let mut request = http::Request::get(uri.clone())
            .body(())
            .map_err(|error| HttpError(error.into()))?;
        request.headers_mut().clone_from(headers);
        let request = self.agent.configure_request(request).timeout_recv_body(None);
        let request = if is_endless {
            request
                .timeout_resolve(Some(timeout))
                .timeout_connect(Some(timeout))
                .timeout_recv_response(Some(timeout))
        } else {
            request.timeout_global(Some(timeout))
        };
        self.agent.run(request.build()).map(Answer).map_err(HttpError)
    }

    /// Ends the requests that are running, also those of clones, and closes all connections. This client can be used
    /// afterwards, clones of it can not.
    pub fn abort(&mut self) {
        mem::replace(&mut self.agent, self.config.new_agent()).shutdown();
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

// === impl Answer ===

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    /// The body; empty if it has more than `limit` bytes, or does not arrive whole and in time.
    #[must_use]
    pub fn read(self, limit: usize) -> Vec<u8> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        self.0
            .into_body()
            .with_config()
            .limit(limit)
            .read_to_vec()
            .unwrap_or_default()
    }

    /// The body as it arrives; whoever reads it bounds it.
    #[must_use]
    pub fn into_reader(self) -> impl io::Read + Send + 'static {
        self.0.into_body().into_reader()
    }
}

// === impl HttpError ===

impl HttpError {
    /// Whether the time was over.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, ureq::Error::Timeout(_))
    }

    /// Whether nothing accepts connections there.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let io = |kind: io::ErrorKind| matches!(&self.0, ureq::Error::Io(error) if error.kind() == kind);
        matches!(self.0, ureq::Error::ConnectionFailed) || io(io::ErrorKind::ConnectionRefused)
    }

    /// Whether the name of the host is not known.
    #[must_use]
    pub fn is_unknown_host(&self) -> bool {
        matches!(self.0, ureq::Error::HostNotFound)
    }

    /// Whether what answers does not speak HTTP.
    #[must_use]
    pub fn is_other_protocol(&self) -> bool {
        matches!(self.0, ureq::Error::Protocol(_) | ureq::Error::Http(_))
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
