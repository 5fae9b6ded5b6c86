//! The standard rules by name.

use std::{error::Error, fmt, str::FromStr};

use super::{health, resources, traffic};
use crate::{AlertRule, Naming};

/// A rule that most services need; [`rule`](Self::rule) makes it for one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Standard {
    /// Requests fail.
    HighErrorRate,
    /// Requests are slow.
    HighLatency,
    /// Requests don't arrive any more.
    TrafficDrop,
    /// Nothing of the service is to be seen.
    ServiceDown,
    /// An instance is not to be seen.
    InstanceDown,
    /// A handler has a bug.
    HandlerPanics,
    /// Calls of other services fail.
    HighClientErrorRate,
    /// A database has no connection to spare.
    DatabaseConnectionPoolExhausted,
    /// A database fails.
    DatabaseQueryErrors,
    /// Caches don't help.
    CacheHitRatioLow,
    /// The process may soon open nothing more.
    FileDescriptorsLow,
    /// The runtime has more tasks than it can run.
    RuntimeSaturated,
    /// The log has holes.
    LogLinesDropped,
    /// The log that goes to the collector has holes.
    LogRecordsDropped,
    /// Traces have holes.
    SpansDropped,
    /// Metrics have lost a distinction.
    SeriesOverflow,
}

/// The service that a rule is made for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Subject<'a> {
    /// Its name.
    pub service: &'a str,
    /// What its metrics are called.
    pub naming: &'a Naming,
    /// Whether it has pools of database connections.
    pub has_databases: bool,
    /// Whether it has caches.
    pub has_caches: bool,
    /// Whether it calls other services.
    pub has_clients: bool,
}

/// A word that is the name of no standard rule.
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

    /// What a service must have for the rule to mean something, if it lacks that.
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

    /// The rule for a service. Its owner and runbook are the caller's to add.
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
        write!(f, "{:?} is no standard rule: there are {}", self.word, names.join(", "))
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for UnknownRule {}
