//! What commands end with, and what they print on the way.

use std::{
    error::Error,
    io::{self, Write as _},
    iter,
};

/// The most causes of an error that are printed.
const MAX_CAUSES: usize = 16;

/// The result of a command that has finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Verdict {
    /// Success: exit code 0.
    Well,
    /// There are findings: exit code 1.
    Wrong,
    /// A part could not be checked: exit code 2.
    Incomplete,
}

/// The result of a command, or why it could not finish.
pub(super) type Outcome = Result<Verdict, Box<dyn Error>>;

// === impl Verdict ===

impl Verdict {
    /// Success if nothing was found.
    pub(super) fn of(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::Wrong }
    }
}

/// Prints a line to standard output.
pub(super) fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Prints an error with its causes to standard error.
pub(super) fn complain(error: &(dyn Error + 'static)) -> io::Result<()> {
    let causes = iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source()).take(MAX_CAUSES + 1);
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    writeln!(io::stderr().lock(), "error: {}", texts.join(": "))
}

/// A number with its noun: `1 file`, `2 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
