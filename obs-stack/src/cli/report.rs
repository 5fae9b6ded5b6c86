//! What is told, and how it ends.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, Write as _},
};

/// How a command ends that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Verdict {
    /// All is well.
    Well,
    /// Something is not as it should be.
    Wrong,
    /// Not all could be looked at.
    Incomplete,
}

pub(super) type Outcome = Result<Verdict, Box<dyn Error>>;

// === impl Verdict ===

impl Verdict {
    pub(super) fn of(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::Wrong }
    }
}

/// A line on standard output.
pub(super) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// What kept the command from a part of its work, with its causes, on standard error.
pub(super) fn complain(error: &dyn Error) -> io::Result<()> {
    writeln!(io::stderr().lock(), "error: {}", with_sources(error))
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

/// `1 file`, `2 files`
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
