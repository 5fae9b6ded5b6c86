//! Errors of definitions.

use std::{error::Error, fmt, io};

/// A definition that can't be used: the file can't be read, or is invalid. All problems are reported at once, one a
/// line.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let text = "version: 1\nservices:\n  - name: orders\n    slos: [{ name: a, objective: 101, window: 30d }]\n";
/// let error = Definition::parse(text, "obs.yaml").unwrap_err();
/// assert_eq!(error.problems().len(), 1);
/// assert_eq!(error.problems()[0].position().line, 4);
/// assert!(error.to_string().starts_with("obs.yaml:4:"));
/// ```
pub struct DefinitionError {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Unreadable { file: String, source: io::Error },
    Invalid(Vec<Problem>),
}

/// One error of a file: what is wrong, where, and the fix. Its [`Display`](fmt::Display) is `obs.yaml:12:5: …`, which
/// editors and terminals make a link of.
///
/// ```
/// use obs_rules::definition::Definition;
///
/// let text = "version: 1\nservices:\n  - name: Orders\n";
/// let error = Definition::parse(text, "obs.yaml").unwrap_err();
/// let problem = &error.problems()[0];
/// assert_eq!((problem.file(), problem.position().line), ("obs.yaml", 3));
/// assert!(problem.message().contains("such as \"orders\""));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    file: String,
    at: Position,
    message: String,
}

/// A position in a file; line and column count from 1. Its [`Display`](fmt::Display) is `12:5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

// === impl DefinitionError ===

impl DefinitionError {
    pub(super) const fn unreadable(file: String, source: io::Error) -> Self {
        Self {
            kind: Kind::Unreadable { file, source },
        }
    }

    pub(super) fn invalid(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.at);
        Self {
            kind: Kind::Invalid(problems),
        }
    }

    /// All problems, in the order of the file; none if the file could not be read.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match &self.kind {
            Kind::Unreadable { .. } => &[],
            Kind::Invalid(problems) => problems,
        }
    }
}

impl fmt::Display for DefinitionError {
    /// A line for each problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Unreadable { file, .. } => write!(f, "{file} can't be read"),
            Kind::Invalid(problems) => {
                for (nth, problem) in problems.iter().enumerate() {
                    if nth > 0 {
                        f.write_str("\n")?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
        }
    }
}

/// The text, and that of the cause: what a `main` prints that returns the error.
impl fmt::Debug for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        self.source().map_or(Ok(()), |source| write!(f, ": {source}"))
    }
}

impl Error for DefinitionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::Unreadable { source, .. } => Some(source),
            Kind::Invalid(_) => None,
        }
    }
}

// === impl Problem ===

impl Problem {
    pub(super) fn new(file: &str, at: Position, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            at,
            message: message.into(),
        }
    }

    /// The name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The position in the file.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.at
    }

    /// What is wrong, and the fix.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    /// `obs.yaml:12:5: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.at, self.message)
    }
}

// === impl Position ===

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl From<serde_saphyr::Location> for Position {
    fn from(location: serde_saphyr::Location) -> Self {
        Self {
            line: location.line().max(1),
            column: location.column().max(1),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
