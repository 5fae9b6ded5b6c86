//! Errors of start-up and shutdown.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use crate::{MissingFeature, guard::chain};

/// The error of `ObsBuilder::init` and `ObsBuilder::build`: an invalid setting, a step that failed, or a global that is
/// set already.
///
/// Its text names the setting, its value and what is expected, so that it can be shown to an operator as it is. The
/// cause of a failed step is its [`source`](Error::source). `Debug` is the text with that of the causes, so that a
/// `main` that returns the error prints a readable message:
///
/// ```
/// use std::io;
/// use obs_base::InitError;
///
/// let error = InitError::invalid("queue size", 0, "a number of at least 1");
/// assert_eq!(error.to_string(), r#"queue size is "0", expected a number of at least 1"#);
///
/// let cause = io::Error::from(io::ErrorKind::PermissionDenied);
/// let error = InitError::failed(r#"open the log file "app.log""#, cause);
/// assert_eq!(error.to_string(), r#"could not open the log file "app.log""#);
/// assert_eq!(format!("{error:?}"), r#"could not open the log file "app.log": permission denied"#);
/// ```
pub struct InitError {
    kind: InitErrorKind,
}

#[derive(Debug)]
enum InitErrorKind {
    Invalid {
        setting: Cow<'static, str>,
        value: String,
        expected: String,
    },
    /// The whole sentence.
    MissingFeature(String),
    Failed {
        what: String,
        source: Box<dyn Error + Send + Sync>,
    },
    AlreadyInitialized {
        what: &'static str,
        remedy: &'static str,
    },
}

/// The error of `Obs::shutdown` and `Obs::flush`: some data were not written or sent before the timeout.
///
/// These data may be lost; the metrics of lost items (`obs_spans_dropped_total` and the like) count them.
#[non_exhaustive]
pub struct ShutdownError {
    /// What was not flushed: `traces`, `log export`, `metrics export`, `logs` (the log lines), `metrics page` (scrapes
    /// that were being answered).
    pub unfinished: Vec<&'static str>,
    /// The number of requests that were in flight all the time, for `Obs::flush_when_idle`; 0 otherwise.
    pub in_flight: u64,
    /// The timeout that has passed.
    pub timeout: Duration,
}

// === impl InitError ===

impl InitError {
    /// An invalid setting: `value` was given, `expected` describes valid values, with their range and unit.
    #[doc(hidden)]
    #[must_use]
    pub fn invalid(
        setting: impl Into<Cow<'static, str>>,
        value: impl fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::of_setting(setting.into(), &value, expected.into())
    }

    /// [`invalid`](Self::invalid), compiled once.
    fn of_setting(setting: Cow<'static, str>, value: &dyn fmt::Display, expected: String) -> Self {
        Self {
            kind: InitErrorKind::Invalid {
                setting,
                value: value.to_string(),
                expected,
            },
        }
    }

    /// A setting that needs a feature which is not enabled.
    #[doc(hidden)]
    #[must_use]
    pub fn missing_feature(missing: MissingFeature<'_>) -> Self {
        Self {
            kind: InitErrorKind::MissingFeature(missing.to_string()),
        }
    }

    /// A step that failed: `what` completes "could not …", such as `open the log file "app.log"`.
    #[doc(hidden)]
    #[must_use]
    pub fn failed(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind: InitErrorKind::Failed {
                what: what.into(),
                source: source.into(),
            },
        }
    }

    /// A global of the process that is set already; `remedy` describes what to do instead.
    #[doc(hidden)]
    #[must_use]
    pub fn already_initialized(what: &'static str, remedy: &'static str) -> Self {
        Self {
            kind: InitErrorKind::AlreadyInitialized { what, remedy },
        }
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            InitErrorKind::Invalid {
                setting,
                value,
                expected,
            } => {
                write!(f, "{setting} is {value:?}, expected {expected}")
            }
            InitErrorKind::MissingFeature(sentence) => f.write_str(sentence),
            InitErrorKind::Failed { what, source: _ } => write!(f, "could not {what}"),
            InitErrorKind::AlreadyInitialized { what, remedy } => write!(f, "{what} is already set; {remedy}"),
        }
    }
}

/// The text, and those of the causes, joined by `: `: what a `main` prints that returns the error.
impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.source()
            .into_iter()
            .flat_map(chain)
            .try_for_each(|source| write!(f, ": {source}"))
    }
}

impl Error for InitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            InitErrorKind::Failed { source, what: _ } => Some(source.as_ref()),
            InitErrorKind::Invalid { .. }
            | InitErrorKind::MissingFeature(_)
            | InitErrorKind::AlreadyInitialized { .. } => None,
        }
    }
}

// === impl ShutdownError ===

impl ShutdownError {
    /// The result of a flush that has left `unfinished` unflushed after `timeout`.
    ///
    /// # Errors
    ///
    /// Unless `unfinished` is empty.
    #[doc(hidden)]
    pub fn unless_empty(unfinished: Vec<&'static str>, timeout: Duration) -> Result<(), Self> {
        if unfinished.is_empty() {
            Ok(())
        } else {
            Err(Self {
                unfinished,
                in_flight: 0,
                timeout,
            })
        }
    }

    /// The error of waiting for requests, of which so many were in flight until the `timeout`.
    #[doc(hidden)]
    #[must_use]
    pub fn in_flight(requests: u64, timeout: Duration) -> Self {
        Self {
            unfinished: Vec::new(),
            in_flight: requests,
            timeout,
        }
    }
}

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.in_flight > 0 {
            let (requests, timeout) = (self.in_flight, self.timeout);
            return write!(
                f,
                "{requests} requests in flight after {timeout:?}, nothing was flushed"
            );
        }
        write!(
            f,
            "{} not flushed within {:?}",
            self.unfinished.join(" and "),
            self.timeout
        )
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ShutdownError {}
