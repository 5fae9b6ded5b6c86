//! What is told, and how it ends.

use std::{
    error::Error,
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

/// `1 file`, `2 files`
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
