//! Severities.

use std::{error::Error, fmt, str::FromStr};

/// How severe an alert is, and so how people are notified. Ordered: [`Critical`](Self::Critical) is the highest.
///
/// ```
/// use obs_rules::Severity;
///
/// assert_eq!("critical".parse(), Ok(Severity::Critical));
/// assert_eq!(Severity::Warning.to_string(), "warning");
/// assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Critical);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// For the record: nobody has to act.
    Info,
    /// Somebody has to act within days: a ticket.
    Warning,
    /// Somebody has to act now: a page.
    Critical,
}

/// A word that is not a severity; the message has it, and those that are.
///
/// ```
/// let error = "high".parse::<obs_rules::Severity>().unwrap_err();
/// assert_eq!(error.to_string(), "severity \"high\" does not exist: it is critical, warning or info");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownSeverity {
    word: String,
}

// === impl Severity ===

impl Severity {
    /// All severities, the lowest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The value of the `severity` label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(word: &str) -> Result<Self, UnknownSeverity> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == word)
            .ok_or_else(|| UnknownSeverity { word: word.to_owned() })
    }
}

// === impl UnknownSeverity ===

impl fmt::Display for UnknownSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "severity {:?} does not exist: it is critical, warning or info",
            self.word
        )
    }
}

/// The text: what a `main` prints that returns the error.
impl fmt::Debug for UnknownSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for UnknownSeverity {}
