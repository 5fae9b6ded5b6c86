//! The settings of the export in code.

use std::{fmt, time::Duration};

use crate::{Pem, url};

/// Settings of the export by OTLP, for `ObsBuilder::otlp` (all signals) and `ObsBuilder::otlp_for` (one signal).
///
/// What is set here takes precedence over the environment; what is not set is left to the environment variables, and to
/// the defaults without them. Values are checked at the start. Values of headers are secrets: neither `Debug` nor an
/// error shows them.
///
/// ```
/// use std::time::Duration;
///
/// use obs_otlp::{Otlp, Protocol};
///
/// let otlp = Otlp::new()
///     .endpoint("http://collector:4317")
///     .protocol(Protocol::Grpc)
///     .header("api-key", "kNTxrHHGqKmkWAeD")
///     .gzip(true)
///     .timeout(Duration::from_secs(5));
/// assert!(!format!("{otlp:?}").contains("kNTxrHHGqKmkWAeD"));
/// ```
#[derive(Clone, Default, PartialEq)]
#[must_use = "settings do nothing until a builder has them"]
pub struct Otlp {
    pub(crate) endpoint: Option<String>,
    pub(crate) protocol: Option<Protocol>,
    pub(crate) headers: Option<Vec<(String, String)>>,
    pub(crate) gzip: Option<bool>,
    pub(crate) certificate: Option<Pem>,
    pub(crate) client_certificate: Option<Pem>,
    pub(crate) client_key: Option<Pem>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) export_timeout: Option<Duration>,
    pub(crate) queue: Option<usize>,
    pub(crate) batch: Option<usize>,
    pub(crate) delay: Option<Duration>,
}

/// The transport of OTLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP with Protocol Buffers, usually on port 4318. Needs the feature `otlp-http`.
    Http,
    /// gRPC, usually on port 4317. Needs the feature `otlp-grpc`.
    Grpc,
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records. Needs the feature `otlp-logs`.
    Logs,
    /// Metrics. Needs the feature `otlp-metrics`.
    Metrics,
}

// === impl Otlp ===

impl Otlp {
    /// Nothing is set.
    pub const fn new() -> Self {
        Self {
            endpoint: None,
            protocol: None,
            headers: None,
            gzip: None,
            certificate: None,
            client_certificate: None,
            client_key: None,
            timeout: None,
            export_timeout: None,
            queue: None,
            batch: None,
            delay: None,
        }
    }

    /// The URL of the collector, with scheme and host, such as `http://localhost:4318`.
    ///
    /// For all signals it is a base URL, to which HTTP adds `/v1/traces` and the like; for one signal it is taken as it
    /// is, and turns the export of that signal on. Defaults to `OTEL_EXPORTER_OTLP_ENDPOINT` and the variable of the
    /// signal; nothing is exported without any of them.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The transport. Defaults to `OTEL_EXPORTER_OTLP_PROTOCOL`, else to HTTP.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Adds a header to each request, such as an API key. A second value for a name replaces the first.
    ///
    /// The name is an HTTP header name other than those of the protocol (`content-type`, `grpc-…`); the value consists
    /// of visible ASCII characters and spaces. With a header in code, those of `OTEL_EXPORTER_OTLP_HEADERS` are not
    /// sent; with one for a signal, those for all signals are not sent with it. Defaults to these variables.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, headers) = (name.into(), self.headers.get_or_insert_default());
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        headers.push((name, value.into()));
        self
    }

    /// Whether messages are compressed with gzip, which needs the feature `gzip`. Defaults to `OTEL_EXPORTER_OTLP_COMPRESSION`, else to false.
    pub fn gzip(mut self, on: bool) -> Self {
        self.gzip = Some(on);
        self
    }

    /// The certificates that are trusted, in place of the system's, where the endpoint is `https`. Needs the feature
    /// `otlp-tls`. Defaults to `OTEL_EXPORTER_OTLP_CERTIFICATE` and the variable of the signal.
    pub fn certificate(mut self, certificates: Pem) -> Self {
        self.certificate = Some(certificates);
        self
    }

    /// The client's own certificate with those that vouch for it, for a collector that asks for one. Needs
    /// [`client_key`](Self::client_key) and the feature `otlp-tls`. Defaults to
    /// `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` and the variable of the signal.
    pub fn client_certificate(mut self, certificates: Pem) -> Self {
        self.client_certificate = Some(certificates);
        self
    }

    /// The private key of [`client_certificate`](Self::client_certificate). Defaults to
    /// `OTEL_EXPORTER_OTLP_CLIENT_KEY` and the variable of the signal.
    pub fn client_key(mut self, key: Pem) -> Self {
        self.client_key = Some(key);
        self
    }

    /// How long one message may take, with its retries; above zero, [`Duration::MAX`] for no limit. Defaults to
    /// `OTEL_EXPORTER_OTLP_TIMEOUT`, else to 10 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long one batch of spans or log records, or one push of metrics, may take in all; above zero,
    /// [`Duration::MAX`] for no limit. Defaults to `OTEL_BSP_EXPORT_TIMEOUT`, `OTEL_BLRP_EXPORT_TIMEOUT` or
    /// `OTEL_METRIC_EXPORT_TIMEOUT`, else to 30 seconds.
    pub fn export_timeout(mut self, timeout: Duration) -> Self {
        self.export_timeout = Some(timeout);
        self
    }

    /// The number of spans, and of log records, that wait for the export, at least 1; those beyond it are dropped and
    /// counted. `ObsBuilder::export_queue_bytes` bounds the queues in bytes too. Defaults to
    /// `OTEL_BSP_MAX_QUEUE_SIZE` or `OTEL_BLRP_MAX_QUEUE_SIZE`, else to 2 048. Metrics have no queue.
    pub fn queue(mut self, items: usize) -> Self {
        self.queue = Some(items);
        self
    }

    /// The number of spans, or log records, that are sent at once, at least 1 and at most as many as wait. Defaults to
    /// `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` or `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`, else to 512. Metrics have no batches.
    pub fn batch(mut self, items: usize) -> Self {
        self.batch = Some(items);
        self
    }

    /// How long a span or log record waits for its batch to fill, at least a millisecond. Defaults to
    /// `OTEL_BSP_SCHEDULE_DELAY`, else to 5 seconds, and to `OTEL_BLRP_SCHEDULE_DELAY`, else to one second. Metrics have
    /// `ObsBuilder::otlp_metrics_interval`.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// These settings, and those of `earlier` that these leave open.
    pub(crate) fn or(self, earlier: Self) -> Self {
        Self {
            endpoint: self.endpoint.or(earlier.endpoint),
            protocol: self.protocol.or(earlier.protocol),
            headers: self.headers.or(earlier.headers),
            gzip: self.gzip.or(earlier.gzip),
            certificate: self.certificate.or(earlier.certificate),
            client_certificate: self.client_certificate.or(earlier.client_certificate),
            client_key: self.client_key.or(earlier.client_key),
            timeout: self.timeout.or(earlier.timeout),
            export_timeout: self.export_timeout.or(earlier.export_timeout),
            queue: self.queue.or(earlier.queue),
            batch: self.batch.or(earlier.batch),
            delay: self.delay.or(earlier.delay),
        }
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            endpoint,
            protocol,
            headers,
            gzip,
            certificate,
            client_certificate,
            client_key,
            timeout,
            export_timeout,
            queue,
            batch,
            delay,
        } = self;
        let names: Option<Vec<_>> = headers.as_ref().map(|all| all.iter().map(|(name, _)| name).collect());
        f.debug_struct("Otlp")
            .field("endpoint", &endpoint.as_deref().map(url::shown))
            .field("protocol", protocol)
            .field("headers", &names)
            .field("gzip", gzip)
            .field("certificate", certificate)
            .field("client_certificate", client_certificate)
            .field("client_key", client_key)
            .field("timeout", timeout)
            .field("export_timeout", export_timeout)
            .field("queue", queue)
            .field("batch", batch)
            .field("delay", delay)
            .finish()
    }
}
