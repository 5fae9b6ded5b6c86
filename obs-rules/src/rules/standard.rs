//! The standard rules by name.

use std::{error::Error, fmt, str::FromStr};

use super::{health, resources, traffic};
use crate::{AlertRule, Naming};

/// A rule that most services need; [`rule`](Self::rule) makes it for one service, with the thresholds and times of the
/// [table](super) of all of them.
///
/// ```
/// use std::time::Duration;
/// use obs_rules::{Naming, Severity, rules::{Standard, Subject}};
///
/// let naming = Naming::default().with_job("orders");
/// let subject = Subject::new("orders", &naming);
/// // Those that mean something for a service without databases, caches and clients.
/// let usable = Standard::ALL.into_iter().filter(|rule| rule.lacks(&subject).is_none());
/// let pages: Vec<_> = usable.map(|rule| rule.rule(&subject)).filter(|rule| rule.severity() == Severity::Critical).collect();
/// let names: Vec<_> = pages.iter().map(|rule| rule.name()).collect();
/// assert_eq!(names, ["HighErrorRate", "ServiceDown"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Standard {
    /// Requests fail: the error ratio is high.
    HighErrorRate,
    /// Requests are slow: the 99th percentile of the duration is high.
    HighLatency,
    /// Far fewer requests arrive than an hour before.
    TrafficDrop,
    /// No instance of the service can be scraped.
    ServiceDown,
    /// One instance can't be scraped: `up` is 0.
    InstanceDown,
    /// A handler has panicked.
    HandlerPanics,
    /// Calls of other services fail.
    HighClientErrorRate,
    /// Nearly all connections of a database pool are in use.
    DatabaseConnectionPoolExhausted,
    /// Queries of a database fail.
    DatabaseQueryErrors,
    /// The caches answer too few look-ups.
    CacheHitRatioLow,
    /// The process has nearly all file descriptors open that it may have.
    FileDescriptorsLow,
    /// Tasks wait for a worker of the tokio runtime.
    RuntimeSaturated,
    /// Log lines were dropped: `obs_log_lines_dropped_total`.
    LogLinesDropped,
    /// Log records for the collector were dropped: `obs_log_records_dropped_total`.
    LogRecordsDropped,
    /// Spans were dropped: `obs_spans_dropped_total`.
    SpansDropped,
    /// A metric has reached its cap of series: `obs_series_overflow_total`.
    SeriesOverflow,
}

/// The service that a [standard rule](Standard) is made for. Starts with [`new`](Self::new); what the service has is
/// set in its fields.
///
/// ```
/// use obs_rules::{Naming, rules::{Standard, Subject}};
///
/// let naming = Naming::default();
/// let mut subject = Subject::new("orders", &naming);
/// assert_eq!(Standard::DatabaseQueryErrors.lacks(&subject), Some("databases"));
/// subject.has_databases = true;
/// assert_eq!(Standard::DatabaseQueryErrors.lacks(&subject), None);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// Its name.
    pub service: &'a str,
    /// The names of its metrics.
    pub naming: &'a Naming,
    /// Whether it has pools of database connections.
    pub has_databases: bool,
    /// Whether it has caches.
    pub has_caches: bool,
    /// Whether it calls other services.
    pub has_clients: bool,
}

/// A word that is not the name of a standard rule; the message lists the names.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownRule {
    word: String,
}

// === impl Standard ===

impl Standard {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 16] = [
        Self::HighErrorRate,
        Self::HighLatency,
        Self::TrafficDrop,
        Self::ServiceDown,
        Self::InstanceDown,
        Self::HandlerPanics,
        Self::HighClientErrorRate,
        Self::DatabaseConnectionPoolExhausted,
        Self::DatabaseQueryErrors,
        Self::CacheHitRatioLow,
        Self::FileDescriptorsLow,
        Self::RuntimeSaturated,
        Self::LogLinesDropped,
        Self::LogRecordsDropped,
        Self::SpansDropped,
        Self::SeriesOverflow,
    ];

    /// Its name, which is the alert's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HighErrorRate => "HighErrorRate",
            Self::HighLatency => "HighLatency",
            Self::TrafficDrop => "TrafficDrop",
            Self::ServiceDown => "ServiceDown",
            Self::InstanceDown => "InstanceDown",
            Self::HandlerPanics => "HandlerPanics",
            Self::HighClientErrorRate => "HighClientErrorRate",
            Self::DatabaseConnectionPoolExhausted => "DatabaseConnectionPoolExhausted",
            Self::DatabaseQueryErrors => "DatabaseQueryErrors",
            Self::CacheHitRatioLow => "CacheHitRatioLow",
            Self::FileDescriptorsLow => "FileDescriptorsLow",
            Self::RuntimeSaturated => "RuntimeSaturated",
            Self::LogLinesDropped => "LogLinesDropped",
            Self::LogRecordsDropped => "LogRecordsDropped",
            Self::SpansDropped => "SpansDropped",
            Self::SeriesOverflow => "SeriesOverflow",
        }
    }

    /// What the service lacks for the rule to have a meaning: `databases`, `caches` or `clients`; `None` if the rule
    /// can be used.
    #[must_use]
    pub const fn lacks(self, subject: &Subject<'_>) -> Option<&'static str> {
        match self {
            Self::DatabaseConnectionPoolExhausted | Self::DatabaseQueryErrors if !subject.has_databases => {
                Some("databases")
            }
            Self::CacheHitRatioLow if !subject.has_caches => Some("caches"),
            Self::HighClientErrorRate if !subject.has_clients => Some("clients"),
            _ => None,
        }
    }

    /// The rule for a service, without an owner and a runbook, which the caller adds.
    ///
    /// ```
    /// use obs_rules::{Naming, rules::{Standard, Subject}};
    ///
    /// let naming = Naming::default();
    /// let rule = Standard::HighErrorRate.rule(&Subject::new("payment-service", &naming));
    /// assert_eq!(rule.message(), "Payment service error rate is high");
    /// ```
    #[must_use]
    pub fn rule(self, subject: &Subject<'_>) -> AlertRule {
        let rule = match self {
            Self::HighErrorRate => traffic::high_error_rate,
            Self::HighLatency => traffic::high_latency,
            Self::TrafficDrop => traffic::traffic_drop,
            Self::HandlerPanics => traffic::handler_panics,
            Self::HighClientErrorRate => traffic::high_client_error_rate,
            Self::ServiceDown => health::service_down,
            Self::InstanceDown => health::instance_down,
            Self::LogLinesDropped => health::log_lines_dropped,
            Self::LogRecordsDropped => health::log_records_dropped,
            Self::SpansDropped => health::spans_dropped,
            Self::SeriesOverflow => health::series_overflow,
            Self::DatabaseConnectionPoolExhausted => resources::pool_exhausted,
            Self::DatabaseQueryErrors => resources::query_errors,
            Self::CacheHitRatioLow => resources::cache_hit_ratio_low,
            Self::FileDescriptorsLow => resources::file_descriptors_low,
            Self::RuntimeSaturated => resources::runtime_saturated,
        };
        AlertRule {
            standard: Some(self),
            ..rule(self.as_str(), subject)
        }
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Standard {
    type Err = UnknownRule;

    fn from_str(word: &str) -> Result<Self, UnknownRule> {
        let known = Self::ALL.into_iter().find(|rule| rule.as_str() == word);
        known.ok_or_else(|| UnknownRule { word: word.to_owned() })
    }
}

// === impl Subject ===

impl<'a> Subject<'a> {
    /// A service of this name, with neither databases, caches nor clients.
    #[must_use]
    pub const fn new(service: &'a str, naming: &'a Naming) -> Self {
        Self {
            service,
            naming,
            has_databases: false,
            has_caches: false,
            has_clients: false,
        }
    }

    /// Its name for people: `payment-service` is `Payment service`.
    pub(super) fn title(&self) -> String {
        let words = self.service.replace(['-', '_'], " ");
        let mut letters = words.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}

// === impl UnknownRule ===

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Standard::ALL.into_iter().map(Standard::as_str).collect();
        write!(
            f,
            "{:?} is not a standard rule: there are {}",
            self.word,
            names.join(", ")
        )
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for UnknownRule {}
