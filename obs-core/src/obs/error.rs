//! What can go wrong at start-up and shutdown.

use std::{error::Error, fmt, time::Duration};

/// Why [`ObsBuilder::init`](crate::ObsBuilder::init) or [`build`](crate::ObsBuilder::build) refused.
#[derive(Debug)]
pub struct InitError {
    kind: InitErrorKind,
}

#[derive(Debug)]
enum InitErrorKind {
    Invalid { setting: &'static str, value: String, expected: String },
    Failed { what: String, source: Box<dyn Error + Send + Sync> },
    AlreadyInitialized { what: &'static str, mend: &'static str },
}

/// Why [`Obs::shutdown`](crate::Obs::shutdown) or [`Obs::flush`](crate::Obs::flush) could not finish.
#[derive(Debug)]
#[non_exhaustive]
pub struct ShutdownError {
    /// What was still in flight: `traces`, `log export`, `metrics export`, `logs` (the lines), `metrics page`.
    pub unfinished: Vec<&'static str>,
    /// How long there was.
    pub timeout: Duration,
}

// === impl InitError ===

impl InitError {
    /// A setting that can't be: `value` is what was given, `expected` what would be right.
    pub(crate) fn invalid(setting: &'static str, value: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self { kind: InitErrorKind::Invalid { setting, value: value.to_string(), expected: expected.into() } }
    }

    /// A step that failed: `what` completes "could not …".
    pub(crate) fn failed(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { kind: InitErrorKind::Failed { what: what.into(), source: source.into() } }
    }

    /// Something that the process has only once is taken.
    pub(crate) fn already_initialized(what: &'static str, mend: &'static str) -> Self {
        Self { kind: InitErrorKind::AlreadyInitialized { what, mend } }
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            InitErrorKind::Invalid { setting, value, expected } => {
                write!(f, "{setting} is {value:?}, expected {expected}")
            }
            InitErrorKind::Failed { what, source: _ } => write!(f, "could not {what}"),
            InitErrorKind::AlreadyInitialized { what, mend } => write!(f, "{what} is already set; {mend}"),
        }
    }
}

impl Error for InitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            InitErrorKind::Failed { source, what: _ } => Some(source.as_ref()),
            InitErrorKind::Invalid { .. } | InitErrorKind::AlreadyInitialized { .. } => None,
        }
    }
}

// === impl ShutdownError ===

impl fmt::Display for ShutdownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} not flushed within {:?}", self.unfinished.join(" and "), self.timeout)
    }
}

impl Error for ShutdownError {}
