//! Errors of the set-up of a manager.

use std::{error::Error, fmt};

use crate::{BadRule, BadSlo};

/// A rule, a channel or a setting is refused. The message names it, the value and the fix; the source is the error of a
/// rule or an objective. `Debug` is the same text, so that a `main` that returns the error prints it.
///
/// ```
/// use obs_alert::AlertManager;
///
/// let error = AlertManager::builder().build().unwrap_err();
/// assert_eq!(error.place(), "setting registry");
/// assert!(error.to_string().starts_with("setting registry: "));
/// ```
pub struct BuildError {
    place: String,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

// === impl BuildError ===

impl BuildError {
    pub(super) fn setting(name: &str, message: impl Into<String>) -> Self {
        Self {
            place: format!("setting {name}"),
            message: message.into(),
            source: None,
        }
    }

    pub(super) fn rule(name: &str, message: impl Into<String>) -> Self {
        Self {
            place: format!("alert {name:?}"),
            message: message.into(),
            source: None,
        }
    }

    pub(super) fn slo(name: &str, message: impl Into<String>) -> Self {
        Self {
            place: format!("SLO {name:?}"),
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn channel(name: &str, message: &str) -> Self {
        Self {
            place: format!("channel {name:?}"),
            message: message.to_owned(),
            source: None,
        }
    }

    pub(super) fn remediation(name: &str, message: &str) -> Self {
        Self {
            place: format!("remediation {name:?}"),
            message: message.to_owned(),
            source: None,
        }
    }

    /// What was refused: `alert "HighLatency"`, `channel "pager"`, `setting interval`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl From<BadRule> for BuildError {
    fn from(error: BadRule) -> Self {
        Self {
            place: format!("alert {:?}", error.rule()),
            message: error.message(),
            source: Some(Box::new(error)),
        }
    }
}

impl From<BadSlo> for BuildError {
    fn from(error: BadSlo) -> Self {
        Self {
            place: format!("SLO {:?}", error.slo()),
            message: error.message().to_owned(),
            source: Some(Box::new(error)),
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}
