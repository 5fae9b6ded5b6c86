//! What is told, and how it ends.

use std::{
    error::Error,
    io::{self, Write as _},
    iter,
};

/// The most causes that are shown of an error.
const MAX_CAUSES: usize = 16;

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
pub(super) fn complain(error: &(dyn Error + 'static)) -> io::Result<()> {
    let causes = iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source()).take(MAX_CAUSES + 1);
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    writeln!(io::stderr().lock(), "error: {}", texts.join(": "))
}

/// `1 file`, `2 files`
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
